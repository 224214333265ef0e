"""Streams as they were: nothing delayed while recording, every event with its time, ends of all kinds."""

from __future__ import annotations

import asyncio
import threading
from pathlib import Path
from typing import Any

import httpx2
import pytest
from replay.loopback import HEADERS, Loopback, chat, stream

from autolog._replay.cassette import Cassette, Interaction, RecordedRequest, RecordedResponse, SseEvent
from autolog._replay.format import load, save
from autolog._replay.proxy import replay_proxy
from autolog._replay.streaming import pieces, recorded_response
from autolog._replay.tape import ReplayMiss, replay

SSE = {"content-type": ("text/event-stream",)}


def test_the_first_chunk_is_not_held_back_while_recording(server: Loopback, path: Path) -> None:
    # The server sends nothing more before the gate opens, which happens only when the first event is here.
    with (
        replay(path, mode="missing"),
        httpx2.Client() as client,
        client.stream("POST", server.url, json=chat(stream=True, do="wait")) as response,
    ):
        lines = response.iter_lines()
        assert "answer" in next(lines)
        server.gate.set()
        rest = list(lines)
    assert rest[-2] == "data: [DONE]"


async def test_nor_in_an_async_client(server: Loopback, path: Path) -> None:
    async with (
        replay(path, mode="missing"),
        httpx2.AsyncClient() as client,
        client.stream("POST", server.url, json=chat(stream=True, do="wait")) as response,
    ):
        lines = response.aiter_lines()
        assert "answer" in await anext(lines)
        server.gate.set()
        assert [line async for line in lines][-2] == "data: [DONE]"
    assert load(path).interactions[0].response.events


def test_a_stream_is_replayed_event_by_event(server: Loopback, path: Path) -> None:
    with replay(path, mode="missing"):
        live = stream(server.url)
    (recorded,) = load(path).interactions
    assert recorded.response.events is not None
    assert [event.data for event in recorded.response.events] == live
    with (
        replay(path) as tape,
        httpx2.Client() as client,
        client.stream("POST", server.url, json=chat(stream=True)) as response,
    ):
        chunks = list(response.iter_raw())
    assert [chunk.decode() for chunk in chunks] == [f"data: {data}\n\n" for data in live]
    assert tape.usage.total_tokens == 4
    assert server.hits == 1


