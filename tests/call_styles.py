"""The table of call styles: each is one way of calling the client, with what the wire says of it.

A style takes a client, sync or async, and gives the result or something to await for it.
"""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import version
from typing import Any

import openai
from call_clients import aiohttp, azure, impatient, module_client, overriding, refused
from callers import Caller, then
from packaging.requirements import Requirement
from pydantic import BaseModel
from scenario_kit import consume, drain, quiet, within

import autolog

__all__ = ["STYLES", "Style"]

CHAT = autolog.Usage(9, 5, 14, 2, None, 1, 0, 0)
RESPONSE = autolog.Usage(11, 6, 17, 3, None, 2)
EMBEDDING = autolog.Usage(4, None, 4)
IMAGE = autolog.Usage(3, 4, 7)
SPEECH = autolog.Usage(3, 1, 4)
RUN = autolog.Usage(7, 3, 10)

M: list[Any] = [{"role": "user", "content": "hi"}]
HI: dict[str, Any] = {"model": "m", "messages": M}
WITH_USAGE: dict[str, Any] = {**HI, "stream": True, "stream_options": {"include_usage": True}}
SPEAK: dict[str, Any] = {"model": "tts", "voice": "alloy", "input": "hi"}
TOOL: dict[str, Any] = {
    "type": "function",
    "function": {"name": "look_up", "parameters": {"type": "object", "properties": {"word": {"type": "string"}}}},
}


class Event(BaseModel):
    name: str
    n: int


@dataclass(frozen=True, kw_only=True)
class Style:
    """``usage`` is what the wire said, ``spans`` how many calls it takes, ``error`` the exception that is raised."""

    name: str
    call: Callable[[Any], Any]
    usage: autolog.Usage | None = None
    spans: int = 1
    error: type[Exception] | None = None
    failed: bool = False
    requires: str = "openai>=1.66"
    client: Callable[[Caller], Any] = Caller.client
    only: str | None = None

    @property
    def supported(self) -> bool:
        return Requirement(self.requires).specifier.contains(version("openai"), prereleases=True)


def watched(stream: Any) -> Any:
    """The stream's own look while it is open, and all of its chunks."""
    return then(drain(stream), lambda chunks: [stream, chunks])


def chat(client: Any) -> Any:
    """Where ``parse`` and ``stream`` are: under ``beta`` before openai 1.92."""
    return client.chat.completions if hasattr(client.chat.completions, "parse") else client.beta.chat.completions


def raw(client: Any) -> Any:
    return client.chat.completions.with_raw_response


def streaming(client: Any) -> Any:
    return client.chat.completions.with_streaming_response


def parsed(response: Any) -> Any:
    return then(response.parse(), lambda value: [response, value])


def post(client: Any, path: str, **options: Any) -> Any:
    return client.post(path, cast_to=object, **options)


def pieces(client: Any) -> Any:
    parts = [b'{"raw": ', b'"bytes"}']

    async def apieces() -> Any:
        for part in parts:
            yield part

    return apieces() if isinstance(client, openai.AsyncOpenAI) else iter(parts)


def create(**changes: Any) -> Callable[[Any], Any]:
    return lambda c: c.chat.completions.create(**{**HI, **changes})


def patiently(client: Any) -> Any:
    return client.with_options(max_retries=2).chat.completions


def messages_of_all_kinds(client: Any) -> Any:
    from openai.types.chat import ChatCompletionMessage

    said = ChatCompletionMessage(role="assistant", content="before")
    return client.chat.completions.create(
        model="m", messages=(m for m in [*M, said, {"role": "user", "content": "again"}])
    )


def save(response: Any) -> Any:
    """Read a binary response in pieces, as ``stream_to_file`` does."""
    if hasattr(response.iter_bytes(1), "__aiter__"):

        async def collect() -> bytes:
            return b"".join([part async for part in response.iter_bytes(64)])

        return collect()
    return b"".join(response.iter_bytes(64))


