"""The replay proxy: any client over a base address, misses that end the block, streams, and recording."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from http.client import HTTPConnection, HTTPResponse, IncompleteRead
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import openai
import pytest

from autolog._replay.cassette import (
    Cassette,
    CassetteError,
    Interaction,
    RecordedError,
    RecordedRequest,
    RecordedResponse,
    SseEvent,
)
from autolog._replay.format import load, save
from autolog._replay.proxy import UnansweredError, proxying, replay_proxy
from autolog._replay.proxy_server import Answer, serving
from autolog._replay.tape import UnusedInteractionsError

CASSETTES = Path(__file__).resolve().parents[2] / "cassettes"
STREAM = {"content-type": ("text/event-stream",)}
JSON = {"content-type": ("application/json",)}


def asked(question: str, **rest: Any) -> dict[str, Any]:
    return {"model": "m", "messages": [{"role": "user", "content": question}], **rest}


def interaction(question: str, answer: str, **rest: Any) -> Interaction:
    body = {
        "id": f"c-{answer}",
        "object": "chat.completion",
        "created": 1,
        "model": "m-1",
        "choices": [{"index": 0, "message": {"role": "assistant", "content": answer}, "finish_reason": "stop"}],
    }
    request = RecordedRequest(
        "POST", "https://api.openai.com/v1/chat/completions", JSON, json.dumps(asked(question, **rest)).encode()
    )
    return Interaction(request, RecordedResponse(200, "OK", JSON, json.dumps(body).encode()))


def streamed(question: str, events: list[SseEvent], **members: Any) -> Interaction:
    request = interaction(question, "", stream=True).request
    return Interaction(request, RecordedResponse(200, "OK", STREAM, events=tuple(events), **members))


def chunk(text: str) -> str:
    choice = {"index": 0, "delta": {"content": text}}
    body = {"id": "c", "object": "chat.completion.chunk", "created": 1, "model": "m-1", "choices": [choice]}
    return json.dumps(body, ensure_ascii=False)


@pytest.fixture
def tape(tmp_path: Path) -> Callable[..., Path]:
    def write(*interactions: Interaction) -> Path:
        path = tmp_path / "agent.yaml"
        save(Cassette(path).with_interactions(interactions))
        return path

    return write


def ask(url: str, question: str, **rest: Any) -> str | None:
    with openai.OpenAI(base_url=url, api_key="k", max_retries=2) as client:
        answer = client.chat.completions.create(**asked(question, **rest))
        return answer.choices[0].message.content


def test_a_client_is_answered_from_the_cassette(tape: Callable[..., Path]) -> None:
    path = tape(interaction("one?", "1"), interaction("two?", "2"), interaction("one?", "uno"))
    with replay_proxy(path) as url:
        assert urlsplit(url).path == "/v1"
        assert urlsplit(url).hostname == "127.0.0.1"
        assert [ask(url, q) for q in ("two?", "one?", "one?")] == ["2", "1", "uno"]


def test_a_miss_is_answered_at_once_and_ends_the_block(tape: Callable[..., Path]) -> None:
    path = tape(interaction("What is the weather in Paris?", "sunny"))
    with pytest.raises(UnansweredError) as caught:  # noqa: SIM117
        with replay_proxy(path, unused="ignore") as url:
            with pytest.raises(openai.NotFoundError) as told:
                ask(url, "What is the weather in Rome?")
            assert "Rome" in str(told.value)
            assert "messages[0].content" in str(told.value)
    assert "Rome" in str(caught.value)
    assert str(caught.value).count("closest is interaction") == 1  # one attempt: no client retries a 404


def test_an_error_of_the_block_is_not_hidden_by_a_miss(tape: Callable[..., Path]) -> None:
    path = tape(interaction("a?", "a"))
    with pytest.raises(openai.NotFoundError) as caught, replay_proxy(path) as url:
        ask(url, "b?")
    assert any("b?" in note for note in caught.value.__notes__)


@pytest.mark.parametrize("unused", ["error", "ignore"])
def test_what_nobody_asked_for(tape: Callable[..., Path], unused: str) -> None:
    path = tape(interaction("a?", "a"), interaction("b?", "b"))

    def block() -> None:
        with replay_proxy(path, unused=unused) as url:
            ask(url, "a?")

    if unused == "ignore":
        block()
        return
    with pytest.raises(UnusedInteractionsError, match=r"#2 POST https://api\.openai\.com/v1/chat/completions"):
        block()


def test_ignored_places_and_repeats(tape: Callable[..., Path]) -> None:
    path = tape(interaction("a?", "a", metadata={"run": 1}, top_p=0.1), interaction("a?", "b", top_p=0.1))
    with replay_proxy(path, ignore=["top_p"], repeats=True) as url:
        assert [ask(url, "a?", top_p=0.2) for _ in range(4)] == ["a", "b", "b", "b"]


@contextmanager
def get(url: str, question: str, **rest: Any) -> Iterator[HTTPResponse]:
    address = urlsplit(url)
    with closing(HTTPConnection(address.hostname or "", address.port or 0, timeout=20)) as connection:
        body = json.dumps(asked(question, **rest))
        connection.request("POST", f"{address.path}/chat/completions", body, {"Content-Type": "application/json"})
        yield connection.getresponse()


def test_a_miss_says_what_to_type(tape: Callable[..., Path]) -> None:
    path = tape(interaction("Hi", "Hello"))
    with pytest.raises(UnansweredError) as caught, replay_proxy(path) as url, get(url, "Ho") as response:
        response.read()
    origin = load(path).interactions[0].request.uri.removesuffix("/chat/completions")
    assert f"autolog replay-proxy {path} --record --upstream {origin}\n" in str(caught.value)
    assert f"autolog replay-proxy {path} --ignore 'messages[0].content'" in str(caught.value)


def test_a_stream_comes_event_by_event(tape: Callable[..., Path]) -> None:
    events = [SseEvent(0, chunk("Hel")), SseEvent(0, chunk("lo")), SseEvent(0, "[DONE]")]
    path = tape(streamed("Hi", events), streamed("Hi", events))
    with replay_proxy(path) as url:
        with openai.OpenAI(base_url=url, api_key="k") as client:
            stream = client.chat.completions.create(**asked("Hi"), stream=True)
            assert [c.choices[0].delta.content for c in stream] == ["Hel", "lo"]
        with get(url, "Hi", stream=True) as response:
            assert response.getheader("content-type") == "text/event-stream"
            assert response.read() == b"".join(e.text.encode() for e in events)


@pytest.mark.parametrize(
    ("timing", "expected"), [(0, []), (0.5, [0.02, 0.15, 0.05]), (1.0, [0.04, 0.3, 0.1]), (2.0, [0.08, 0.6, 0.2])]
)
def test_the_recorded_times_are_waited_for_where_they_are_asked_for(
    tape: Callable[..., Path], timing: float, expected: list[float]
) -> None:
    waits: list[float] = []
    path = tape(
        streamed("Hi", [SseEvent(300, chunk("a")), SseEvent(100, chunk("b")), SseEvent(0, "[DONE]")], after_ms=40)
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("autolog._replay.proxy_server.time.sleep", waits.append)
        with replay_proxy(path, timing=timing) as url, get(url, "Hi", stream=True) as response:
            response.read()
    assert waits == pytest.approx(expected)


@pytest.mark.parametrize(
    "members", [{"truncated": True}, {"error": RecordedError("RemoteProtocolError", "peer closed")}]
)
def test_a_cut_stream_is_cut(tape: Callable[..., Path], members: dict[str, Any]) -> None:
    path = tape(streamed("Hi", [SseEvent(0, chunk("a"))], **members))
    with replay_proxy(path) as url, get(url, "Hi", stream=True) as response, pytest.raises(IncompleteRead):
        response.read()


def test_a_connection_that_failed_fails(tape: Callable[..., Path]) -> None:
    error = RecordedError("ConnectError", "refused")
    path = tape(Interaction(interaction("Hi", "").request, RecordedResponse(0, error=error)))
    with replay_proxy(path) as url, pytest.raises(ConnectionError), get(url, "Hi"):
        pass


def test_errors_and_their_headers_are_replayed(tape: Callable[..., Path]) -> None:
    body = json.dumps({"error": {"message": "slow down", "code": "rate_limit"}}).encode()
    headers = {**JSON, "retry-after-ms": ("1",)}
    limited = Interaction(interaction("Hi", "").request, RecordedResponse(429, "Too Many Requests", headers, body))
    with replay_proxy(tape(limited, interaction("Hi", "Ho"))) as url:
        assert ask(url, "Hi") == "Ho"


def test_many_clients_at_once_get_their_own_answers(tape: Callable[..., Path]) -> None:
    path = tape(*(interaction(f"{n % 10}?", f"{n}") for n in range(40)))
    found: list[tuple[int, str | None]] = []
    with replay_proxy(path) as url:
        threads = [
            threading.Thread(target=lambda n=n: found.append((n % 10, ask(url, f"{n % 10}?")))) for n in range(40)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert sorted(found) == sorted((n % 10, f"{n}") for n in range(40))


def test_requests_in_pieces_and_other_methods(tape: Callable[..., Path]) -> None:
    models = Interaction(
        RecordedRequest("GET", "https://api.openai.com/v1/models?limit=2"),
        RecordedResponse(200, "", JSON, b'{"data":[]}'),
    )
    gone = Interaction(RecordedRequest("DELETE", "https://api.openai.com/v1/files/f"), RecordedResponse(204))
    with proxying(tape(interaction("Hi", "Ho"), models, gone)) as proxy:
        address = urlsplit(proxy.base_url)
        connection = HTTPConnection(address.hostname or "", address.port or 0, timeout=20)
        body = json.dumps(asked("Hi")).encode()
        connection.request("POST", "/v1/chat/completions", iter([body[:9], body[9:]]), JSON_SENT, encode_chunked=True)
        assert json.loads(connection.getresponse().read())["id"] == "c-Ho"
        connection.request("GET", "/v1/models?limit=2")  # on the same connection
        assert connection.getresponse().read() == b'{"data":[]}'
        connection.request("DELETE", "/v1/files/f")
        assert connection.getresponse().status == 204
        connection.close()
    assert proxy.calls == 3
    assert proxy.misses == []
    assert proxy.unused == []


JSON_SENT = {"Content-Type": "application/json"}


@pytest.mark.parametrize("name", ["openai/demo", "openai/chat_tools", "handwritten/openai/azure_chat"])
def test_plain_vcr_cassettes_are_served(name: str) -> None:
    path = CASSETTES / f"{name}.yaml"
    with proxying(path) as proxy:
        for each in load(path).interactions:
            address = urlsplit(each.request.uri)
            connection = HTTPConnection(urlsplit(proxy.origin).netloc, timeout=20)
            target = address.path + (f"?{address.query}" if address.query else "")
            connection.request(each.request.method, target, each.request.body, JSON_SENT)
            response = connection.getresponse()
            assert response.status == each.response.status
            assert response.read() == each.response.body
            connection.close()
    assert proxy.misses == []
    assert proxy.unused == []


def test_a_missing_and_a_broken_cassette(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError), replay_proxy(tmp_path / "none.yaml"):
        pass
    (tmp_path / "broken.yaml").write_text("interactions: 3", encoding="utf-8")
    with pytest.raises(CassetteError, match=r"broken\.yaml"), replay_proxy(tmp_path / "broken.yaml"):
        pass


def test_recording_needs_an_address(tmp_path: Path) -> None:
    for upstream in (None, "api.openai.com"):
        with pytest.raises(ValueError, match=r"https://api\.openai\.com/v1"):  # noqa: SIM117
            with replay_proxy(tmp_path / "x.yaml", record=True, upstream=upstream):
                pass


class Upstream:
    """A server that answers each question with itself, streamed where that is asked for."""

    def __init__(self) -> None:
        self.requests: list[RecordedRequest] = []
        self.go_on = threading.Event()
        self.status = 200

    def answer(self, request: RecordedRequest) -> Answer:
        self.requests.append(request)
        body = json.loads(request.body)
        text = body["messages"][0]["content"]
        if self.status != 200:
            return Answer(self.status, [("Content-Type", "application/json")], b'{"error":{"message":"no"}}')
        if body.get("stream"):
            return Answer(
                200, [("Content-Type", "text/event-stream"), ("X-Request-Id", "req_1")], pieces=self.events(text)
            )
        answer = interaction("", text).response.body
        return Answer(200, [("Content-Type", "application/json"), ("Set-Cookie", "a=b")], answer)

    def events(self, text: str) -> Iterator[tuple[float, bytes]]:
        first, second, last = (SseEvent(0, data).text.encode() for data in (chunk(text), chunk("é!"), "[DONE]"))
        yield 0.0, first
        assert self.go_on.wait(20)
        # Events are cut anywhere, in the middle of a character too.
        rest = second + last
        at = rest.index("é".encode()) + 1
        yield 0.0, rest[:at]
        yield 0.0, rest[at:]


@pytest.fixture
def upstream() -> Iterator[tuple[Upstream, str]]:
    server = Upstream()
    server.go_on.set()
    with serving(server.answer) as origin:
        yield server, f"{origin}/v1"


def test_recording_passes_on_and_adds(tape: Callable[..., Path], upstream: tuple[Upstream, str]) -> None:
    server, address = upstream
    path = tape(interaction("known?", "yes"))
    with replay_proxy(path, record=True, upstream=address) as url:
        assert urlsplit(url).path == "/v1"
        assert [ask(url, q) for q in ("known?", "new?", "newer?")] == ["yes", "new?", "newer?"]
    assert len(server.requests) == 2
    assert server.requests[0].header("authorization") == "Bearer k"
    text = path.read_text(encoding="utf-8")
    assert "Bearer" not in text
    assert "cookie" not in text.lower()
    with replay_proxy(path) as url:
        assert [ask(url, q) for q in ("newer?", "new?", "known?")] == ["newer?", "new?", "yes"]


def test_recording_anew_replaces(tape: Callable[..., Path], upstream: tuple[Upstream, str]) -> None:
    _, address = upstream
    path = tape(interaction("a?", "old"), interaction("b?", "old"))
    with replay_proxy(path, record=True, anew=True, upstream=address) as url:
        assert ask(url, "a?") == "a?"
    assert [json.loads(i.request.body)["messages"][0]["content"] for i in load(path).interactions] == ["a?"]
    assert load(path).interactions[0].response.json["choices"][0]["message"]["content"] == "a?"


def test_a_stream_is_recorded_without_being_held_up(tmp_path: Path, upstream: tuple[Upstream, str]) -> None:
    server, address = upstream
    server.go_on.clear()
    path = tmp_path / "new" / "stream.yaml"
    with replay_proxy(path, record=True, upstream=address) as url, get(url, "Hi", stream=True) as response:
        first = response.read1(65_536)
        assert first == SseEvent(0, chunk("Hi")).text.encode()  # the server has sent no more yet
        server.go_on.set()
        rest = response.read()
    (recorded,) = load(path).interactions
    assert recorded.response.body == first + rest
    assert recorded.response.events is not None
    assert [e.data for e in recorded.response.events] == [chunk("Hi"), chunk("é!"), "[DONE]"]
    assert not recorded.response.truncated


def test_errors_are_passed_on_and_not_kept(tmp_path: Path, upstream: tuple[Upstream, str]) -> None:
    server, address = upstream
    server.status = 401
    path = tmp_path / "x.yaml"
    with proxying(path, upstream=address) as proxy, pytest.raises(openai.AuthenticationError):
        ask(proxy.base_url, "Hi")
    assert not path.exists()
    assert "401" in proxy.notes[0]


def test_an_upstream_that_is_not_there(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        address = f"http://127.0.0.1:{taken.getsockname()[1]}/v1"
        with proxying(tmp_path / "x.yaml", upstream=address) as proxy, get(proxy.base_url, "Hi") as response:
            assert response.status == 502
            assert "cannot be reached" in json.loads(response.read())["error"]["message"]


CLIENT = """
import json, os, sys, urllib.request
for question in sys.argv[1:]:
    body = json.dumps({"model": "m", "messages": [{"role": "user", "content": question}]}).encode()
    url = os.environ["OPENAI_BASE_URL"] + "/chat/completions"
    request = urllib.request.Request(url, body, {"Content-Type": "application/json"})
    print(json.load(urllib.request.urlopen(request))["choices"][0]["message"]["content"])