def test_events_have_their_times(server: Loopback, path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    now = [100.0]
    monkeypatch.setattr("autolog._replay.streaming.time.perf_counter", lambda: now[0])
    with (
        replay(path, mode="missing"),
        httpx2.Client() as client,
        client.stream("POST", server.url, json=chat(stream=True, do="wait")) as response,
    ):
        lines = response.iter_lines()
        next(lines)
        now[0] += 0.25
        server.gate.set()
        list(lines)
    events = load(path).interactions[0].response.events
    assert events is not None
    assert [event.after_ms for event in events] == [0, 250, 0, 0, 0, 0]


EVENTS = tuple(SseEvent(40 * (n + 1), f'{{"n":{n}}}') for n in range(3))


def cassette(path: Path, response: RecordedResponse) -> None:
    request = RecordedRequest("POST", "http://model.test/v1/x", {}, b"{}")
    save(Cassette(path, (Interaction(request, response),)))


@pytest.fixture
def slept(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    pauses: list[float] = []
    monkeypatch.setattr("autolog._replay.httpx_streams.time.sleep", pauses.append)

    async def asleep(seconds: float) -> None:
        pauses.append(seconds)

    monkeypatch.setattr("autolog._replay.httpx_seam.asleep", asleep)
    monkeypatch.setattr("autolog._replay.httpx_streams.asleep", asleep)
    return pauses


def pull(client: Any) -> list[bytes]:
    with client.stream("POST", "http://model.test/v1/x", content=b"{}") as response:
        return list(response.iter_raw())


@pytest.mark.parametrize(
    ("timing", "expected"),
    [
        (0.0, []),
        (0.5, [0.05, 0.02, 0.04, 0.06]),
        (1.0, [0.1, 0.04, 0.08, 0.12]),
        (2.0, [0.2, 0.08, 0.16, 0.24]),
    ],
)
def test_as_much_is_waited_as_is_asked_for(
    path: Path, slept: list[float], timing: float, expected: list[float]
) -> None:
    cassette(path, RecordedResponse(200, "OK", SSE, events=EVENTS, after_ms=100))
    with replay(path, timing=timing), httpx2.Client() as client:
        assert len(pull(client)) == 3
    assert slept == pytest.approx(expected)
    slept.clear()

    async def run() -> None:
        async with (
            replay(path, timing=timing),
            httpx2.AsyncClient() as client,
            client.stream("POST", "http://model.test/v1/x", content=b"{}") as response,
        ):
            assert len([chunk async for chunk in response.aiter_raw()]) == 3

    asyncio.run(run())
    assert slept == pytest.approx(expected)


@pytest.mark.parametrize("timing", [0.5, 2.0])
def test_clients_that_get_a_stream_whole_wait_for_all_of_it(
    path: Path, monkeypatch: pytest.MonkeyPatch, timing: float
) -> None:
    requests = pytest.importorskip("requests")
    pauses: list[float] = []
    monkeypatch.setattr("autolog._replay.vcr_seam.time.sleep", pauses.append)
    cassette(path, RecordedResponse(200, "OK", SSE, events=EVENTS, after_ms=100))
    with replay(path, timing=timing):
        assert requests.post("http://model.test/v1/x", data=b"{}").status_code == 200
    assert sum(pauses) == pytest.approx(timing * 0.34)


@pytest.mark.parametrize("timing", [-1, float("inf"), True])
def test_what_is_no_share_of_the_waiting_is_refused_alike(path: Path, timing: float) -> None:
    cassette(path, RecordedResponse())
    with pytest.raises(ValueError, match="as recorded, not"), replay(path, timing=timing):
        pass
    with pytest.raises(ValueError, match="as recorded, not"), replay_proxy(path, timing=timing):
        pass


def test_a_stream_that_the_program_leaves_is_recorded_to_its_end(server: Loopback, path: Path) -> None:
    with (
        replay(path, mode="missing"),
        httpx2.Client() as client,
        client.stream("POST", server.url, json=chat(stream=True)) as response,
    ):
        next(response.iter_raw(1))
    (recorded,) = load(path).interactions
    assert not recorded.response.truncated
    assert recorded.response.events is not None
    assert recorded.response.events[-1].data == "[DONE]"


async def test_nor_does_an_async_program_cut_its_recording(server: Loopback, path: Path) -> None:
    async with (
        replay(path, mode="missing"),
        httpx2.AsyncClient() as client,
        client.stream("POST", server.url, json=chat(stream=True)) as response,
    ):
        await anext(response.aiter_raw(1))
    events = load(path).interactions[0].response.events
    assert events is not None
    assert events[-1].data == "[DONE]"


def test_a_stream_that_goes_on_too_long_is_marked_and_not_read_past_its_end(
    server: Loopback, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("autolog._replay.httpx_streams.DRAIN_S", 0.05)
    with (
        replay(path, mode="missing"),
        httpx2.Client() as client,
        client.stream("POST", server.url, json=chat(stream=True, do="wait")) as response,
    ):
        next(response.iter_raw(1))
    (recorded,) = load(path).interactions
    assert recorded.response.truncated
    assert recorded.response.events is not None
    assert len(recorded.response.events) == 1
    # Who leaves as early as then is served, who reads on is told.
    with (
        replay(path),
        httpx2.Client() as client,
        client.stream("POST", server.url, json=chat(stream=True, do="wait")) as response,
    ):
        next(response.iter_raw())
    with pytest.raises(ReplayMiss, match="ends here"), replay(path):
        stream(server.url, do="wait")


async def test_a_cancelled_stream_does_not_wait(server: Loopback, path: Path) -> None:
    started = asyncio.Event()

    async def read() -> None:
        async with (
            httpx2.AsyncClient() as client,
            client.stream("POST", server.url, json=chat(stream=True, do="wait")) as response,
        ):
            async for _ in response.aiter_raw():
                started.set()

    async with replay(path, mode="missing") as tape:
        task = asyncio.create_task(read())
        await started.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        server.gate.set()
    assert tape.calls[0].response is not None
    assert tape.calls[0].response.truncated


def test_a_stream_left_open_at_the_end_is_kept_as_far_as_it_came(server: Loopback, path: Path) -> None:
    client = httpx2.Client()
    with replay(path, mode="missing") as tape:
        response = client.send(client.build_request("POST", server.url, json=chat(stream=True, do="wait")), stream=True)
        chunks = response.iter_raw(1)
        next(chunks)
    server.gate.set()
    response.close()
    client.close()
    assert tape.calls[0].response is not None
    assert tape.calls[0].response.truncated
    assert len(load(path).interactions) == 1


@pytest.mark.parametrize("asynchronous", [False, True])
def test_a_cut_stream_is_cut_again(server: Loopback, path: Path, asynchronous: bool) -> None:
    async def aread() -> list[bytes]:
        chunks: list[bytes] = []
        async with httpx2.AsyncClient() as client:
            with pytest.raises(httpx2.RemoteProtocolError, match="incomplete chunked read"):
                async with client.stream("POST", server.url, json=chat(stream=True, do="cut")) as response:
                    async for chunk in response.aiter_raw():
                        chunks.append(chunk)  # noqa: PERF401  (what came before the error counts)
        return chunks

    def read() -> list[bytes]:
        if asynchronous:
            return asyncio.run(aread())
        chunks: list[bytes] = []
        with (
            httpx2.Client() as client,
            pytest.raises(httpx2.RemoteProtocolError, match="incomplete chunked read"),
            client.stream("POST", server.url, json=chat(stream=True, do="cut")) as response,
        ):
            chunks += response.iter_raw()
        return chunks

    with replay(path, mode="missing") as tape:
        live = read()
    assert not path.exists()
    assert "record_errors=True" in tape.notes[0]
    with replay(path, mode="missing", record_errors=True):
        live = read()
    with replay(path):
        assert b"".join(read()) == b"".join(live)
    assert server.hits == 2


def test_an_error_event_in_the_middle_stays_where_it_was(server: Loopback, path: Path) -> None:
    with replay(path, mode="missing"):
        live = stream(server.url, do="broken")
    with replay(path):
        assert stream(server.url, do="broken") == live
    assert "fell over" in live[2]


def test_compressed_events_get_their_times_too() -> None:
    import zlib

    packer = zlib.compressobj(wbits=31)
    text = [b'data: {"n":1}\n\n', b'data: {"n":2}\n\n']
    parts = [(10 * (n + 1), packer.compress(t) + packer.flush(zlib.Z_SYNC_FLUSH)) for n, t in enumerate(text)]
    response = recorded_response(200, "OK", {**SSE, "Content-Encoding": ("gzip",)}, [*parts, (20, packer.flush())])
    assert response.events == (SseEvent(10, '{"n":1}'), SseEvent(10, '{"n":2}'))
    assert "Content-Encoding" not in response.headers


def test_an_event_that_comes_in_pieces_has_the_time_of_its_last() -> None:
    parts = [(5, 'data: "é'.encode()[:8]), (9, 'data: "é'.encode()[8:] + b'"\n'), (30, b"\ndata: 2\n"), (31, b"\n")]
    events = recorded_response(200, "OK", SSE, parts).events
    assert events is not None
    assert [(event.after_ms, event.data) for event in events] == [(30, '"é"'), (1, "2")]


def test_a_plain_body_that_came_slowly_keeps_its_pieces(path: Path) -> None:
    response = recorded_response(
        200, "OK", {"content-type": ("audio/mpeg",)}, [(1, b"\xff\xfb" * 40), (90, b"\xffrest")]
    )
    cassette(path, response)
    (recorded,) = load(path).interactions
    assert list(pieces(recorded.response)) == [(1, b"\xff\xfb" * 40), (89, b"\xffrest")]
    with replay(path), httpx2.Client() as client:
        assert pull(client) == [b"\xff\xfb" * 40, b"\xffrest"]


def test_recording_does_not_disturb_other_threads(server: Loopback, path: Path) -> None:
    outcomes: list[Any] = []
    with replay(path, mode="missing"):
        threads = [threading.Thread(target=lambda: outcomes.append(stream(server.url))) for _ in range(5)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert len(outcomes) == len(load(path).interactions) == 5
    assert HEADERS["authorization"] not in path.read_text()
