"""What this room asks of vcrpy, and what it does better: each check fails with plain vcrpy and passes here."""

from __future__ import annotations

import asyncio
import inspect
from pathlib import Path
from typing import Any

import httpx2
import openai
import pytest
import vcr
import vcr.patch
import vcr.stubs
from replay.loopback import KEY, Loopback, ask, chat
from replay.rivals import Tape, ours

from autolog._replay.cassette import Cassette, Interaction, RecordedRequest, RecordedResponse
from autolog._replay.format import save
from autolog._replay.tape import ReplayMiss


def test_a_changed_prompt_is_a_miss(server: Loopback, path: Path, tape: Tape) -> None:
    with tape(path, "missing"):
        ask(server.url, "Paris?")
    with pytest.raises(BaseException) as caught, tape(path, "replay"):
        pytest.fail(f"got {ask(server.url, 'Rome?')!r}")
    assert isinstance(caught.value, ReplayMiss)


def test_a_miss_is_not_disguised_by_retries(path: Path, tape: Tape) -> None:
    request = RecordedRequest("POST", "http://model.test/v1/other", {}, b"{}")
    save(Cassette(path, (Interaction(request, RecordedResponse()),)))
    path.write_text("interactions: []\nversion: 1\n")
    disguised: list[Exception] = []

    def create() -> None:
        with openai.OpenAI(api_key="k", base_url="http://model.test/v1", max_retries=0) as client:
            try:
                client.chat.completions.create(model="m", messages=[])
            except Exception as error:
                disguised.append(error)

    with pytest.raises(ReplayMiss) if tape is ours else tape(path, "replay"), tape(path, "replay"):
        create()
    assert not disguised


def test_the_first_event_is_there_before_the_last(server: Loopback, path: Path, tape: Tape) -> None:
    seen: list[bool] = []
    with tape(path, "missing"), httpx2.Client(timeout=0.5) as client:
        try:
            with client.stream("POST", server.url, json=chat(stream=True, do="wait")) as response:
                for _ in response.iter_lines():
                    seen.append(server.gate.is_set())
                    server.gate.set()
        except httpx2.ReadTimeout:
            pass
    assert seen and not seen[0]


def test_a_stream_is_replayed_in_pieces(server: Loopback, path: Path, tape: Tape) -> None:
    for mode in ("missing", "replay"):
        with (
            tape(path, mode),
            httpx2.Client() as client,
            client.stream("POST", server.url, json=chat(stream=True)) as response,
        ):
            pieces = list(response.iter_raw())
    assert len(pieces) == 6


async def test_equal_prompts_keep_their_answers(server: Loopback, path: Path, tape: Tape, monkeypatch: Any) -> None:
    from replay import loopback

    real = loopback._Handler._plain

    def late_first(self: Any, *args: Any, **kwargs: Any) -> None:
        if server.hits == 1:
            server.gate.wait(5)
        real(self, *args, **kwargs)

    monkeypatch.setattr(loopback._Handler, "_plain", late_first)

    async def together() -> list[str]:
        async with httpx2.AsyncClient() as client:

            async def one(delay: int) -> str:
                for _ in range(delay):
                    await asyncio.sleep(0.02)
                response = await client.post(server.url, json=chat("same"))
                server.gate.set()
                return str(response.json()["choices"][0]["message"]["content"])

            return list(await asyncio.gather(*map(one, range(0, 15, 5))))

    with tape(path, "missing"):
        live = await together()
    with tape(path, "replay"):
        assert await together() == live
    assert live[0] == "answer 1"


def test_no_key_is_in_the_file(server: Loopback, path: Path, tape: Tape) -> None:
    with tape(path, "missing"):
        ask(server.url)
    for leak in (KEY, "secret-cookie", "org-AbCd", "req_0123"):
        assert leak not in path.read_text()


def test_a_block_that_fails_is_not_recorded(server: Loopback, path: Path, tape: Tape) -> None:
    with pytest.raises(ZeroDivisionError), tape(path, "missing"):
        ask(server.url)
        raise ZeroDivisionError
    assert not path.exists()


def test_an_answer_is_readable(server: Loopback, path: Path, tape: Tape) -> None:
    with tape(path, "missing"):
        ask(server.url, "line\nline ☂️ 😀")
    assert "😀" in path.read_text()


def test_another_port_of_this_machine_is_the_same_server(server: Loopback, path: Path, tape: Tape) -> None:
    with tape(path, "missing"):
        live = ask(server.url)
    with tape(path, "replay"):
        try:
            again = ask("http://127.0.0.1:1/v1/chat/completions")
        except vcr.errors.CannotOverwriteExistingCassetteException:
            again = ""
    assert again == live


def test_a_broken_file_is_not_overwritten(server: Loopback, path: Path, tape: Tape) -> None:
    path.write_bytes(b"version: 1\n\xff")
    try:
        with tape(path, "missing"):
            ask(server.url)
    except ValueError:
        pass
    assert path.read_bytes() == b"version: 1\n\xff"


def test_what_is_relied_on_in_vcrpy_is_there() -> None:
    aiohttp_stubs = pytest.importorskip("vcr.stubs.aiohttp_stubs")
    builder = vcr.patch.CassettePatcherBuilder
    assert {"httpx", "httpx2", "aiohttp"} <= set(vcr.patch.PATCHER_NAMES)
    assert "skip_patchers" in inspect.getsource(builder.build)
    for name in ("_HTTPConnection", "_HTTPSConnection", "_AiohttpClientSessionRequest", "force_reset"):
        assert hasattr(vcr.patch, name)
    asked = set()
    for module in (vcr.stubs, aiohttp_stubs):
        asked |= {line.split("cassette.")[1].split("(")[0].split(" ")[0].strip(":,)")
                  for line in inspect.getsource(module).splitlines() if "cassette." in line and "import" not in line}  # fmt: skip
    assert asked - {"", "\"\"\"", "real_connection"} <= {
        "can_play_response_for", "play_response", "append", "write_protected", "filter_request",
        "find_requests_with_most_matches",
    } | {word for word in asked if not word.isidentifier()}  # fmt: skip
