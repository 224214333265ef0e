"""Which reply of the fake API belongs to which method and path."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from fake_replies import (
    AUDIO,
    CREATED,
    RESPONSE_USAGE,
    Asked,
    Binary,
    Json,
    Reply,
    chat,
    completion,
    embeddings,
    files,
    image,
    listed,
    response,
    response_object,
    run,
    transcription,
)

__all__ = ["ROUTES"]


def simple(**body: Any) -> Callable[[Asked], Reply]:
    return lambda _: Json(body)


MODEL = {"id": "fake", "object": "model", "created": CREATED, "owned_by": "me"}
BATCH: dict[str, Any] = {"id": "batch_1", "object": "batch", "endpoint": "/v1/chat/completions", "input_file_id": "file_1",
         "completion_window": "24h", "status": "validating", "created_at": CREATED}  # fmt: skip
FOUND = {
    "file_id": "f1",
    "filename": "a.txt",
    "score": 0.9,
    "attributes": {},
    "content": [{"type": "text", "text": "hello"}],
}
STORE_COUNTS = {"in_progress": 0, "completed": 0, "failed": 0, "cancelled": 0, "total": 0}
MODERATED = {"flagged": False, "categories": {}, "category_scores": {}}
COMPACTED = {
    "id": "resp_c",
    "object": "response.compaction",
    "created_at": CREATED,
    "output": [],
    "usage": RESPONSE_USAGE,
}

# method, path (`*` is one part of it), what it says: the first that fits.
ROUTES: tuple[tuple[str, str, Callable[[Asked], Reply]], ...] = (
    ("POST", "/chat/completions", chat),
    ("GET", "/chat/completions", lambda _: listed()),
    ("POST", "/completions", completion),
    ("POST", "/responses", response),
    ("POST", "/responses/compact", simple(**COMPACTED)),
    ("POST", "/responses/input_tokens", simple(object="response.input_tokens", input_tokens=11)),
    ("GET", "/responses/*", response),
    ("DELETE", "/responses/*", simple(id="resp_1", object="response", deleted=True)),
    ("POST", "/responses/*/cancel", lambda asked: Json(response_object(asked, status="cancelled"))),
    ("GET", "/responses/*/input_items", lambda _: listed()),
    ("POST", "/embeddings", embeddings),
    ("POST", "/moderations", simple(id="modr-1", model="m", results=[MODERATED])),
    ("POST", "/images/generations", image),
    ("POST", "/images/edits", image),
    ("POST", "/audio/speech", lambda _: Binary(AUDIO, "audio/mpeg")),
    ("POST", "/audio/transcriptions", transcription),
    ("POST", "/audio/translations", simple(text="hello")),
    ("GET", "/models", lambda _: listed(MODEL)),
    ("GET", "/models/*", simple(**MODEL)),
    ("POST", "/vector_stores", simple(id="vs_1", object="vector_store", created_at=CREATED, name="v", status="completed",
                                      usage_bytes=0, file_counts=STORE_COUNTS)),
    ("POST", "/vector_stores/*/search", simple(object="vector_store.search_results.page", search_query=["q"],
                                               has_more=False, next_page=None, data=[FOUND])),
    ("POST", "/threads", simple(id="thread_1", object="thread", created_at=CREATED, metadata={})),
    ("POST", "/threads/runs", run),
    ("POST", "/threads/*/runs", run),
    ("GET", "/threads/*/runs/*", run),
    ("POST", "/batches", simple(**BATCH)),
    ("GET", "/batches/*", simple(**BATCH)),
    ("POST", "/files", files),
    ("GET", "/files", files),
    ("GET", "/files/*/content", lambda _: Binary(b"file-bytes")),
    ("POST", "/conversations", simple(id="conv_1", object="conversation", created_at=CREATED, metadata={})),
    ("POST", "/echo", lambda asked: Json({"echo": dict(asked.body)})),
)  # fmt: skip
