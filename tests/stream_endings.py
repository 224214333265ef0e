"""The table of stream endings: each takes a stream some way and leaves it, with what was true at that moment.

An ending takes a client, sync or async, and gives what the program still holds on to, or something to await for it.
"""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import version
from typing import Any

import openai
from call_styles import TOOL, M, chat, raw, streaming
from callers import then
from fake_replies import ANSWER
from packaging.requirements import Requirement
from scenario_kit import drain, quiet, within

import autolog

__all__ = ["ASYNC_ENDINGS", "CHAT", "CHUNKS", "ENDINGS", "Ending", "ask", "close", "respond", "take"]

CHAT = autolog.Usage(9, 5, 14, 2, None, 1, 0, 0)
RESPONSE = autolog.Usage(11, 6, 17, 3, None, 2)
# The first chunk of the fake's answer has no text; then comes a word a chunk, the finish reason, the usage.
CHUNKS = len(ANSWER.split()) + 3
EVENTS = len(ANSWER.split()) + 7


def said(words: int) -> str:
    return " ".join(ANSWER.split()[:words])


@dataclass(frozen=True, kw_only=True)
class Ending:
    """``held``: what the program holds on to keeps the span open. ``span`` is false where there is none to be."""

    name: str
    act: Callable[[Any], Any]
    outcome: str = "completed"
    chunks: int | None = None
    text: str | None = None
    usage: autolog.Usage | None = None
    finish: list[str] | None = None
    raises: type[BaseException] | None = None
    exception: str | None = None
    held: bool = False
    span: bool = True
    requires: str = "openai>=1.66"

    @property
    def supported(self) -> bool:
        return Requirement(self.requires).specifier.contains(version("openai"), prereleases=True)


def ask(client: Any, model: str = "m", **more: Any) -> Any:
    options = {"include_usage": True}
    return client.chat.completions.create(model=model, messages=M, stream=True, stream_options=options, **more)


def respond(client: Any, model: str = "m") -> Any:
    return client.responses.create(model=model, input="hi", stream=True)


def helper(client: Any) -> Any:
    return chat(client).stream(model="m", messages=M, stream_options={"include_usage": True})


def take(stream: Any, count: int) -> Any:
    """Take some items one by one, and give the stream back."""
    if hasattr(stream, "__anext__"):

        async def atake() -> Any:
            for _ in range(count):
                await anext(stream)
            return stream

        return atake()
    for _ in range(count):
        next(stream)
    return stream


def leave_loop(stream: Any, count: int) -> Any:
    """Take some items in a loop that ends early, and give the stream back."""
    if hasattr(stream, "__aiter__"):

        async def aleave() -> Any:
            seen = 0
            async for _ in stream:
                seen += 1
                if seen == count:
                    break
            return stream

        return aleave()
    for seen, _ in enumerate(stream, 1):
        if seen == count:
            break
    return stream


def close(stream: Any) -> Any:
    return then(stream.close(), lambda _: stream) if inspect.iscoroutinefunction(stream.close) else closed(stream)


def closed(stream: Any) -> Any:
    stream.close()
    return stream


def fail(_: Any) -> Any:
    raise ValueError("the program's own mistake")


def dropped(_: Any) -> None:
    """Hold on to nothing."""


def left(count: int, then_do: Callable[[Any], Any] = lambda stream: stream) -> Callable[[Any], Any]:
    return lambda stream: then(leave_loop(stream, count), then_do)


