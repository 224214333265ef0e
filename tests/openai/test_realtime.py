"""WebSocket sessions: one span each, the tokens of the wire, every way of ending, nothing of the program's changed."""

from __future__ import annotations

import asyncio
import gc
import inspect
import json
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from importlib import import_module
from importlib.util import find_spec
from typing import Any

import openai
import pytest
from autolog_openai._realtime_look import look, plain
from autolog_openai._realtime_read import read_session
from autolog_openai._realtime_session import Session
from callers import API_KEY
from fake_sockets import AUDIO, AUDIO_SIZE, HEARD, USAGE, FakeSockets
from openai_wire import Ended

import autolog
from autolog import semconv
from autolog._patching.patcher import Patcher
from autolog._tracing.context import current_span
from autolog.integration import Fields

# The library connects as websockets 16 and later would rather not have it.
pytestmark = pytest.mark.filterwarnings(r"ignore:connect\(\) must be used as a context manager:DeprecationWarning")

ONE = autolog.Usage(20, 10, 30, 4, None, None, 5, 7)
TEXT = autolog.Usage(11, 6, 17, 3, None, 2)
GREETING: Any = {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "Hi"}]}
HEARD_AUDIO: Any = {"type": "message", "role": "user", "content": [{"type": "input_audio", "audio": AUDIO}]}
TRANSCRIBED = "conversation.item.input_audio_transcription.completed"


@pytest.fixture(scope="module")
def server() -> Iterator[FakeSockets]:
    made = FakeSockets()
    yield made
    made.close()


@pytest.fixture
def sockets(server: FakeSockets) -> FakeSockets:
    server.sent.clear()
    server.connections = 0
    return server


class Program:
    """A program that talks to one of the APIs, with the sync or the async client."""

    def __init__(self, sockets: FakeSockets, api: str, *, asynchronous: bool) -> None:
        self.sockets = sockets
        self.api = api
        self.asynchronous = asynchronous
        self.client: Any = None

    def open(self) -> None:
        kind: Any = openai.AsyncOpenAI if self.asynchronous else openai.OpenAI
        self.client = kind(api_key=API_KEY, websocket_base_url=self.sockets.base_url)

    def connect(self, model: str = "gpt-realtime", **options: Any) -> Any:
        resource = self.client
        for name in self.api.split("."):
            resource = getattr(resource, name)
        return resource.connect(**options) if self.api == "responses" else resource.connect(model=model, **options)

    def run(self, main: Callable[[Any], Awaitable[Any]], **options: Any) -> Any:
        """Run a program inside its connection; give what it gives, or the exception that it raises."""

        async def inside() -> Any:
            self.open()
            try:
                async with opened(self.connect(**options)) as connection:
                    return await main(connection)
            finally:
                await settle(self.client.close())

        try:
            return asyncio.run(inside())
        except Exception as e:
            return e


async def settle(value: Any) -> Any:
    return await value if inspect.isawaitable(value) else value


@asynccontextmanager
async def opened(manager: Any) -> AsyncIterator[Any]:
    if hasattr(manager, "__aenter__"):
        async with manager as connection:
            yield connection
    else:
        with manager as connection:
            yield connection


async def until(connection: Any, *kinds: str) -> list[Any]:
    """Read until an event of one of these types; give all that were read."""
    events: list[Any] = []
    while not events or events[-1].type not in kinds:
        events.append(await settle(connection.recv()))
    return events


async def each(connection: Any) -> AsyncIterator[Any]:
    if hasattr(connection, "__aiter__"):
        async for event in connection:
            yield event
    else:
        for event in connection:
            yield event


async def every(connection: Any) -> list[Any]:
    return [event async for event in each(connection)]


def _apis(*names: str) -> list[Any]:
    return [pytest.param((name, kind), id=f"{name}-{kind}") for name in names for kind in ("sync", "async")]


