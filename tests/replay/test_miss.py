"""A miss cannot hide, says what differs and what to do; nothing goes past the cassette; nothing is left over."""

from __future__ import annotations

import asyncio
import contextlib
import http.client
import json
import socket
import threading
from pathlib import Path
from typing import Any

import httpx2
import openai
import pytest

import autolog
from autolog._replay.cassette import Cassette, Interaction, RecordedRequest, RecordedResponse
from autolog._replay.differences import differences, word_window
from autolog._replay.format import save
from autolog._replay.nearmiss import Hints, explain_miss
from autolog._replay.tape import ReplayMiss, UnusedInteractionsError, replay

BASE = "https://api.openai.com/v1"
URL = f"{BASE}/chat/completions"


def recorded(*texts: str, system: str = "Be brief.") -> tuple[Interaction, ...]:
    made = []
    for text in texts:
        body = {"model": "m", "messages": [{"role": "system", "content": system}, {"role": "user", "content": text}]}
        answer = {"id": "chatcmpl-1", "object": "chat.completion", "created": 1, "model": "m", "choices": [
            {"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": f"about {text}"}}]}  # fmt: skip
        made.append(Interaction(
            RecordedRequest("POST", URL, {}, json.dumps(body).encode()),
            RecordedResponse(200, "OK", {"content-type": ("application/json",)}, json.dumps(answer).encode()),
        ))  # fmt: skip
    return tuple(made)


@pytest.fixture
def tape_path(path: Path) -> Path:
    save(Cassette(path, recorded("Paris?", "Rome?")))
    return path


def client(**options: Any) -> openai.OpenAI:
    return openai.OpenAI(api_key="k", base_url=BASE, **options)


def create(made: openai.OpenAI, text: str, system: str = "Be brief.") -> str | None:
    answer = made.chat.completions.create(
        model="m", messages=[{"role": "system", "content": system}, {"role": "user", "content": text}]
    )
    return answer.choices[0].message.content


def test_a_miss_goes_through_the_retries_of_a_client(tape_path: Path) -> None:
    with pytest.raises(ReplayMiss) as caught, replay(tape_path) as tape, client(max_retries=5) as made:
        create(made, "Berlin?")
    assert len(tape.calls) == 1
    assert caught.value.text == str(caught.value)
    assert caught.value.request is not None
    assert caught.value.request.json["messages"][1]["content"] == "Berlin?"


@pytest.mark.parametrize("asynchronous", [False, True])
def test_the_place_is_the_program_s_where_it_is_traced_too(tape_path: Path, *, asynchronous: bool) -> None:
    def ask_and_ignore() -> None:
        with contextlib.suppress(ReplayMiss), client() as made:
            made.chat.completions.create(model="m", messages=[])

    async def aask_and_ignore() -> None:
        async with openai.AsyncOpenAI(api_key="k", base_url=BASE) as made:
            with contextlib.suppress(ReplayMiss):
                await made.chat.completions.create(model="m", messages=[])

    autolog.configure(store=None, exporters=[])
    autolog.openai.autolog()
    with pytest.raises(ReplayMiss), replay(tape_path) as tape:
        asyncio.run(aask_and_ignore()) if asynchronous else ask_and_ignore()
    assert Path(__file__).name in tape.misses[0].where
    assert tape.misses[0].where.endswith("ask_and_ignore")


def fallback(made: openai.OpenAI) -> str | None:
    try:
        return create(made, "Berlin?")
    except Exception:
        return create(made, "Paris?")


def test_a_fallback_does_not_hide_it(tape_path: Path) -> None:
    with pytest.raises(ReplayMiss, match="Berlin"), replay(tape_path, unused="ignore"), client() as made:
        fallback(made)


def test_one_that_the_program_swallows_comes_back_at_the_end_with_the_place(tape_path: Path) -> None:
    def careless(made: openai.OpenAI) -> None:
        try:
            create(made, "Berlin?")
        except BaseException:
            return

    with pytest.raises(ReplayMiss) as caught, replay(tape_path, unused="ignore"), client() as made:
        careless(made)
    text = str(caught.value)
    assert "a request was not in the cassette, but the program went on" in text
    assert "test_miss.py" in text
    assert "careless" in text
    assert "(except BaseException)" in text
    assert "Berlin?" in text


async def test_gather_that_keeps_errors_does_not_hide_it(tape_path: Path) -> None:
    with pytest.raises(ReplayMiss, match="went on"):
        async with replay(tape_path, unused="ignore"), openai.AsyncOpenAI(api_key="k", base_url=BASE) as made:
            call = made.chat.completions.create(model="m", messages=[{"role": "user", "content": "Oslo?"}])
            results = await asyncio.gather(call, return_exceptions=True)
            assert isinstance(results[0], ReplayMiss)


async def test_a_task_group_does_not_disguise_it(tape_path: Path) -> None:
    with pytest.raises(ReplayMiss, match=r"Oslo"):
        async with (
            replay(tape_path, unused="ignore"),
            openai.AsyncOpenAI(api_key="k", base_url=BASE) as made,
            asyncio.TaskGroup() as group,
        ):
            group.create_task(made.chat.completions.create(model="m", messages=[{"role": "user", "content": "Oslo?"}]))


