"""What recording model calls with vcrpy is rough about: each check fails with plain vcrpy and passes here."""

from __future__ import annotations

import asyncio
import json
import resource
import socket
import sys
from collections.abc import Generator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import httpx2
import pytest
from replay.loopback import Loopback, ask, chat, stream
from replay.rivals import Tape, fails_there, ours, vcrpys

from autolog._replay.cassette import Cassette, Interaction, RecordedRequest, RecordedResponse
from autolog._replay.format import dump, load, save
from autolog._replay.tape import ReplayMiss

URL = "http://model.test/v1/chat/completions"
JSON = {"content-type": ("application/json",)}
WITH_BODIES = ["method", "path", "query", "body"]


def prepared(path: Path, tape: Tape, *pairs: tuple[dict[str, Any], str]) -> None:
    """Write a cassette of what was asked and answered, for either tool."""
    interactions = []
    for body, answer in pairs:
        said = json.dumps({"choices": [{"message": {"content": answer}}]}).encode()
        request = RecordedRequest("POST", URL, JSON, json.dumps(body, separators=(",", ":")).encode())
        interactions.append(Interaction(request, RecordedResponse(200, "OK", JSON, said)))
    if tape is ours:
        save(Cassette(path).with_interactions(tuple(interactions)))
        return
    head = {"content-type": ["application/json"]}
    path.write_text(json.dumps({"version": 1, "interactions": [
        {"request": {"method": "POST", "uri": URL, "headers": head, "body": each.request.text},
         "response": {"status": {"code": 200, "message": "OK"}, "headers": head, "body": {"string": each.response.text}}}
        for each in interactions
    ]}))  # fmt: skip


def asked(body: dict[str, Any]) -> str:
    with httpx2.Client(verify=False) as client:
        return str(client.post(URL, json=body).json()["choices"][0]["message"]["content"])


def bodies(tape: Tape) -> dict[str, Any]:
    """The options by which a tool looks at bodies."""
    return {} if tape is ours else {"match_on": WITH_BODIES}


def test_a_word_that_changed_in_a_long_prompt_is_shown(path: Path, tape: Tape) -> None:
    long = "Policy. " * 300
    prepared(path, tape, (chat(f"{long}version one"), "yes"))
    with pytest.raises(BaseException) as caught, tape(path, "replay", **bodies(tape)):
        asked(chat(f"{long}version two"))
    assert "one" in str(caught.value) and "two" in str(caught.value)


def test_the_closest_recording_is_shown(path: Path, tape: Tape) -> None:
    texts = [f"Tell me about country number {n}, please." for n in range(6)]
    prepared(path, tape, *((chat(text, temperature=n), "yes") for n, text in enumerate(texts)))
    with pytest.raises(BaseException) as caught, tape(path, "replay", **bodies(tape)):
        asked(chat(texts[5].replace("please", "now"), temperature=5))
    assert "number 5, please" in str(caught.value) or "#6" in str(caught.value)
    assert "number 0" not in str(caught.value)


def test_a_random_id_that_comes_back_does_not_count(path: Path, tape: Tape) -> None:
    def turn(identifier: str) -> dict[str, Any]:
        call = {"id": identifier, "type": "function", "function": {"name": "f", "arguments": "{}"}}
        messages = [
            {"role": "assistant", "tool_calls": [call]},
            {"role": "tool", "tool_call_id": identifier, "content": "1"},
        ]
        return {"model": "m", "messages": messages}

    prepared(path, tape, (turn("call_AbCdEfGhIjKlMnOpQrStUv01"), "yes"))
    answer = ""
    with tape(path, "replay", **bodies(tape)), suppress(Exception):
        answer = asked(turn("call_ZyXwVuTsRqPoNmLkJiHgFe99"))
    assert answer == "yes"


def test_the_boundary_of_an_upload_does_not_count(server: Loopback, path: Path, tape: Tape) -> None:
    def upload() -> str:
        with httpx2.Client() as client:
            response = client.post(server.url, files={"file": ("a.txt", b"text")}, data={"purpose": "x"})
        return str(response.json()["choices"][0]["message"]["content"])

    with tape(path, "missing", **bodies(tape)):
        live = upload()
    again = ""
    with tape(path, "replay", **bodies(tape)), suppress(Exception):
        again = upload()
    assert again == live


@pytest.mark.parametrize(
    ("tape", "repeating"),
    [
        pytest.param(ours, {"repeats": True}, id="autolog"),
        fails_there(vcrpys, {"allow_playback_repeats": True}, tool="vcrpy"),
    ],
)
def test_two_answers_to_one_prompt_come_in_turn_and_then_the_last(
    path: Path, tape: Tape, repeating: dict[str, Any]
) -> None:
    prepared(path, tape, (chat(), "first"), (chat(), "second"))
    with tape(path, "replay", **repeating):
        assert [asked(chat()) for _ in range(3)] == ["first", "second", "second"]


def test_what_was_recorded_and_not_replayed_is_told(path: Path, tape: Tape) -> None:
    prepared(path, tape, (chat("one"), "1"), (chat("two"), "2"))
    options = {"unused": "error"} if tape is ours else {}
    with pytest.raises(AssertionError, match="two"), tape(path, "replay", **options):
        asked(chat("one"))