def _program(sockets: FakeSockets, request: pytest.FixtureRequest) -> Program:
    api, kind = request.param
    name = f"openai.resources.{api}"
    if find_spec(name) is None or not hasattr(getattr(import_module(name), api.split(".")[-1].title()), "connect"):
        pytest.skip(f"this openai has no client.{api}.connect")
    return Program(sockets, api, asynchronous=kind == "async")


@pytest.fixture(params=_apis("realtime", "beta.realtime"))
def program(sockets: FakeSockets, request: pytest.FixtureRequest) -> Program:
    """Realtime sessions."""
    return _program(sockets, request)


@pytest.fixture(params=_apis("responses"))
def replies(sockets: FakeSockets, request: pytest.FixtureRequest) -> Program:
    """Responses connections."""
    return _program(sockets, request)


def said(messages: Any) -> list[Any]:
    return [(m["role"], [p.get("content", p) for p in m["parts"]]) for m in messages]


async def conversation(connection: Any) -> list[Any]:
    """Two turns, by text and by voice."""
    events = await until(connection, "session.created")
    await settle(connection.session.update(session={"instructions": "Be brief.", "tools": []}))
    events += await until(connection, "session.updated")
    await settle(connection.conversation.item.create(item=GREETING))
    await settle(connection.send({"type": "response.create"}))
    events += await until(connection, "response.done")
    for _ in range(3):
        await settle(connection.input_audio_buffer.append(audio=AUDIO))
    await settle(connection.input_audio_buffer.commit())
    events += await until(connection, TRANSCRIBED)
    await settle(connection.conversation.item.create(item=HEARD_AUDIO))
    await settle(connection.response.create())
    return events + await until(connection, "response.done")


def test_a_session_is_one_span_with_the_tokens_of_its_responses(program: Program, traced: Any) -> None:
    seen: list[Any] = []

    async def main(connection: Any) -> None:
        await conversation(connection)
        seen.append(current_span())

    with autolog.start_span("outer") as outer:
        assert program.run(main) is None

    span = next(s for s in traced.spans if s.span_id != outer.span_id)
    assert seen == [outer]
    assert len(traced.spans) == 2
    assert (span.name, span.span_type, span.status, span.outcome) == (
        "realtime gpt-realtime",
        "CHAT_MODEL",
        "OK",
        "completed",
    )
    assert span.parent_id == outer.span_id
    assert span.usage == ONE + ONE == traced.all[0].usage
    attributes = span.attributes
    assert attributes[semconv.OPERATION_NAME] == "chat"
    assert attributes[semconv.REQUEST_MODEL] == "gpt-realtime"
    assert attributes[semconv.RESPONSE_MODEL] == "gpt-realtime-2025"
    assert attributes[semconv.SERVER_ADDRESS] == "127.0.0.1"
    assert attributes[semconv.SERVER_PORT] == program.sockets.port
    assert attributes[semconv.CONVERSATION_ID] == "conv_1"
    assert attributes[semconv.AUDIO_SENT_BYTES] == 3 * AUDIO_SIZE
    assert attributes[semconv.AUDIO_RECEIVED_BYTES] == 2 * 2 * AUDIO_SIZE
    assert attributes[semconv.OUTPUT_TYPE] == "speech"
    assert attributes[semconv.SYSTEM_INSTRUCTIONS] == [{"type": "text", "content": "Be brief."}]
    assert attributes[semconv.TOOL_CALLS] == ["bow", "bow"]
    bow = {"type": "tool_call", "id": "call_1", "name": "bow", "arguments": {"deep": True}}
    assert said(attributes[semconv.OUTPUT_MESSAGES]) == [("assistant", ["Good day.", bow])] * 2
    part = {"type": "input_audio", "audio": {"size": AUDIO_SIZE}}
    assert said(attributes[semconv.INPUT_MESSAGES]) == [("user", ["Hi"]), ("user", ["Hello?"]), ("user", [part])]


