"""WebSocket sessions: one span each, the tokens of the wire, every way of ending, nothing of the program's changed."""

from __future__ import annotations

import asyncio
import gc
import inspect
import json
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from importlib.util import find_spec
from typing import Any

import openai
import pytest
from callers import API_KEY
from fake_sockets import AUDIO, AUDIO_SIZE, HEARD, USAGE, FakeSockets

import autolog
from autolog import semconv
from autolog._tracing.context import current_span

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
    modules = {"realtime": "openai.resources.realtime", "beta.realtime": "openai.resources.beta.realtime"}
    if api in modules:
        if find_spec(modules[api]) is None:
            pytest.skip(f"this openai has no client.{api}")
    elif not hasattr(openai.resources.responses.Responses, "connect"):
        pytest.skip("this openai has no client.responses.connect")
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
    modules = [
        m for n, m in sys.modules.items() if n.startswith(("openai.resources.", "openai.lib.", "openai._websock"))
    ]
    return {
        f"{kind.__module__}.{name}": dict(vars(kind))
        for module in modules
        for name, kind in vars(module).items()
        if isinstance(kind, type) and kind.__module__ == module.__name__
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
            await again(connection)
        await settle(replies.client.close())

    async def again(connection: Any) -> None:
        asked = False
        async for event in each(connection):
            if event.type == "response.completed":
                return
            if not asked:
                asked = True
                await settle(connection.response.create(model="late", input="morning"))

    asyncio.run(main())

    session, lost, late = traced.spans
    assert (session.status, session.outcome) == ("OK", "completed")
    assert [event.name for event in session.events] == ["reconnected"]
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
            both = [session.lane(name) for name in ("one", "two")]
            for lane, model in zip(both, ("a", "b"), strict=True):
                await settle(lane.send({"type": "response.create", "model": model, "input": "morning"}))
            for lane in reversed(both):
                await settle(lane.get_final_response())

    assert replies.run(main) is None

    _, *spans = traced.spans
    assert [(s.name, s.attributes[semconv.RESPONSE_MODEL]) for s in spans] == [
        ("chat a", "a-2025"),
        ("chat b", "b-2025"),
    ]
    assert [s.usage for s in spans] == [TEXT, TEXT]
    assert [s.inputs["input"] for s in spans] == ["morning", "morning"]