def test_two_that_record_at_once_lose_nothing(server: Loopback, path: Path, tape: Tape) -> None:
    with tape(path, "missing"):
        ask(server.url, "before")
    with tape(path, "missing"):
        ask(server.url, "one")
        with tape(path, "missing"):
            ask(server.url, "two")
    text = path.read_text()
    assert all(word in text for word in ("before", "one", "two"))


@pytest.mark.parametrize(
    ("tape", "leaving_out"),
    [
        pytest.param(ours, {"allow_hosts": ["model.test"]}, id="autolog"),
        fails_there(vcrpys, {"before_record_request": lambda r: None if r.host == "model.test" else r}, tool="vcrpy"),
    ],
)
def test_leaving_calls_out_does_not_delete_those_that_are_recorded(
    server: Loopback, path: Path, tape: Tape, leaving_out: dict[str, Any]
) -> None:
    prepared(path, tape, (chat("precious"), "kept"))
    if tape is vcrpys:
        with tape(path, "missing"):
            pass
    with tape(path, "missing", **leaving_out):
        ask(server.url, "new")
    assert "precious" in path.read_text()
    assert "new" in path.read_text()


@contextmanager
def disk_full_at(size: int) -> Generator[None]:
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_a_full_disk_leaves_the_file_as_it_was(server: Loopback, path: Path, tape: Tape) -> None:
    with tape(path, "missing"):
        ask(server.url, "before")
    before = path.read_bytes()
    with pytest.raises(OSError), disk_full_at(len(before) // 2), tape(path, "missing"):
        ask(server.url, "more")
    assert path.read_bytes() == before
    assert [each.name for each in path.parent.iterdir()] == [path.name]


def test_an_error_is_not_recorded_unasked(server: Loopback, path: Path, tape: Tape) -> None:
    with tape(path, "missing"), pytest.raises(httpx2.HTTPStatusError):
        ask(server.url, do="error")
    assert not path.exists()


def test_a_compressed_answer_can_be_read(server: Loopback, path: Path, tape: Tape) -> None:
    with tape(path, "missing"):
        live = ask(server.url, do="gzip")
    assert live in path.read_text()


def test_a_stream_is_a_line_an_event(server: Loopback, path: Path, tape: Tape) -> None:
    with tape(path, "missing"):
        stream(server.url)
    lines = [line for line in path.read_text().splitlines() if "delta" in line]
    assert [line.count("delta") for line in lines] == [1, 1, 1, 1]
    assert "1 ☂️" in lines[2]


def test_the_file_has_the_order_in_which_calls_began(
    server: Loopback, path: Path, tape: Tape, monkeypatch: pytest.MonkeyPatch
) -> None:
    from replay import loopback

    real = loopback._Handler._plain

    def late(self: Any, status: int, body: Any, *args: Any, **kwargs: Any) -> None:
        if body["usage"]["completion_tokens"] == 1:
            server.gate.wait(5)
        real(self, status, body, *args, **kwargs)

    monkeypatch.setattr(loopback._Handler, "_plain", late)

    async def both() -> None:
        async with httpx2.AsyncClient() as client:
            first = asyncio.create_task(client.post(server.url, json=chat("asked first")))
            await asyncio.to_thread(server.hit.wait, 5)
            await client.post(server.url, json=chat("asked second"))
            server.gate.set()
            await first

    with tape(path, "missing"):
        asyncio.run(both())
    text = path.read_text()
    assert text.index("asked first") < text.index("asked second")


def test_a_client_that_nobody_patches_does_not_get_out(path: Path, tape: Tape) -> None:
    prepared(path, tape, (chat(), "yes"))
    with pytest.raises(BaseException) as caught, tape(path, "replay"):
        socket.create_connection(("192.0.2.1", 443), timeout=0.01)
    assert isinstance(caught.value, ReplayMiss)


def test_a_call_costs_the_same_in_a_large_cassette(path: Path, tape: Tape) -> None:
    def steps(size: int) -> int:
        prepared(path, tape, *((chat(f"question {n}"), f"answer {n}") for n in range(size)))
        count = 0

        def counted(_frame: Any, event: str, _argument: Any) -> None:
            nonlocal count
            count += event in ("call", "c_call")

        with tape(path, "replay", **bodies(tape)), httpx2.Client(verify=False) as client:
            sys.setprofile(counted)
            try:
                response = client.post(URL, json=chat(f"question {size - 1}"))
            finally:
                sys.setprofile(None)
        assert response.json()["choices"][0]["message"]["content"] == f"answer {size - 1}"
        return count

    steps(1)
    assert steps(200) <= 1.5 * steps(1)


@pytest.mark.parametrize("tape", [ours])
def test_a_cassette_that_a_person_edited_keeps_its_other_lines(server: Loopback, path: Path, tape: Tape) -> None:
    with tape(path, "missing"):
        ask(server.url, "one")
        ask(server.url, "two")
    before = path.read_text().splitlines()
    with tape(path, "missing"):
        ask(server.url, "three")
    after = path.read_text().splitlines()
    assert [line for line in before if line not in after and "tokens" not in line] == []
    assert dump(load(path)) == path.read_text()