def test_each_response_is_an_event_with_its_time(program: Program, traced: Any) -> None:
    program.run(conversation)

    span = traced.span
    assert [event.name for event in span.events] == ["response.done", TRANSCRIBED, "response.done"]
    first, heard, _ = span.events
    assert first.attributes[semconv.RESPONSE_ID].startswith("resp_")
    assert first.attributes[semconv.RESPONSE_STATUS] == "completed"
    assert first.attributes[semconv.EVENT_USAGE] == USAGE
    # Another model's tokens: told, and not counted as this one's.
    assert heard.attributes == {semconv.EVENT_USAGE: HEARD}
    times = [span.start_time_ns, *(event.time_ns for event in span.events), span.end_time_ns]
    assert times == sorted(times)


def test_no_audio_and_no_secret_is_kept(program: Program, traced: Any) -> None:
    program.run(conversation)

    text = json.dumps(traced.span.to_dict())
    assert AUDIO[:40] not in text
    assert "secret" not in text.replace("client_secret", "")
    assert API_KEY not in text
    assert [event["type"] for event in traced.span.inputs] == [
        "session.update",
        "conversation.item.create",
        "response.create",
        "input_audio_buffer.commit",
        "conversation.item.create",
        "response.create",
    ]
    assert traced.span.inputs[2] == {"type": "response.create"} == traced.span.inputs[5]


def test_the_program_and_the_wire_see_no_difference(program: Program, traces: Any) -> None:
    def outcome() -> Any:
        program.sockets.sent.clear()
        events = program.run(conversation)
        return [event.to_dict() for event in events], list(program.sockets.sent)

    plain = outcome()
    autolog.openai.autolog()

    assert outcome() == plain
    assert len(traces.spans) == 1


def test_text_so_far_of_a_response_that_the_program_leaves(program: Program, traced: Any) -> None:
    async def main(connection: Any) -> None:
        await settle(connection.response.create())
        await until(connection, "response.audio.delta")

    assert program.run(main, model="m+hold") is None

    span = traced.span
    assert (span.status, span.outcome, span.usage) == ("OK", "completed", None)
    assert said(span.attributes[semconv.OUTPUT_MESSAGES]) == [("assistant", ["Good "])]
    assert span.outputs[-1]["response"]["status"] == "in_progress"


def test_a_connection_that_is_lost_is_an_error(program: Program, traced: Any) -> None:
    async def main(connection: Any) -> None:
        await settle(connection.response.create())
        await every(connection)

    raised = program.run(main, model="m+drop")

    span = traced.span
    assert type(raised).__name__ == "ConnectionClosedError"
    assert (span.status, span.outcome) == ("ERROR", "error")
    assert span.exception.type == f"{type(raised).__module__}.ConnectionClosedError"
    assert span.exception.message == str(raised)
    assert said(span.attributes[semconv.OUTPUT_MESSAGES]) == [("assistant", ["Good "])]


def test_a_connection_that_is_refused_is_an_error(program: Program, traced: Any) -> None:
    async def main(connection: Any) -> None:
        raise AssertionError

    raised = program.run(main, model="refused")

    span = traced.span
    assert type(raised).__name__ == "InvalidStatus"
    assert (span.name, span.status, span.exception.message) == ("realtime refused", "ERROR", str(raised))
    assert span.attributes[semconv.HTTP_STATUS_CODE] == 401


def test_an_error_event_ends_nothing(program: Program, traced: Any) -> None:
    async def main(connection: Any) -> list[Any]:
        await settle(connection.conversation.item.delete(item_id="item_9"))
        await until(connection, "error")
        await settle(connection.response.create())
        return await until(connection, "response.done")

    program.run(main)

    span = traced.span
    assert (span.status, span.usage) == ("OK", ONE)
    assert [event.name for event in span.events] == ["error", "response.done"]
    assert span.events[0].attributes == {
        semconv.ERROR_TYPE: "item_delete_invalid_item_id",
        semconv.EXCEPTION_MESSAGE: "No such item.",
    }


