"""What the fake API says: the body of every reply, as OpenAI's API reference has it, made from the request alone."""

from __future__ import annotations

import base64
import json
import struct
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

__all__ = ["ANSWER", "AUDIO", "Asked", "Binary", "Events", "Json", "Reply"]

CREATED = 1_700_000_000
ANSWER = "Hello world from the fake API"
AUDIO = b"ID3\x00\xff\xfbfake-mp3\x80\x81" * 64
IMAGE = base64.b64encode(b"\x89PNG\r\n\x1a\nfake").decode()

CHAT_USAGE: dict[str, Any] = {
    "prompt_tokens": 9,
    "completion_tokens": 5,
    "total_tokens": 14,
    "prompt_tokens_details": {"cached_tokens": 2, "audio_tokens": 0},
    "completion_tokens_details": {"reasoning_tokens": 1, "audio_tokens": 0},
}
RESPONSE_USAGE: dict[str, Any] = {
    "input_tokens": 11,
    "input_tokens_details": {"cached_tokens": 3},
    "output_tokens": 6,
    "output_tokens_details": {"reasoning_tokens": 2},
    "total_tokens": 17,
}
IMAGE_USAGE: dict[str, Any] = {
    "input_tokens": 3,
    "output_tokens": 4,
    "total_tokens": 7,
    "input_tokens_details": {"text_tokens": 3, "image_tokens": 0},
}
SPEECH_USAGE: dict[str, Any] = {"type": "tokens", "input_tokens": 3, "output_tokens": 1, "total_tokens": 4}
RUN_USAGE: dict[str, Any] = {"prompt_tokens": 7, "completion_tokens": 3, "total_tokens": 10}


@dataclass(frozen=True, slots=True)
class Asked:
    """A request as the replies see it. ``words`` are the model's name, split at ``+``: they choose odd behaviour."""

    method: str
    path: str
    query: str
    body: Mapping[str, Any]
    digest: str
    words: frozenset[str]

    @property
    def model(self) -> str:
        return str(self.body.get("model") or "fake")

    def usage(self, counts: dict[str, Any]) -> dict[str, Any] | None:
        return None if "nousage" in self.words else counts


@dataclass(frozen=True, slots=True)
class Json:
    body: Any
    status: int = 200


@dataclass(frozen=True, slots=True)
class Binary:
    body: bytes
    content_type: str = "application/octet-stream"


@dataclass(frozen=True, slots=True)
class Events:
    """Server-sent events; ``named`` ones have an ``event:`` line and no ``[DONE]`` at the end."""

    events: list[Any]
    named: bool = False


Reply = Json | Binary | Events


def example(schema: Mapping[str, Any], name: str = "value") -> Any:
    """The smallest value that fits a JSON schema."""
    kind = schema.get("type")
    if kind == "object":
        return {key: example(value, key) for key, value in schema.get("properties", {}).items()}
    if kind in ("integer", "number"):
        return 7
    return f"a {name}"


def chat_answer(asked: Asked) -> dict[str, Any]:
    tools = list(asked.body.get("tools") or ())
    if tools and not any(m.get("role") == "tool" for m in asked.body.get("messages", ())):
        function = tools[0]["function"]
        call = {"name": function["name"], "arguments": json.dumps(example(function.get("parameters") or {}))}
        return {
            "role": "assistant",
            "content": None,
            "tool_calls": [{"id": "call_1", "type": "function", "function": call}],
        }
    form = asked.body.get("response_format") or {}
    schema = form.get("json_schema", {}).get("schema")
    return {"role": "assistant", "content": json.dumps(example(schema)) if schema else ANSWER, "refusal": None}


def chat(asked: Asked) -> Reply:
    message = chat_answer(asked)
    finish = "length" if "length" in asked.words else "tool_calls" if message.get("tool_calls") else "stop"
    head = {
        "id": f"chatcmpl-{asked.digest}",
        "created": CREATED,
        "model": f"{asked.model}-2024",
        "system_fingerprint": "fp",
    }
    if not asked.body.get("stream"):
        choice = {"index": 0, "message": message, "logprobs": None, "finish_reason": finish}
        usage = asked.usage(CHAT_USAGE)
        return Json({**head, "object": "chat.completion", "choices": [choice], **({"usage": usage} if usage else {})})

    def chunk(choices: list[Any], **more: Any) -> dict[str, Any]:
        return {**head, "object": "chat.completion.chunk", "choices": choices, **more}

    def delta(change: dict[str, Any], finish: str | None = None) -> dict[str, Any]:
        return chunk([{"index": 0, "delta": change, "logprobs": None, "finish_reason": finish}])

    events = [delta(change) for change in deltas(message)] + [delta({}, finish)]
    usage = asked.usage(CHAT_USAGE)
    if usage and (asked.body.get("stream_options") or {}).get("include_usage"):
        events.append(chunk([], usage=usage))
    return Events(events)


def deltas(message: dict[str, Any]) -> Iterator[dict[str, Any]]:
    if message.get("tool_calls"):
        (call,) = message["tool_calls"]
        function, half = call["function"], len(call["function"]["arguments"]) // 2
        start = {**call, "index": 0, "function": {"name": function["name"], "arguments": ""}}
        yield {"role": "assistant", "content": None, "tool_calls": [start]}
        for part in (function["arguments"][:half], function["arguments"][half:]):
            yield {"tool_calls": [{"index": 0, "function": {"arguments": part}}]}
        return
    yield {"role": "assistant", "content": "", "refusal": None}
    for n, word in enumerate(message["content"].split(" ")):
        yield {"content": f" {word}" if n else word}


