"""Faults on purpose: retries and fallbacks tested offline."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import httpx2
import openai
import pytest

from autolog._replay.cassette import Cassette, Interaction, RecordedRequest, RecordedResponse, SseEvent
from autolog._replay.faults import cut_stream_at, error_at, slow, timeout_at
from autolog._replay.format import save
from autolog._replay.tape import replay

BASE = "http://model.test/v1"
BODY = {"model": "m", "messages": [{"role": "user", "content": "hi"}]}
ANSWER = {"id": "c", "object": "chat.completion", "created": 1, "model": "m", "choices": [
    {"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": "hello"}}]}  # fmt: skip
EVENTS = tuple(SseEvent(0, json.dumps({"n": n})) for n in range(4))


@pytest.fixture
def tape_path(path: Path) -> Path:
    def request(**more: Any) -> RecordedRequest:
        return RecordedRequest("POST", f"{BASE}/chat/completions", {}, json.dumps({**BODY, **more}).encode())

    plain = RecordedResponse(200, "OK", {"content-type": ("application/json",)}, json.dumps(ANSWER).encode())
    streamed = RecordedResponse(200, "OK", {"content-type": ("text/event-stream",)}, events=EVENTS)
    save(Cassette(path, (Interaction(request(), plain), Interaction(request(stream=True), streamed))))
    return path


def client(**options: Any) -> openai.OpenAI:
    return openai.OpenAI(api_key="k", base_url=BASE, **options)


def create(made: openai.OpenAI) -> Any:
    return made.chat.completions.create(**BODY)  # type: ignore[call-overload]


def test_an_error_and_then_the_recorded_answer(tape_path: Path) -> None:
    fault = error_at(1, status=429, retry_after=0)
    with replay(tape_path, faults=[fault], unused="ignore") as tape, client(max_retries=1) as made:
        assert create(made).choices[0].message.content == "hello"
    assert [(call.fault, call.response.status if call.response else None) for call in tape.calls] == [
        ("error_at(1)", 429), (None, 200)
    ]  # fmt: skip


def test_an_error_without_retries(tape_path: Path) -> None:
    body = {"error": {"message": "quota", "type": "insufficient_quota", "code": "x"}}
    with (
        replay(tape_path, faults=[error_at(1, status=429, body=body, retry_after=2)], unused="ignore"),
        client(max_retries=0) as made,
        pytest.raises(openai.RateLimitError, match="quota") as caught,
    ):
        create(made)
    assert caught.value.response.headers["retry-after"] == "2"


def test_a_timeout_is_that_of_the_client(tape_path: Path) -> None:
    with replay(tape_path, faults=[timeout_at(1)], unused="ignore"), client(max_retries=0) as made:
        with pytest.raises(openai.APITimeoutError):
            create(made)
        assert create(made).choices[0].message.content == "hello"


@pytest.mark.parametrize("after", [0, 2])
def test_a_cut_stream(tape_path: Path, after: int) -> None:
    with replay(tape_path, faults=[cut_stream_at(1, after_events=after)], unused="ignore"), httpx2.Client() as made:
        got: list[bytes] = []
        with (
            pytest.raises(httpx2.RemoteProtocolError),
            made.stream("POST", f"{BASE}/chat/completions", json={**BODY, "stream": True}) as response,
        ):
            got += response.iter_raw()
    assert len(got) == after


def test_a_cut_body(tape_path: Path) -> None:
    with (
        replay(tape_path, faults=[cut_stream_at(1)], unused="ignore"),
        client(max_retries=0) as made,
        pytest.raises(openai.APIConnectionError),
    ):
        create(made)


def test_slow_waits_before_it_answers(tape_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    waited: list[float] = []
    monkeypatch.setattr("autolog._replay.httpx_streams.time.sleep", waited.append)
    with replay(tape_path, faults=[slow(seconds=1.5)], unused="ignore"), client() as made:
        create(made)
    assert waited == [1.5]

    async def asleep(seconds: float) -> None:
        waited.append(-seconds)

    monkeypatch.setattr("autolog._replay.httpx_seam.asleep", asleep)
    monkeypatch.setattr("autolog._replay.httpx_streams.asleep", asleep)

    async def run() -> None:
        faults = [slow(1, seconds=2), error_at(1, status=503)]
        async with (
            replay(tape_path, faults=faults, unused="ignore"),
            openai.AsyncOpenAI(api_key="k", base_url=BASE, max_retries=0) as made,
        ):
            with pytest.raises(openai.InternalServerError):
                await made.chat.completions.create(**BODY)  # type: ignore[call-overload]

    asyncio.run(run())
    assert waited == [1.5, -2]


@pytest.mark.parametrize(
    "make",
    [lambda: error_at(0), lambda: error_at(1, status=200), lambda: cut_stream_at(1, after_events=-1), lambda: slow(seconds=-1),
     lambda: timeout_at(-3)],
)  # fmt: skip
def test_faults_that_are_none_are_refused(make: Any) -> None:
    with pytest.raises(ValueError, match=r"not|no call"):
        make()