def test_an_error_that_the_server_ends_the_session_with(program: Program, traced: Any) -> None:
    async def main(connection: Any) -> Any:
        await settle(connection.response.create())
        return await every(connection)

    events = program.run(main, model="m+bye")

    span = traced.span
    assert events[-1].type == "error"
    assert (span.status, span.exception.message, span.usage) == ("ERROR", "Time is up.", ONE)
    assert span.attributes[semconv.ERROR_CODE] == "session_expired"


def test_a_failed_response_is_an_event(program: Program, traced: Any) -> None:
    async def main(connection: Any) -> Any:
        await settle(connection.response.create())
        return await until(connection, "response.done")

    program.run(main, model="m+fail")

    span = traced.span
    assert (span.status, span.usage) == ("OK", ONE)
    event = span.events[-1]
    assert event.attributes[semconv.RESPONSE_STATUS] == "failed"
    assert event.attributes[semconv.ERROR_TYPE] == "rate_limit_exceeded"
    assert event.attributes[semconv.EXCEPTION_MESSAGE] == "Too fast."


def test_the_exception_of_the_program_is_not_the_sessions(program: Program, traced: Any) -> None:
    async def main(connection: Any) -> None:
        raise KeyError("mine")

    assert isinstance(program.run(main), KeyError)
    assert (traced.span.status, traced.span.outcome) == ("OK", "completed")


def test_a_cancelled_wait_does_not_end_the_session(program: Program, traced: Any) -> None:
    if not program.asynchronous:
        pytest.skip("async only")

    async def main(connection: Any) -> Any:
        await until(connection, "session.created")
        waiting = asyncio.ensure_future(connection.recv())
        await asyncio.sleep(0)
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
        await connection.response.create()
        return await until(connection, "response.done")

    program.run(main)
    assert (traced.span.status, traced.span.usage) == ("OK", ONE)


def test_raw_messages_are_read_too(program: Program, traced: Any) -> None:
    async def main(connection: Any) -> None:
        if not hasattr(connection, "send_raw"):
            pytest.skip("this openai sends no raw messages")
        await settle(connection.send_raw(json.dumps({"type": "conversation.item.create", "item": GREETING})))
        await settle(connection.send_raw(json.dumps({"type": "input_audio_buffer.append", "audio": AUDIO})))
        await settle(connection.send_raw(b'{"type": "response.create"}'))
        while b'"response.done"' not in await settle(connection.recv_bytes()):
            pass

    program.run(main)

    span = traced.span
    assert span.usage == ONE
    assert span.attributes[semconv.AUDIO_SENT_BYTES] == AUDIO_SIZE
    assert [event["type"] for event in span.inputs] == ["conversation.item.create", "response.create"]
    assert said(span.attributes[semconv.INPUT_MESSAGES]) == [("user", ["Hi"])]


@pytest.mark.parametrize("how", ["enter", "close"])
def test_without_with(how: str, program: Program, traced: Any) -> None:
    """``enter`` is dropped, ``close`` is closed by the program."""

    async def main() -> None:
        program.open()
        connection = await settle(program.connect().enter())
        socket = connection._connection
        await until(connection, "session.created")
        if how == "close":
            await settle(connection.close())
            await settle(connection.close())
        del connection
        gc.collect()
        assert current_span() is None
        await settle(socket.close())
        await settle(program.client.close())

    asyncio.run(main())

    span = traced.span
    assert span.outcome == ("abandoned" if how == "enter" else "completed")
    assert span.status == "OK"
    assert span.outputs[0]["type"] == "session.created"


def test_suppressed(program: Program, traced: Any) -> None:
    with autolog.suppress():
        events = program.run(conversation)

    assert events[-1].type == "response.done"
    assert traced.spans == []


def _patched() -> dict[str, dict[str, Any]]:
    """The classes of the library that are looked at, with their members."""
    return {
        f"{kind.__module__}.{name}": dict(vars(kind))
        for path, module in sys.modules.items()
        if path.startswith("openai.") and path.endswith((".realtime", ".responses", "._session", "_connection"))
        for name, kind in vars(module).items()
        if isinstance(kind, type) and kind.__module__ == path
    }