"""


def proxy_command(path: Path, *words: str) -> list[str]:
    return [sys.executable, "-m", "autolog", "replay-proxy", str(path), *words]


@pytest.mark.parametrize(
    ("questions", "code", "says"),
    [
        (["a?", "b?"], 0, ""),
        (["a?"], 1, "never asked for"),
        (["a?", "b?", "c?"], 1, "c?"),
    ],
)
def test_the_command_around_a_program(tape: Callable[..., Path], questions: list[str], code: int, says: str) -> None:
    path = tape(interaction("a?", "alpha"), interaction("b?", "beta"))
    done = subprocess.run(
        proxy_command(path, "--", sys.executable, "-c", CLIENT, *questions),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == code, done.stderr
    assert done.stdout.split() == ["alpha", "beta"][: len(questions)]
    assert says in done.stderr


def test_the_command_until_it_is_stopped(tape: Callable[..., Path]) -> None:
    path = tape(interaction("a?", "alpha"))
    with subprocess.Popen(
        proxy_command(path, "--json"), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        said = json.loads(process.stdout.readline())
        assert ask(said["base_url"], "a?") == "alpha"
        process.send_signal(signal.SIGTERM)
        _, errors = process.communicate(timeout=30)
    assert process.returncode == 0, errors


FIXTURE = """
import os, subprocess, sys