def test_a_thread_does_not_hide_it(tape_path: Path) -> None:
    def work() -> None:
        with contextlib.suppress(BaseException), client() as made:
            create(made, "Berlin?")

    with pytest.raises(ReplayMiss, match="Berlin"), replay(tape_path, unused="ignore"):
        thread = threading.Thread(target=work)
        thread.start()
        thread.join()


def test_an_error_that_the_program_makes_of_it_does_not_either(tape_path: Path) -> None:
    with pytest.raises(ReplayMiss, match="made another error of it") as caught, replay(tape_path), client() as made:
        try:
            create(made, "Berlin?")
        except BaseException as error:
            raise RuntimeError("Connection error.") from error
    assert isinstance(caught.value.__cause__, RuntimeError)


def test_an_interrupt_is_not_replaced(tape_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt), replay(tape_path), client() as made:
        with contextlib.suppress(BaseException):
            create(made, "Berlin?")
        raise KeyboardInterrupt


def test_the_error_may_be_of_another_class(tape_path: Path) -> None:
    class Failed(BaseException):
        pass

    with pytest.raises(Failed, match="Berlin"), replay(tape_path, miss_error=Failed), client() as made:
        create(made, "Berlin?")


def test_unused_interactions_fail_a_block_that_succeeds(tape_path: Path) -> None:
    with (
        pytest.raises(UnusedInteractionsError, match=r"#2 was never replayed: POST /v1/chat/completions 'Rome\?'"),
        replay(tape_path) as tape,
        client() as made,
    ):
        create(made, "Paris?")
    assert [each.index for each in tape.unused] == [1]
    with pytest.warns(UserWarning, match="never replayed"), replay(tape_path, unused="warn"):
        pass
    with replay(tape_path, unused="ignore"):
        pass
    with pytest.raises(ZeroDivisionError), replay(tape_path):
        raise ZeroDivisionError


LONG = "Policy. " * 300


def explained(now: RecordedRequest, *interactions: Interaction, taken: tuple[int, ...] = (), **options: Any) -> str:
    cassette = Cassette(Path("tests/x.yaml")).with_interactions(tuple(interactions))
    return explain_miss(now, cassette, taken, Hints(), **options)


def test_the_closest_is_shown_by_path_and_words() -> None:
    (now,) = recorded("What is the weather in Rome?", system=f"{LONG}v2 is the version.")
    text = explained(
        now.request, *recorded("Hello", "What is the weather in Paris?", system=f"{LONG}v1 is the version."), taken=(0,)
    )
    assert "closest is interaction #2" in text
    assert "messages[0].content  (2418 → 2418 chars)" in text
    assert "Policy. [-v1-]{+v2+} is the version." in text
    assert 'recorded: "What is the weather in Paris?"' in text
    assert 'now:      "What is the weather in Rome?"' in text
    assert "tests/x.yaml (2 interactions, 1 replayed)" in text
    assert "needs OPENAI_API_KEY" in text
    assert 'ignore=["messages[0].content", "messages[1].content"]' in text
    assert len(text) < 1500


def test_one_replayed_already_says_so_and_what_is_left() -> None:
    a, b, c = recorded("a", "a", "b")
    text = explained(a.request, a, b, c, taken=(0, 1))
    assert "was recorded 2x and has been replayed 2x already (interactions #1, #2)" in text
    assert "#3 POST /v1/chat/completions 'b'" in text
    assert "repeats=True" in text


def test_another_path_says_what_there_is() -> None:
    text = explained(RecordedRequest("POST", f"{BASE}/embeddings", {}, b"{}"), *recorded("a"))
    assert "nothing recorded for POST /v1/embeddings; the cassette has: POST /v1/chat/completions" in text


def test_a_date_alone_is_told_how_to_be_ignored() -> None:
    (a,), (b,) = recorded("x", system="Today is 2026-11-22."), recorded("x", system="Today is 2026-11-23.")
    assert 'normalize="dates"' in explained(b.request, a)
    (c,) = recorded("y", system="Today is 2026-11-23.")
    assert "dates" not in explained(c.request, a)


def test_strict_order_says_whose_turn_it_is() -> None:
    a, b = recorded("a", "b")
    text = explained(b.request, a, b, expected=0)
    assert "it is the turn of #1: POST /v1/chat/completions 'a'" in text


def test_a_vocabulary_gets_its_own_advice(tape_path: Path) -> None:
    with pytest.raises(ReplayMiss, match="TIKTOKEN_CACHE_DIR"), replay(tape_path), httpx2.Client() as made:
        made.get("https://openaipublic.blob.core.windows.net/encodings/o200k_base.tiktoken")


def test_without_a_cassette_it_says_how_to_record_one(path: Path) -> None:
    with pytest.raises(ReplayMiss, match="there is no cassette"), replay(path), client() as made:
        create(made, "Paris?")