def test_off_leaves_the_identical_objects(program: Program) -> None:
    assert program.run(conversation)
    before = _patched()

    autolog.openai.autolog()
    assert program.run(conversation)
    assert autolog.integrations()["openai"].reason is None
    during = _patched()
    autolog.openai.autolog(log_traces=False)

    changed = {
        name
        for name, members in before.items()
        if members.keys() != during[name].keys() or any(during[name][m] is not v for m, v in members.items())
    }
    assert {name.rpartition(".")[2] for name in changed} >= {"RealtimeConnection", "AsyncRealtimeConnectionManager"}
    after = _patched()
    for name in changed:
        assert after[name].keys() == before[name].keys()
        assert all(after[name][member] is value for member, value in before[name].items())


def test_turned_off_in_a_session(program: Program, traced: Any) -> None:
    async def main(connection: Any) -> Any:
        await settle(connection.response.create())
        await until(connection, "response.done")
        autolog.openai.autolog(log_traces=False)
        span = traced.span
        await settle(connection.response.create())
        await until(connection, "response.done")
        return span

    span = program.run(main)

    assert (span.outcome, span.usage) == ("abandoned", ONE)
    assert traced.span == span


async def answer(connection: Any, model: str = "gpt", **request: Any) -> Any:
    """Ask for a response, and read to its end."""
    await settle(connection.response.create(model=model, input="morning", **request))
    events = await until(connection, "response.completed", "response.failed", "error")
    return events[-1]


def test_each_response_of_a_connection_is_a_span(replies: Program, traced: Any) -> None:
    async def main(connection: Any) -> list[Any]:
        first = await answer(connection)
        return [first, await answer(connection, previous_response_id=first.response.id, temperature=0.5)]

    events = replies.run(main)

    session, *spans = traced.spans
    assert (session.name, session.span_type, session.usage, session.status) == ("responses.connect", "TASK", None, "OK")
    assert [(s.name, s.span_type, s.status, s.parent_id) for s in spans] == [
        ("chat gpt", "CHAT_MODEL", "OK", session.span_id)
    ] * 2
    assert [s.usage for s in spans] == [TEXT, TEXT]
    assert traced.all[0].usage == TEXT + TEXT
    for span, event in zip(spans, events, strict=True):
        assert span.outputs == json.loads(event.response.to_json())
        assert span.attributes[semconv.RESPONSE_MODEL] == "gpt-2025"
        assert span.attributes[semconv.RESPONSE_ID] == event.response.id
        assert said(span.attributes[semconv.INPUT_MESSAGES]) == [("user", ["morning"])]
        assert said(span.attributes[semconv.OUTPUT_MESSAGES]) == [("assistant", ["Good morning"])]
        assert span.attributes[semconv.CHUNK_COUNT] == 3
        assert semconv.TIME_TO_FIRST_CHUNK in span.attributes
    assert spans[1].inputs == replies.sockets.sent[1]
    assert spans[1].attributes[semconv.REQUEST_PREFIX + "temperature"] == 0.5


@pytest.mark.parametrize(
    ("model", "error", "message"),
    [("m+fail", "server_error", "It broke."), ("m+deny", "previous_response_not_found", "No such response.")],
)
def test_a_response_that_fails(model: str, error: str, message: str, replies: Program, traced: Any) -> None:
    async def main(connection: Any) -> None:
        await answer(connection, model)
        await answer(connection)

    replies.run(main)

    session, failed, good = traced.spans
    assert (session.status, failed.status, good.status) == ("OK", "ERROR", "OK")
    assert failed.exception.message == message
    assert failed.attributes[semconv.ERROR_TYPE] == error
    assert good.usage == TEXT