def poll(client: Any) -> Any:
    runs = client.beta.threads.runs
    return quiet(runs.create_and_poll, thread_id="thread_1", assistant_id="asst_1", poll_interval_ms=1)


def run_stream(client: Any) -> Any:
    return consume(quiet(client.beta.threads.runs.stream, thread_id="thread_1", assistant_id="asst_1"), "get_final_run")


def styles(*rows: tuple[str, Callable[[Any], Any], autolog.Usage | None], **same: Any) -> list[Style]:
    return [Style(name=name, call=call, usage=usage, **same) for name, call, usage in rows]


RESPONSES: dict[str, Any] = {"model": "m", "input": "hi"}
PARTS = ({"type": "input_text", "text": "x"},)
AUDIO_FILE = ("a.wav", b"RIFFdata", "audio/wav")

STYLES: list[Style] = [
    *styles(
        ("create", create(), CHAT),
        ("create without usage", create(model="m+nousage"), None),
        ("create with tools", create(tools=[TOOL]), CHAT),
        ("create with iterators", lambda c: create(messages=iter(M), tools=iter([TOOL]))(c), CHAT),
        ("messages of all kinds", messages_of_all_kinds, CHAT),
        ("gzip", create(model="m+gzip"), CHAT),
        ("extra body, headers and query",
         create(extra_body={"top_k": 4}, extra_headers={"X-Mine": "1"}, extra_query={"q": "1"}, timeout=30), CHAT),
        ("with_options", lambda c: c.with_options(timeout=5).chat.completions.create(**HI), CHAT),
        ("retried after 500", lambda c: patiently(c).create(model="err500once", messages=M), CHAT),
        ("retried after 429", lambda c: patiently(c).create(model="err429once", messages=M), CHAT),
        ("stream", lambda c: then(c.chat.completions.create(**WITH_USAGE), watched), CHAT),
        ("stream that does not ask for usage", lambda c: then(create(stream=True)(c), watched), None),
        ("stream of tool calls", lambda c: then(create(**{**WITH_USAGE, "tools": [TOOL]})(c), watched), CHAT),
        ("gzip stream", lambda c: then(create(**{**WITH_USAGE, "model": "m+gzip"})(c), watched), CHAT),
        ("retried stream",
         lambda c: then(patiently(c).create(**{**WITH_USAGE, "model": "err500once"}), watched), CHAT),
        ("parse", lambda c: chat(c).parse(**HI, response_format=Event), CHAT),
        (".stream()", lambda c: consume(chat(c).stream(**HI, stream_options={"include_usage": True}),
                                        "get_final_completion"), CHAT),
        ("raw", lambda c: then(raw(c).create(**HI), parsed), CHAT),
        ("raw, not parsed", lambda c: raw(c).create(**HI), CHAT),
        ("raw stream", lambda c: then(raw(c).create(**WITH_USAGE), lambda r: then(r.parse(), watched)), CHAT),
        ("raw parse", lambda c: then(chat(c).with_raw_response.parse(**HI, response_format=Event), parsed), CHAT),
        ("streaming response, parsed", lambda c: within(streaming(c).create(**HI), parsed), CHAT),
        ("streaming response, read", lambda c: within(streaming(c).create(**HI), lambda r: r.read()), CHAT),
        ("streaming response, json", lambda c: within(streaming(c).create(**HI), lambda r: r.json()), CHAT),
        ("streaming response, lines", lambda c: within(streaming(c).create(**HI), lambda r: drain(r.iter_lines())), CHAT),
        ("streamed response, parsed",
         lambda c: within(streaming(c).create(**WITH_USAGE), lambda r: then(r.parse(), watched)), CHAT),
        ("streamed response, lines",
         lambda c: within(streaming(c).create(**WITH_USAGE), lambda r: drain(r.iter_lines())), CHAT),
        ("client.post", lambda c: post(c, "/chat/completions", body=HI), CHAT),
        ("client.post to a path of one's own", lambda c: post(c, "/echo", body={"x": 1}), None),
        ("client.post, streamed",
         lambda c: then(post(c, "/chat/completions", body=WITH_USAGE, stream=True,
                             stream_cls=(openai.AsyncStream if isinstance(c, openai.AsyncOpenAI) else openai.Stream)[object]),
                        watched), CHAT),
        ("client.get", lambda c: c.get("/models/fake", cast_to=object), None),
        ("completions", lambda c: c.completions.create(model="m", prompt="hi"), CHAT),
        ("completions, streamed", lambda c: then(c.completions.create(model="m", prompt="hi", stream=True), watched), None),
        ("embeddings", lambda c: c.embeddings.create(model="e", input="x"), EMBEDDING),
        ("embeddings of many, as floats",
         lambda c: c.embeddings.create(model="e", input=["x", "y"], encoding_format="float"), EMBEDDING),
        ("raw embeddings", lambda c: then(c.embeddings.with_raw_response.create(model="e", input="x"), parsed), EMBEDDING),
        ("speech", lambda c: c.audio.speech.create(**SPEAK), None),
        ("speech, streamed", lambda c: within(c.audio.speech.with_streaming_response.create(**SPEAK), save), None),
        ("transcription", lambda c: c.audio.transcriptions.create(model="w", file=AUDIO_FILE), SPEECH),
        ("transcription of a file object",
         lambda c: c.audio.transcriptions.create(model="w", file=("a.wav", io.BytesIO(b"RIFF"))), SPEECH),
        ("translation", lambda c: c.audio.translations.create(model="w", file=AUDIO_FILE), None),
        ("image", lambda c: c.images.generate(model="i", prompt="cat"), IMAGE),
        ("image edit", lambda c: c.images.edit(model="i", prompt="cat", image=("a.png", b"png", "image/png")), IMAGE),
        ("moderation", lambda c: c.moderations.create(input="x"), None),
        ("models", lambda c: drain(c.models.list()), None),
        ("model", lambda c: c.models.retrieve("fake"), None),
        ("stored completions", lambda c: drain(c.chat.completions.list()), None),
        ("responses", lambda c: c.responses.create(**RESPONSES), RESPONSE),
        ("responses, input from a generator",
         lambda c: c.responses.create(model="m", input=[{"role": "user", "content": iter(PARTS)}]), RESPONSE),
        ("responses, streamed", lambda c: then(c.responses.create(**RESPONSES, stream=True), watched), RESPONSE),
        ("responses.parse", lambda c: c.responses.parse(**RESPONSES, text_format=Event), RESPONSE),
        ("responses.stream()", lambda c: consume(c.responses.stream(**RESPONSES), "get_final_response"), RESPONSE),
        ("responses.retrieve", lambda c: c.responses.retrieve("resp_1"), RESPONSE),
        ("responses.delete", lambda c: c.responses.delete("resp_1"), None),
        ("responses.input_items", lambda c: drain(c.responses.input_items.list("resp_1")), None),
        ("raw responses", lambda c: then(c.responses.with_raw_response.create(**RESPONSES), parsed), RESPONSE),
        ("streaming response of responses",
         lambda c: within(c.responses.with_streaming_response.create(**RESPONSES), parsed), RESPONSE),
        ("vector store", lambda c: c.vector_stores.create(name="v"), None),
        ("vector store search", lambda c: drain(c.vector_stores.search("vs_1", query="q")), None),
        ("thread", lambda c: quiet(c.beta.threads.create), None),
        ("run", lambda c: quiet(c.beta.threads.runs.create, thread_id="thread_1", assistant_id="asst_1"), RUN),
        ("run of a new thread", lambda c: quiet(c.beta.threads.create_and_run, assistant_id="asst_1"), RUN),
        ("run, streamed", run_stream, RUN),
        ("batch", lambda c: c.batches.create(input_file_id="file_1", endpoint="/v1/chat/completions",
                                             completion_window="24h"), None),
        ("batch, retrieved", lambda c: c.batches.retrieve("batch_1"), None),
        ("file", lambda c: c.files.create(file=("a.txt", b"abc"), purpose="assistants"), None),
        ("file content", lambda c: c.files.content("file_1"), None),
    ),
    *styles(
        ("responses.retrieve, streamed", lambda c: then(c.responses.retrieve("resp_1", stream=True), watched), RESPONSE),
        ("responses.stream(response_id)",
         lambda c: consume(c.responses.stream(response_id="resp_1"), "get_final_response"), RESPONSE),
        ("responses.cancel", lambda c: c.responses.cancel("resp_1"), None),
        ("conversation", lambda c: c.conversations.create(), None),
        ("image, streamed", lambda c: then(c.images.generate(model="i", prompt="cat", stream=True), watched), IMAGE),
        ("transcription, streamed",
         lambda c: then(c.audio.transcriptions.create(model="w", file=AUDIO_FILE, stream=True), watched), SPEECH),
        requires="openai>=1.109",
    ),
    *styles(
        ("responses.compact", lambda c: c.responses.compact(model="m", input="hi"), RESPONSE),
        ("responses.input_tokens", lambda c: c.responses.input_tokens.count(model="m", input="hi"), None),
        ("client.post of bytes", lambda c: post(c, "/echo", content=b'{"raw": "bytes"}'), None),
        ("client.post of a generator", lambda c: post(c, "/echo", content=pieces(c)), None),
        requires="openai>=2.54",
    ),
    *styles(
        ("two pages", lambda c: drain(c.files.list()), None),
        spans=2,
    ),
    *styles(("run, polled", poll, RUN), spans=2),
    *styles(("azure", create(), CHAT), ("azure, streamed", lambda c: then(create(**WITH_USAGE)(c), watched), CHAT),
            client=azure),
    *styles(("request overridden", create(), CHAT), client=overriding),
    *styles(("aiohttp", create(), CHAT), ("aiohttp, streamed", lambda c: then(create(**WITH_USAGE)(c), watched), CHAT),
            client=aiohttp, only="async", requires="openai>=3"),
    *styles(("module client", create(), CHAT), ("module client, embeddings",
            lambda c: c.embeddings.create(model="e", input="x"), EMBEDDING), client=module_client, only="sync"),
    *(
        Style(name=f"status {status}", call=create(model=f"err{status}"), error=error)
        for status, error in (
            (400, openai.BadRequestError),
            (401, openai.AuthenticationError),
            (404, openai.NotFoundError),
            (429, openai.RateLimitError),
            (500, openai.InternalServerError),
        )
    ),
    Style(name="status 400 to a stream", call=create(model="err400", stream=True), error=openai.BadRequestError),
    Style(name="status 400, raw", call=lambda c: raw(c).create(model="err400", messages=M), error=openai.BadRequestError),
    Style(name="status 400, streaming response", error=openai.BadRequestError,
          call=lambda c: within(streaming(c).create(model="err400", messages=M), parsed)),
    Style(name="retries that do not help", error=openai.InternalServerError,
          call=lambda c: patiently(c).create(model="err500", messages=M)),
    Style(name="time-out", call=create(model="hang"), error=openai.APITimeoutError, client=impatient),
    Style(name="nobody there", call=create(), error=openai.APIConnectionError, client=refused),
    Style(name="parse, cut short", error=openai.LengthFinishReasonError, usage=CHAT,
          call=lambda c: chat(c).parse(model="m+length", messages=M, response_format=Event)),
    Style(name="responses that fail in the stream", failed=True,
          call=lambda c: then(c.responses.create(model="failed", input="hi", stream=True), watched)),
    *styles(*((f"a body of {odd}", create(model=f"odd-{odd}"), None) for odd in ("html", "list", "null"))),
    *(Style(name=f"a body of {odd}", call=create(model=f"odd-{odd}"), error=ValueError) for odd in ("json", "empty")),
]  # fmt: skip