def of(start: Callable[[Any], Any], *steps: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """Make a call, and hand its result from step to step."""

    def act(client: Any) -> Any:
        value = start(client)
        for step in steps:
            value = then(value, step)
        return value

    return act


def parse(response: Any) -> Any:
    return response.parse()


def raw_stream(client: Any, model: str = "m") -> Any:
    return raw(client).create(model=model, messages=M, stream=True, stream_options={"include_usage": True})


def streamed(body: Callable[[Any], Any], model: str = "m") -> Callable[[Any], Any]:
    options: dict[str, Any] = {"stream": True, "stream_options": {"include_usage": True}}
    return lambda c: within(streaming(c).create(model=model, messages=M, **options), body)


def lines_of(response: Any) -> Any:
    return drain(response.iter_lines() if _is_sync(response) else response.aiter_lines())


def _is_sync(response: Any) -> bool:
    return not hasattr(response.stream, "__aiter__")


def read(response: Any) -> Any:
    return response.read() if _is_sync(response) else response.aread()


def run(client: Any) -> Any:
    return quiet(client.beta.threads.runs.create, thread_id="thread_1", assistant_id="asst_1", stream=True)


FULL: dict[str, Any] = {"chunks": CHUNKS, "text": ANSWER, "usage": CHAT, "finish": ["stop"]}
ALL_EVENTS: dict[str, Any] = {"chunks": EVENTS, "text": ANSWER, "usage": RESPONSE}
LEFT: dict[str, Any] = {"outcome": "abandoned", "chunks": 3, "text": said(2)}
UNREAD: dict[str, Any] = {"outcome": "abandoned"}
CUT = "openai.APIConnectionError" if int(version("openai").partition(".")[0]) >= 3 else "httpx.RemoteProtocolError"
BROKEN: dict[str, Any] = {"outcome": "error", "chunks": 3, "text": said(2), "exception": CUT, "raises": Exception}

ENDINGS: list[Ending] = [
    # To the end
    Ending(name="loop to the end", act=of(ask, drain), **FULL),
    Ending(name="loop to the end, stream kept", act=of(ask, lambda s: then(drain(s), lambda _: s)), **FULL),
    Ending(name="next to the end", act=of(ask, lambda s: take(s, CHUNKS), drain), **FULL),
    Ending(name="next past the end", act=of(ask, lambda s: then(drain(s), lambda _: drain(s))), **FULL),
    Ending(name="to the end, then closed", act=of(ask, lambda s: then(drain(s), lambda _: close(s))), **FULL),
    Ending(name="to the end in with", act=of(ask, lambda s: within(s, drain)), **FULL),
    Ending(name="all chunks, not the end, closed", act=of(ask, left(CHUNKS, close)), **{**FULL, "outcome": "abandoned"}),
    Ending(name="without usage", act=of(lambda c: ask(c, "m+nousage"), drain), **{**FULL, "chunks": CHUNKS - 1, "usage": None}),
    Ending(name="cut short by length", act=of(lambda c: ask(c, "m+length"), drain), **{**FULL, "finish": ["length"]}),
    Ending(name="gzip", act=of(lambda c: ask(c, "m+gzip"), drain), **FULL),
    # Left early
    Ending(name="break, kept", act=of(ask, left(3)), held=True, **LEFT),
    Ending(name="break, dropped", act=of(ask, left(3, dropped)), **LEFT),
    Ending(name="break, closed", act=of(ask, left(3, close)), **LEFT),
    Ending(name="break, closed twice", act=of(ask, left(3, close), close), **LEFT),
    Ending(name="break in with", act=of(ask, lambda s: within(s, left(3))), **LEFT),
    Ending(name="break, response closed", act=of(ask, left(3, lambda s: then(_close_response(s), lambda _: s))), **LEFT),
    Ending(name="one by one, kept", act=of(ask, lambda s: take(s, 3)), held=True, **LEFT),
    Ending(name="consumer raises", act=of(ask, left(3, fail)), raises=ValueError, **LEFT),
    Ending(name="consumer raises in with", act=of(ask, lambda s: within(s, left(3, fail))), raises=ValueError, **LEFT),
    Ending(name="tool call left early", act=of(lambda c: ask(c, tools=[TOOL]), left(2, close)), outcome="abandoned", chunks=2),
    # Never read
    Ending(name="never read, kept", act=of(ask), held=True, **UNREAD),
    Ending(name="never read, dropped", act=of(ask, dropped), **UNREAD),
    Ending(name="never read, closed", act=of(ask, close), **UNREAD),
    Ending(name="never read in with", act=of(ask, lambda s: within(s, dropped)), **UNREAD),
    # Broken
    Ending(name="connection cut", act=of(lambda c: ask(c, "drop"), drain), **BROKEN),
    Ending(name="error event", act=of(lambda c: ask(c, "sse-error"), drain),
           **{**BROKEN, "exception": "openai.APIError", "raises": openai.APIError}),
    Ending(name="status 400", act=of(lambda c: ask(c, "err400"), drain), outcome="error",
           exception="openai.BadRequestError", raises=openai.BadRequestError),
    # The helper
    Ending(name=".stream() to the end", act=lambda c: within(helper(c), drain), **FULL),
    Ending(name=".stream() final completion", act=lambda c: within(helper(c), lambda s: s.get_final_completion()), **FULL),
    Ending(name=".stream() left early", act=lambda c: within(helper(c), lambda s: then(leave_loop(s, 1), dropped)),
           outcome="abandoned", chunks=1, text=""),
    Ending(name=".stream() not read", act=lambda c: within(helper(c), dropped), **UNREAD),
    # Raw and streaming responses
    Ending(name="raw to the end", act=of(raw_stream, parse, drain), **FULL),
    Ending(name="raw, parsed twice", act=of(raw_stream, lambda r: [parse(r), parse(r)][0], drain), **FULL),
    Ending(name="raw, left early, kept", act=of(raw_stream, parse, left(3)), held=True, **LEFT),
    Ending(name="raw, left early, dropped", act=of(raw_stream, parse, left(3, dropped)), **LEFT),
    Ending(name="raw, left early, closed", act=of(raw_stream, parse, left(3, close)), **LEFT),
    Ending(name="raw, never parsed, kept", act=of(raw_stream), held=True, **UNREAD),
    Ending(name="raw, never parsed, dropped", act=of(raw_stream, dropped), **UNREAD),
    Ending(name="raw, connection cut", act=of(lambda c: raw_stream(c, "drop"), parse, drain), **BROKEN),
    Ending(name="raw, error event", act=of(lambda c: raw_stream(c, "sse-error"), parse, drain),
           **{**BROKEN, "exception": "openai.APIError", "raises": openai.APIError}),
    Ending(name="streamed response to the end", act=streamed(lambda r: then(r.parse(), drain)), **FULL),
    Ending(name="streamed response left early", act=streamed(lambda r: then(r.parse(), left(3))), **LEFT),
    Ending(name="streamed response, cut", act=streamed(lambda r: then(r.parse(), drain), "drop"), **BROKEN),
    Ending(name="streamed response, not parsed", act=streamed(dropped), **UNREAD),
    Ending(name="streamed response, lines", act=streamed(lambda r: drain(r.iter_lines())), **FULL),
    Ending(name="streamed response, read", act=streamed(lambda r: r.read()), **FULL),
    # Past the stream object
    Ending(name="lines of stream.response", act=of(ask, lambda s: lines_of(s.response)), **FULL),
    Ending(name="read of stream.response", act=of(ask, lambda s: then(read(s.response), lambda _: s)),
           **FULL),
    # Other endpoints
    Ending(name="responses to the end", act=of(respond, drain), **ALL_EVENTS),
    Ending(name="responses left early", act=of(respond, left(5, close)), outcome="abandoned", chunks=5, text=said(2)),
    Ending(name="responses left early, dropped", act=of(respond, left(5, dropped)), outcome="abandoned", chunks=5, text=said(2)),
    Ending(name="responses cut", act=of(lambda c: respond(c, "drop"), drain), **{**BROKEN, "text": ""}),
    Ending(name="responses.stream() left early", act=lambda c: within(
        c.responses.stream(model="m", input="hi"), lambda s: then(leave_loop(s, 1), dropped)), outcome="abandoned", chunks=1),
    Ending(name="completions to the end", text="Hello", chunks=2, finish=["stop"],
           act=of(lambda c: c.completions.create(model="m", prompt="hi", stream=True), drain)),
    Ending(name="completions left early", text="Hel", chunks=1, outcome="abandoned",
           act=of(lambda c: c.completions.create(model="m", prompt="hi", stream=True), left(1, close))),
    Ending(name="run left early", act=of(run, left(1, close)), outcome="abandoned", chunks=1),
    Ending(name="image left early", outcome="abandoned", chunks=1, requires="openai>=1.109",
           act=of(lambda c: c.images.generate(model="i", prompt="cat", stream=True), left(1, close))),
    Ending(name="speech, streamed, left early", outcome="abandoned", act=lambda c: within(
        c.audio.speech.with_streaming_response.create(model="t", voice="alloy", input="x"), dropped)),
]  # fmt: skip


def _close_response(stream: Any) -> Any:
    return stream.response.close() if _is_sync(stream.response) else stream.response.aclose()


async def cancel_when_waiting(api_call: Any) -> None:
    """Cancel a task that waits for the server."""
    task = asyncio.ensure_future(api_call)
    while not task.done():
        await asyncio.sleep(0.05)
        task.cancel()
    await task


async def time_out(awaitable: Any) -> None:
    await asyncio.wait_for(awaitable, 0.1)


async def read_all(client: Any, model: str) -> None:
    async for _ in await ask(client, model):
        pass


async def close_elsewhere(client: Any) -> Any:
    stream = await leave_loop(await ask(client), 3)
    await asyncio.create_task(stream.close())
    return stream


CANCELLED: dict[str, Any] = {"outcome": "cancelled", "exception": "asyncio.exceptions.CancelledError"}
ASYNC_ENDINGS: list[Ending] = [
    Ending(name="task cancelled in the stream", act=lambda c: cancel_when_waiting(read_all(c, "hang")),
           raises=asyncio.CancelledError, chunks=3, text=said(2), **CANCELLED),
    Ending(name="task cancelled in the call", raises=asyncio.CancelledError, **CANCELLED,
           act=lambda c: cancel_when_waiting(c.chat.completions.create(model="hang", messages=M))),
    Ending(name="timed out in the stream", act=lambda c: time_out(read_all(c, "hang")), raises=TimeoutError,
           chunks=3, text=said(2), **CANCELLED),
    Ending(name="timed out in the call", raises=TimeoutError, **CANCELLED,
           act=lambda c: time_out(c.chat.completions.create(model="hang", messages=M))),
    Ending(name="closed by another task", act=close_elsewhere, **LEFT),
    Ending(name="read by another task", act=of(ask, lambda s: asyncio.ensure_future(drain(s))), **FULL),
]  # fmt: skip