def test_a_response_that_is_left(replies: Program, traced: Any) -> None:
    async def main(connection: Any) -> None:
        await settle(connection.response.create(model="m+hold", input="morning"))
        await until(connection, "response.output_text.delta")

    replies.run(main)

    session, left = traced.spans
    assert (session.outcome, left.outcome, left.status) == ("completed", "abandoned", "OK")
    assert said(left.attributes[semconv.OUTPUT_MESSAGES]) == [("assistant", ["Good "])]


def test_a_response_whose_connection_is_lost(replies: Program, traced: Any) -> None:
    async def main(connection: Any) -> None:
        await settle(connection.response.create(model="m+drop", input="morning"))
        await every(connection)

    raised = replies.run(main)

    assert [span.status for span in traced.spans] == ["ERROR", "ERROR"]
    assert {span.exception.message for span in traced.spans} == {str(raised)}


def test_requests_are_answered_in_their_order(replies: Program, traced: Any) -> None:
    async def main(connection: Any) -> None:
        for model in ("a", "b"):
            await settle(connection.response.create(model=model, input="morning"))
        for _ in range(2):
            await until(connection, "response.completed")

    replies.run(main)

    _, *spans = traced.spans
    assert [(s.name, s.attributes[semconv.RESPONSE_MODEL]) for s in spans] == [
        ("chat a", "a-2025"),
        ("chat b", "b-2025"),
    ]


def test_a_request_that_cannot_be_sent(replies: Program, traced: Any) -> None:
    async def main(connection: Any) -> None:
        with pytest.raises(TypeError):
            await settle(connection.send({"type": "response.create", "model": "m", "input": object()}))
        await answer(connection)

    replies.run(main)

    session, unsent, good = traced.spans
    assert (session.status, unsent.status, good.status) == ("OK", "ERROR", "OK")
    assert unsent.exception.type == "TypeError"
    assert good.usage == TEXT


def test_another_event_that_cannot_be_sent(replies: Program, traced: Any) -> None:
    async def main(connection: Any) -> None:
        await settle(connection.response.create(model="gpt", input="morning"))
        with pytest.raises(TypeError):
            await settle(connection.send({"type": "response.steer", "input": object()}))
        await until(connection, "response.completed")

    replies.run(main)
    assert [(s.name, s.status) for s in traced.spans] == [("responses.connect", "OK"), ("chat gpt", "OK")]


def test_a_response_that_nobody_asked_for(replies: Program, traced: Any) -> None:
    async def main(connection: Any) -> None:
        await settle(connection.send({"type": "response.steer", "model": "gpt", "input": "evening"}))
        await until(connection, "response.completed")

    replies.run(main)

    session, span = traced.spans
    assert [event["type"] for event in session.inputs] == ["response.steer"]
    assert (span.name, span.parent_id, span.inputs, span.usage) == ("chat", session.span_id, None, TEXT)


def test_a_request_inside_suppress(replies: Program, traced: Any) -> None:
    async def main(connection: Any) -> None:
        with autolog.suppress():
            await settle(connection.response.create(model="quiet", input="morning"))
        await until(connection, "response.completed")
        await answer(connection)

    replies.run(main)
    assert [span.name for span in traced.spans] == ["responses.connect", "chat gpt"]


def test_requests_that_wait_for_the_connection(replies: Program, traced: Any) -> None:
    async def main() -> None:
        replies.open()
        manager = replies.connect()
        if not hasattr(manager, "send"):
            pytest.skip("this openai sends nothing before it is connected")
        manager.send({"type": "response.create", "model": "early", "input": "morning"})
        async with opened(manager) as connection:
            await until(connection, "response.completed")
        await settle(replies.client.close())

    asyncio.run(main())

    _, span = traced.spans
    assert (span.name, span.usage) == ("chat early", TEXT)
    assert said(span.attributes[semconv.INPUT_MESSAGES]) == [("user", ["morning"])]