def test_no_secret_of_the_url_is_shown() -> None:
    text = explained(RecordedRequest("POST", "https://g.com/x?key=AIzaSecretValue", {}, b"{}"), *recorded("a"))
    assert "AIzaSecretValue" not in text


@pytest.mark.parametrize(
    ("old", "new", "shown"),
    [
        ("one two three", "one 2 three", "one [-two-]{+2+} three"),
        ("version v1", "version v2", "version [-v1-]{+v2+}"),
        ("same", "same and more", "same{+ and more+}"),
        ("cut here please", "cut here", "cut here[- please-]"),
        ("", "new", "{+new+}"),
        ("line\nline", "line\nother", "line⏎[-line-]{+other+}"),
    ],
)
def test_windows_are_of_words(old: str, new: str, shown: str) -> None:
    (line,) = word_window(old, new)
    assert line.split(": ", 1)[1] == shown


def test_one_message_more_is_one_difference() -> None:
    found = differences({"m": [1, 2, 3]}, {"m": [1, 9, 2, 3]})
    assert [(each.path, each.lines[0]) for each in found] == [("m[1]", "recorded: (not there)")]


def refusals() -> list[Any]:
    def connect() -> None:
        with socket.socket() as sock:
            sock.connect(("198.51.100.7", 443))

    def connect_ex() -> None:
        with socket.socket() as sock:
            sock.connect_ex(("198.51.100.7", 443))

    def datagram() -> None:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
            sock.sendto(b"x", ("198.51.100.7", 53))

    def lookup() -> None:
        socket.getaddrinfo("api.openai.com", 443)

    def create() -> None:
        socket.create_connection(("198.51.100.7", 443))

    async def loop() -> None:
        await asyncio.open_connection("api.openai.com", 443)

    return [connect, connect_ex, datagram, lookup, create, lambda: asyncio.run(loop())]


@pytest.mark.parametrize("escape", refusals())
def test_the_network_is_refused_whatever_the_client(path: Path, escape: Any) -> None:
    with pytest.raises(ReplayMiss, match="went past the cassette"), replay(path):
        escape()
    assert "autolog" not in socket.getaddrinfo.__module__


def test_this_machine_and_allowed_hosts_stay_reachable(path: Path) -> None:
    with (
        socket.create_server(("127.0.0.1", 0)) as listening,
        replay(path, allow_hosts=[r".*\.internal", "198.51.100.7"]),
    ):
        socket.create_connection(listening.getsockname()).close()
        with contextlib.suppress(OSError):
            socket.getaddrinfo("db.internal", 5432)


def test_allowed_hosts_are_called_and_not_recorded(path: Path) -> None:
    from replay.loopback import Loopback, ask

    server = Loopback()
    try:
        with replay(path, allow_hosts=["127.0.0.1"]) as tape:
            assert ask(server.url) == "answer 1"
        assert tape.calls == []
    finally:
        server.close()


def test_telemetry_is_dropped(path: Path) -> None:
    with replay(path) as tape, httpx2.Client() as made:
        assert made.post("https://api.smith.langchain.com/runs/batch", json={"a": 1}).status_code == 200
        assert made.post("http://localhost:4318/v1/traces", content=b"").status_code == 200
        connection = http.client.HTTPSConnection("us.i.posthog.com")
        connection.request("POST", "/batch/", b"{}")
        assert connection.getresponse().status == 200
    assert tape.calls == []


def test_nothing_stays_patched(path: Path) -> None:
    before = httpx2.HTTPTransport.handle_request, http.client.HTTPConnection, socket.socket.connect, socket.getaddrinfo
    with pytest.raises(ZeroDivisionError), replay(path):
        assert httpx2.HTTPTransport.handle_request is not before[0]
        raise ZeroDivisionError
    assert before == (
        httpx2.HTTPTransport.handle_request, http.client.HTTPConnection, socket.socket.connect, socket.getaddrinfo
    )  # fmt: skip


def test_blocks_nest(tape_path: Path, tmp_path: Path) -> None:
    inner = tmp_path / "inner.yaml"
    save(Cassette(inner, recorded("Oslo?")))
    with replay(tape_path), client() as made:
        assert create(made, "Paris?") == "about Paris?"
        with replay(inner):
            assert create(made, "Oslo?") == "about Oslo?"
        assert create(made, "Rome?") == "about Rome?"


def test_two_threads_cannot_replay_two_cassettes_at_once(tape_path: Path) -> None:
    failures: list[BaseException] = []

    def other() -> None:
        try:
            with replay(tape_path):
                pass
        except BaseException as error:
            failures.append(error)

    with replay(tape_path, unused="ignore"):
        thread = threading.Thread(target=other)
        thread.start()
        thread.join()
    assert "another thread" in str(failures[0])


def test_a_client_made_before_the_block_is_replayed_too(tape_path: Path) -> None:
    with client() as made, replay(tape_path):
        assert [create(made, "Paris?"), create(made, "Rome?")] == ["about Paris?", "about Rome?"]
