"""The table of endpoints: which call is what, what its span is called, and who reads it."""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

from autolog.integration import SpanType
from autolog_openai._paths import segments_of, template_of

__all__ = ["RESPONSE_STREAM", "Endpoint", "endpoint_for"]

RESPONSE_STREAM = "_response_stream:gather_response"


class Endpoint(NamedTuple):
    """What a method and a path mean.

    ``operation`` is the conventions' name, ``None`` where they have none; ``title`` the span's name before a model is
    known. ``read`` fills the fields, ``gather`` puts a stream together: both ``"module:function"``, because this table
    is on the calling thread, where readers have no business. ``known`` says that the endpoint has a reader of its own,
    ``binary`` that it sends the content of a file, ``secrets`` that keys are part of what it sends.
    """

    span_type: str
    template: str = ""
    title: str = ""
    operation: str | None = None
    read: str = "_others:read_other"
    gather: str = "_others:gather_events"
    known: bool = True
    binary: bool = False
    secrets: bool = False


_CHAT = Endpoint(
    title="chat",
    operation="chat",
    span_type=SpanType.CHAT_MODEL,
    read="_chat:read_chat",
    gather="_chat_stream:gather_chat",
)
_RESPONSE = _CHAT._replace(read="_responses:read_response", gather=RESPONSE_STREAM)
_FETCH = Endpoint(title="fetch_response", operation="fetch_response", span_type=SpanType.TASK)
_IMAGE = Endpoint(
    title="generate_content",
    operation="generate_content",
    span_type=SpanType.LLM,
    read="_images:read_images",
    gather="_images:gather_images",
)
_TRANSCRIPT = _IMAGE._replace(read="_audio:read_transcript", gather="_audio:gather_transcript")
_RUN = Endpoint(
    title="invoke_agent",
    operation="invoke_agent",
    span_type=SpanType.AGENT,
    read="_assistants:read_run",
    gather="_assistants:gather_run",
)
# Named by method and path, for the conventions have no operation for it.
_PLAIN = Endpoint(title="", span_type=SpanType.TASK)
_RUN_REPLY = _PLAIN._replace(read="_assistants:read_run_reply", gather="_assistants:gather_run")
_BATCH = _PLAIN._replace(read="_others:read_batch")

_TABLE: tuple[tuple[str, str, Endpoint], ...] = (
    ("POST", "/chat/completions", _CHAT),
    (
        "GET",
        "/chat/completions/{completion_id}",
        _FETCH._replace(read="_chat:read_chat_response", gather="_chat_stream:gather_chat"),
    ),
    # Changing the metadata of a stored one answers with all of it.
    ("POST", "/chat/completions/{completion_id}", _PLAIN._replace(read="_chat:read_chat_response")),
    (
        "POST",
        "/completions",
        Endpoint(
            title="text_completion",
            operation="text_completion",
            span_type=SpanType.LLM,
            read="_completions:read_completion",
            gather="_completions:gather_completion",
        ),
    ),
    ("POST", "/responses", _RESPONSE),
    ("POST", "/responses/compact", _RESPONSE._replace(read="_responses:read_compaction")),
    (
        "GET",
        "/responses/{response_id}",
        _FETCH._replace(read="_responses:read_response_reply", gather=RESPONSE_STREAM),
    ),
    ("POST", "/responses/{response_id}/cancel", _PLAIN._replace(read="_responses:read_response_reply")),
    (
        "POST",
        "/embeddings",
        Endpoint(
            title="embeddings",
            operation="embeddings",
            span_type=SpanType.EMBEDDING,
            read="_embeddings:read_embeddings",
        ),
    ),
    (
        "POST",
        "/vector_stores/{vector_store_id}/search",
        Endpoint(title="retrieval", operation="retrieval", span_type=SpanType.RETRIEVER, read="_retrieval:read_search"),
    ),
    ("POST", "/images/generations", _IMAGE),
    ("POST", "/images/edits", _IMAGE),
    ("POST", "/images/variations", _IMAGE),
    ("POST", "/audio/speech", _IMAGE._replace(read="_audio:read_speech", gather="_audio:gather_speech", binary=True)),
    ("POST", "/audio/transcriptions", _TRANSCRIPT),
    ("POST", "/audio/translations", _TRANSCRIPT),
    ("POST", "/moderations", _PLAIN._replace(read="_moderations:read_moderation")),
    (
        "POST",
        "/assistants",
        Endpoint(
            title="create_agent",
            operation="create_agent",
            span_type=SpanType.TASK,
            read="_assistants:read_assistant",
        ),
    ),
    ("POST", "/threads/runs", _RUN),
    ("POST", "/threads/{thread_id}/runs", _RUN),
    ("POST", "/threads/{thread_id}/runs/{run_id}/submit_tool_outputs", _RUN),
    ("POST", "/threads/{thread_id}/runs/{run_id}/cancel", _RUN_REPLY),
    ("GET", "/threads/{thread_id}/runs/{run_id}", _RUN_REPLY),
    ("POST", "/threads/{thread_id}/runs/{run_id}", _RUN_REPLY),
    ("POST", "/batches", _BATCH),
    ("GET", "/batches/{batch_id}", _BATCH),
    ("POST", "/batches/{batch_id}/cancel", _BATCH),
)


def _named(method: str, template: str, endpoint: Endpoint) -> Endpoint:
    return endpoint._replace(template=template, title=endpoint.title or f"{method} {template}")


_BY_PATH = {(method, template): _named(method, template, endpoint) for method, template, endpoint in _TABLE}
_ROOTS = frozenset(template.split("/")[1] for _, template, _ in _TABLE) | {
    "containers",
    "conversations",
    "evals",
    "files",
    "fine_tuning",
    "models",
    "uploads",
    "videos",
}
# Their replies hold client secrets, API keys and signing secrets.
_SECRET_ROOTS = frozenset({"chatkit", "live", "organization", "projects", "realtime", "vaults", "webhook_endpoints"})


@lru_cache(maxsize=1024)
def endpoint_for(method: str, path: str) -> Endpoint:
    """Give what a call is, by its method and the SDK's path or a whole address. Never fails: no call is lost."""
    method = method.upper()
    segments = segments_of(path)
    plain = "/" + "/".join(segments)
    template = plain if (method, plain) in _BY_PATH else template_of(segments)
    found = _BY_PATH.get((method, template))
    if found is not None:
        return found
    # A call under a prefix of somebody's own: the end of its path says what it is.
    for length in (2, 1):
        found = _BY_PATH.get((method, "/" + "/".join(segments[-length:])))
        if found is not None and length < len(segments) and found.operation is not None:
            return found
    root = segments[0] if segments else ""
    return Endpoint(
        template=template,
        title=f"{method} {template}",
        span_type=SpanType.TASK if root in _ROOTS else SpanType.UNKNOWN,
        known=False,
        binary=bool(segments) and segments[-1] == "content",
        secrets=root in _SECRET_ROOTS,
    )