def test_a_connection_that_is_made_again(replies: Program, traced: Any) -> None:
    async def main() -> None:
        replies.open()
        try:
            manager = replies.connect(on_reconnecting=lambda event: None, initial_delay=0.001)
        except TypeError:
            pytest.skip("this openai does not reconnect")
        async with opened(manager) as connection:
            await settle(connection.response.create(model="m+drop+once", input="morning"))
            async for event in each(connection):
                if event.type == "server.hello":
                    await settle(connection.response.create(model="late", input="morning"))
                if event.type == "response.completed":
                    break
        await settle(replies.client.close())

    asyncio.run(main())

    session, lost, late = traced.spans
    assert (session.status, session.outcome) == ("OK", "completed")
    assert [event.name for event in session.events] == ["reconnected"]
    assert [event["type"] for event in session.outputs] == ["server.hello"]
    assert lost.status == "ERROR"
    assert (late.status, late.usage) == ("OK", TEXT)


@pytest.mark.skipif(find_spec("openai.lib.responses_websocket") is None, reason="this openai has no lanes")
def test_responses_side_by_side(replies: Program, traced: Any) -> None:
    from openai.lib import responses_websocket as lanes

    limits = lanes.ResponsesWebSocketLimits(
        max_lanes=4, max_events_per_lane=99, max_events=99, max_bytes_per_lane=99_999, max_bytes=99_999
    )
    kind: Any = lanes.AsyncResponsesWebSocketSession if replies.asynchronous else lanes.ResponsesWebSocketSession

    async def main(connection: Any) -> None:
        async with opened(kind(connection, limits=limits)) as session:
            held, free = session.lane("one"), session.lane("two")
            await settle(held.send({"type": "response.create", "model": "a+hold", "input": "morning"}))
            await settle(free.send({"type": "response.create", "model": "b", "input": "evening"}))
            await settle(free.get_final_response())

    assert replies.run(main) is None

    _, held, free = traced.spans
    assert (held.name, held.outcome, free.name, free.usage) == ("chat a+hold", "abandoned", "chat b", TEXT)
    assert said(held.attributes[semconv.OUTPUT_MESSAGES]) == [("assistant", ["Good "])]
    assert said(free.attributes[semconv.OUTPUT_MESSAGES]) == [("assistant", ["Good evening"])]
    assert [span.inputs["input"] for span in (held, free)] == ["morning", "evening"]


def read(*received: Any, sent: tuple[Any, ...] = (), session: Session | None = None) -> Fields:
    """Read a Realtime session of these events, which are messages where they are bytes or texts."""
    session = session or Session("api.openai.com", None, "m", None)
    for event in sent:
        session.sends(event)
    for event in received:
        session.received(event if isinstance(event, (bytes, str)) else json.dumps(event).encode())
    return read_session(Ended(session))


def done(**response: Any) -> dict[str, Any]:
    return {"type": "response.done", "response": {"id": "resp_1", "status": "completed", "usage": USAGE, **response}}


@pytest.mark.parametrize(
    "odd",
    [
        b"",
        b"not json",
        b"[]",
        b"null",
        b"\xff\xfe",
        b"[" * 100_000,
        '{"type": 5, "event_id": []}',
        {"type": "response.done"},
        {"type": "response.done", "response": []},
        {"type": "response.done", "response": {"usage": "x", "output": "y", "status_details": [], "id": 5}},
        {"type": "response.done", "response": {"output": [None, {"content": [None, {"type": "audio"}]}]}},
        {"type": "error"},
        {"type": "error", "error": "words"},
        {"type": "session.created", "session": "x"},
        {"type": "session.created", "session": {"model": 5, "instructions": {}, "tools": "x", "audio": [1]}},
        {"type": TRANSCRIBED},
        {"type": TRANSCRIBED, "transcript": 5, "usage": {"type": "duration", "seconds": 2.5}},
        {"type": "response.output_text.delta", "delta": "a text without a place"},
        {"type": "response.output_item.done", "item": None, "output_index": "x"},
        {"type": "response.output_audio.delta", "delta": 5},
        b'{"type": "response.output_audio.delta", "delta": "AAA',
        {"type": "response.made.up", "response": {"id": None}},
    ],
    ids=repr,
)
def test_odd_messages(odd: Any) -> None:
    fields = read(odd, done())
    assert fields.usage == ONE
    assert read(done(), odd).usage == ONE
    assert read(done(), sent=(odd if isinstance(odd, bytes) else json.dumps(odd),)).usage == ONE