def completion(asked: Asked) -> Reply:
    def body(text: str, finish: str | None, **more: Any) -> dict[str, Any]:
        choice = {"index": 0, "text": text, "logprobs": None, "finish_reason": finish}
        return {"id": f"cmpl-{asked.digest}", "object": "text_completion", "created": CREATED, "model": asked.model,
                "choices": [choice], **more}  # fmt: skip

    if asked.body.get("stream"):
        return Events([body("Hel", None), body("lo", "stop")])
    return Json(body("Hello", "stop", usage=CHAT_USAGE))


def response_object(asked: Asked, *, status: str = "completed", **more: Any) -> dict[str, Any]:
    form = (asked.body.get("text") or {}).get("format") or {}
    text = json.dumps(example(form["schema"])) if form.get("type") == "json_schema" else ANSWER
    part = {"type": "output_text", "text": text, "annotations": [], "logprobs": []}
    message = {"type": "message", "id": "msg_1", "status": "completed", "role": "assistant", "content": [part]}
    done = status == "completed"
    return {"id": f"resp_{asked.digest}", "object": "response", "created_at": CREATED, "status": status, "error": None,
            "incomplete_details": None, "instructions": None, "model": f"{asked.model}-2024",
            "output": [message] if done else [], "parallel_tool_calls": True, "tool_choice": "auto", "tools": [],
            "temperature": 1.0, "top_p": 1.0, "metadata": {}, "text": {"format": {"type": "text"}},
            "usage": asked.usage(RESPONSE_USAGE) if done else None, **more}  # fmt: skip


def response(asked: Asked) -> Reply:
    if not (asked.body.get("stream") or "stream=true" in asked.query):
        return Json(response_object(asked))
    done = response_object(asked)
    begun = response_object(asked, status="in_progress")
    (item,) = done["output"]
    (part,) = item["content"]
    at: dict[str, Any] = {"item_id": "msg_1", "output_index": 0, "content_index": 0}
    events: list[dict[str, Any]] = [
        {"type": "response.created", "response": begun},
        {
            "type": "response.output_item.added",
            "output_index": 0,
            "item": {**item, "status": "in_progress", "content": []},
        },
        {"type": "response.content_part.added", **at, "part": {**part, "text": ""}},
    ]
    for n, word in enumerate(part["text"].split(" ")):
        events.append({"type": "response.output_text.delta", **at, "delta": f" {word}" if n else word, "logprobs": []})
    events += [
        {"type": "response.output_text.done", **at, "text": part["text"], "logprobs": []},
        {"type": "response.content_part.done", **at, "part": part},
        {"type": "response.output_item.done", "output_index": 0, "item": item},
    ]
    if "failed" in asked.words:
        error = {"code": "server_error", "message": "the fake model failed"}
        events.append({"type": "response.failed", "response": response_object(asked, status="failed", error=error)})
    else:
        events.append({"type": "response.completed", "response": done})
    return Events([{**event, "sequence_number": n} for n, event in enumerate(events)], named=True)


def embeddings(asked: Asked) -> Reply:
    given = asked.body["input"]
    texts = given if isinstance(given, list) else [given]
    vector = [0.25, -0.5, 0.125, 1.0]
    packed: Any = base64.b64encode(struct.pack("<4f", *vector)).decode()
    data = [
        {
            "object": "embedding",
            "index": n,
            "embedding": packed if asked.body.get("encoding_format") == "base64" else vector,
        }
        for n, _ in enumerate(texts)
    ]
    usage = {"prompt_tokens": 4, "total_tokens": 4}
    return Json({"object": "list", "model": asked.model, "data": data, "usage": usage})


def image(asked: Asked) -> Reply:
    look = {
        "size": "1024x1024",
        "quality": "low",
        "background": "opaque",
        "output_format": "png",
        "created_at": CREATED,
    }
    kind = "image_generation"
    if asked.body.get("stream"):
        partial = {"type": f"{kind}.partial_image", "b64_json": IMAGE, "partial_image_index": 0, **look}
        return Events(
            [partial, {"type": f"{kind}.completed", "b64_json": IMAGE, **look, "usage": IMAGE_USAGE}], named=True
        )
    return Json({"created": CREATED, "data": [{"b64_json": IMAGE}], "usage": IMAGE_USAGE})


def transcription(asked: Asked) -> Reply:
    if asked.body.get("stream") == "true":
        delta = {"type": "transcript.text.delta", "delta": "hello"}
        return Events([delta, {"type": "transcript.text.done", "text": "hello", "usage": SPEECH_USAGE}], named=True)
    return Json({"text": "hello", "usage": SPEECH_USAGE})


def run(asked: Asked) -> Reply:
    made: dict[str, Any] = {"id": "run_1", "object": "thread.run", "created_at": CREATED, "assistant_id": "asst_1",
            "thread_id": "thread_1", "status": "completed", "model": "fake", "instructions": "", "tools": [],
            "metadata": {}, "usage": RUN_USAGE, "parallel_tool_calls": True}  # fmt: skip
    if asked.body.get("stream"):
        return Events(
            [("thread.run.created", {**made, "status": "queued", "usage": None}), ("thread.run.completed", made)]
        )
    return Json(made)


def listed(*items: Any, **more: Any) -> Json:
    return Json({"object": "list", "data": list(items), "has_more": False, "first_id": None, "last_id": None, **more})


def files(asked: Asked) -> Reply:
    def file(n: int) -> dict[str, Any]:
        return {"id": f"file_{n}", "object": "file", "bytes": 3, "created_at": CREATED, "filename": "a.txt",
                "purpose": "assistants", "status": "processed"}  # fmt: skip

    if asked.method == "POST":
        return Json(file(1))
    return listed(file(2)) if "after=" in asked.query else listed(file(1), has_more=True)