CLIENT = '''{CLIENT}'''

def ask(url, *questions):
    done = subprocess.run([sys.executable, "-c", CLIENT, *questions], env={{**os.environ, "OPENAI_BASE_URL": url}},
                          capture_output=True, text=True)
    return done.stdout.split()

def test_all(llm_replay_proxy):
    assert ask(llm_replay_proxy("agent.yaml"), "a?") == ["alpha"]

def test_missed(llm_replay_proxy):
    ask(llm_replay_proxy("agent.yaml", unused="ignore"), "b?")

def test_unused(llm_replay_proxy):
    llm_replay_proxy("agent.yaml")
"""


def test_the_fixture(tmp_path: Path) -> None:
    cassettes = tmp_path / "cassettes"
    cassettes.mkdir()
    save(Cassette(cassettes / "agent.yaml").with_interactions((interaction("a?", "alpha"),)))
    (tmp_path / "test_it.py").write_text(FIXTURE.format(CLIENT=CLIENT), encoding="utf-8")
    environ = {k: v for k, v in os.environ.items() if k not in ("CI", "AUTOLOG_RECORD")}
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "autolog.pytest_plugin", "-p", "no:cacheprovider", "-rA", str(tmp_path)],
        cwd=tmp_path,
        env={**environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert "3 passed, 2 errors" in done.stdout, done.stdout
    assert "ERROR test_it.py::test_missed" in done.stdout
    assert "messages[0].content" in done.stdout
    assert "ERROR test_it.py::test_unused" in done.stdout
    assert "never asked for" in done.stdout