def test_the_type_of_an_event_is_its_own() -> None:
    text = 'He said "type": "response.done" and {"type":"error"}'
    assert look(json.dumps({"type": "response.text.delta", "delta": text})) == ("response.text.delta", None)
    assert look(json.dumps({"delta": text, "type": "response.text.delta"}).encode()) == ("response.text.delta", None)
    large = {"response": {"output": [{"type": "message", "text": "x" * 9_999}], "usage": USAGE}, "stream_id": "one"}
    assert look(json.dumps({**large, "type": "response.completed"})) == ("response.completed", "one")
    assert look(json.dumps({"type": "response.completed", **large})) == ("response.completed", "one")
    assert look({"type": "response.create", "stream_id": "one"}) == ("response.create", "one")
    assert read({**large, "type": "response.done"}).usage == ONE


def test_a_long_session_keeps_its_usage_in_bounded_memory() -> None:
    session = Session("api.openai.com", None, "m", None)
    long = "word " * 300_000
    output = [{"type": "message", "content": [{"type": "text", "text": long}]}]
    for number in range(6):
        session.sends({"type": "conversation.item.create", "item": {"type": "message", "content": long}})
        session.received(json.dumps({"type": "response.text.delta", "delta": long}))
        session.received(json.dumps(done(id=f"resp_{number}", output=output)))

    assert session.weight < 5_000_000
    fields = read(session=session)
    assert fields.usage == autolog.Usage(120, 60, 180, 24, None, None, 30, 42)
    assert [attributes[semconv.RESPONSE_ID] for _, _, attributes in session.events] == [f"resp_{n}" for n in range(6)]
    assert fields.extra[semconv.MESSAGES_LEFT_OUT] == 10


def test_responses_that_were_under_way_side_by_side() -> None:
    events = [
        {"type": "response.text.delta", "response_id": name, "output_index": 0, "content_index": 0, "delta": text}
        for name, text in (("a", "Good "), ("b", "Bad "), ("a", "day"), ("b", "night"))
    ]
    fields = read(*events)
    assert said(fields.output_messages) == [("assistant", ["Good day"]), ("assistant", ["Bad night"])]
    assert fields.usage is None


def test_a_transcription_session_counts_its_transcripts() -> None:
    audio = {"input": {"transcription": {"model": "gpt-4o-transcribe"}}}
    heard = {"type": TRANSCRIBED, "transcript": "Hello?", "usage": HEARD}
    fields = read({"type": "session.created", "session": {"type": "transcription", "audio": audio}}, heard, heard)
    assert fields.usage == autolog.Usage(12, 6, 18)
    assert fields.response_model == "gpt-4o-transcribe"


def test_events_that_are_models_are_kept_as_they_are_sent() -> None:
    class Event(openai.BaseModel):
        type: str
        item: dict[str, Any] | None = None
        event_id: str | None = None

    assert plain(Event(type="x", item={"a": [1]})) == {"type": "x", "item": {"a": [1]}}
    event = {"type": "x", "event_id": openai.NOT_GIVEN, "session": {"voice": openai.NOT_GIVEN, "tools": [{"a": 1}]}}
    assert plain(event) == {"type": "x", "session": {"tools": [{"a": 1}]}}


def test_optional_targets_are_not_missing() -> None:
    patcher = Patcher("test")
    patcher.observe("json:JSONDecoder.absent", optional=True)
    patcher.wrap("json:absent", lambda wrapped, instance, args, kwargs: wrapped(*args, **kwargs), optional=True)
    patcher.observe("json:JSONDecoder.gone")
    patcher.undo()
    assert patcher.missing == ["json:JSONDecoder.gone"]
