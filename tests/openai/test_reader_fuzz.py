"""Whatever a server sends, a reader raises nothing, and what it finds is of the type that a field has."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openai_shapes import REQUESTS, RESPONSES, STREAMS
from openai_wire import fields_of, sse

from autolog import Usage
from autolog.integration import Fields

QUICK = settings(max_examples=25, derandomize=True, deadline=None, database=None)


SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8)


WORDS = st.sampled_from(
    [
        "id",
        "type",
        "role",
        "content",
        "index",
        "delta",
        "choices",
        "message",
        "usage",
        "text",
        "output",
        "item",
        "event",
        "data",
        "error",
        "tools",
        "name",
        "input",
    ]
)


JSON = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORDS, inner, max_size=4), max_leaves=8
)


PATHS = [
    ("POST", "/chat/completions"),
    ("GET", "/chat/completions/c1"),
    ("POST", "/completions"),
    ("POST", "/responses"),
    ("GET", "/responses/resp_1"),
    ("POST", "/embeddings"),
    ("POST", "/images/generations"),
    ("POST", "/audio/speech"),
    ("POST", "/audio/transcriptions"),
    ("POST", "/moderations"),
    ("POST", "/vector_stores/vs_1/search"),
    ("POST", "/threads/thread_1/runs"),
    ("GET", "/threads/thread_1/runs/run_1"),
    ("POST", "/assistants"),
    ("GET", "/batches/batch_1"),
    ("POST", "/realtime/sessions"),
    ("GET", "/nobody/knows"),
]


TEXTS = [
    "name",
    "span_type",
    "operation",
    "provider",
    "server_address",
    "request_model",
    "response_model",
    "response_id",
    "conversation_id",
    "output_type",
    "usage_id",
    "query",
    "request_id",
    "error_type",
    "error_code",
    "failed",
]


COUNTS = ["server_port", "embedding_count", "embedding_dimensions", "retries", "http_status"]


MESSAGES = [
    "system_instructions",
    "input_messages",
    "output_messages",
    "tool_definitions",
    "documents",
    "finish_reasons",
]


def _check(fields: Fields) -> None:
    for name in TEXTS:
        assert isinstance(getattr(fields, name), str | None), name
    for name in COUNTS:
        assert type(getattr(fields, name)) in (int, type(None)), name
    for name in MESSAGES:
        assert isinstance(getattr(fields, name), list | None), name
    assert isinstance(fields.usage, Usage | None)
    for count in fields.usage.to_dict().values() if fields.usage else ():
        assert type(count) is int
        assert count >= 0
    for message in [*(fields.input_messages or ()), *(fields.output_messages or ())]:
        assert isinstance(message["role"], str)
        for part in message["parts"]:
            assert isinstance(part["type"], str)
            if part["type"] in ("text", "reasoning", "refusal", "blob"):
                assert isinstance(part["content"], str)
            if part["type"] == "tool_call":
                assert isinstance(part["name"], str)
    for tool in fields.tool_definitions or ():
        assert isinstance(tool["type"], str)
        assert isinstance(tool["name"], str)
    for reason in fields.finish_reasons or ():
        assert isinstance(reason, str)


@pytest.mark.parametrize(("method", "path"), PATHS)
@QUICK
@given(request=JSON, response=JSON, events=st.lists(JSON, max_size=4), status=st.sampled_from([200, 200, 404]))
def test_any_json(method: str, path: str, request: Any, response: Any, events: list[Any], status: int) -> None:
    _check(fields_of(path, request, json.dumps(response), method=method, status=status))
    named = "".join(f"event: thread.message.delta\ndata: {json.dumps(event)}\n\n" for event in events)
    for body in (sse(events), named):
        _check(
            fields_of(path, request, body, method=method, status=status, content_type="text/event-stream", stream=True)
        )


@QUICK
@given(
    request=st.binary(max_size=40),
    response=st.binary(max_size=60),
    kind=st.sampled_from(["", "application/json", "text/event-stream"]),
)
def test_any_bytes(request: bytes, response: bytes, kind: str) -> None:
    for prefix in (b"", b"data: ", b"{"):
        _check(fields_of(request=request, response=prefix + response, content_type=kind, tapped=True))


def _places(value: Any) -> list[tuple[Any, Any]]:
    """Every container in a value with each of its keys."""
    keys = list(value) if isinstance(value, dict) else list(range(len(value))) if isinstance(value, list) else []
    return [(value, key) for key in keys] + [place for key in keys for place in _places(value[key])]


@st.composite
def _bent(draw: st.DrawFn, value: Any) -> Any:
    """Put something wrong into a value, or take something out of it, in one to three places."""
    bent = copy.deepcopy(value)
    for _ in range(draw(st.integers(1, 3))):
        places = _places(bent)
        if not places:
            break
        container, key = draw(st.sampled_from(places))
        if draw(st.booleans()):
            container[key] = draw(JSON)
        else:
            del container[key]
    return bent


@pytest.mark.parametrize("path", sorted(REQUESTS))
@QUICK
@given(data=st.data())
def test_bent_requests(path: str, data: st.DataObject) -> None:
    _check(fields_of(path, data.draw(_bent(REQUESTS[path])), RESPONSES[path]))


@pytest.mark.parametrize("path", sorted(RESPONSES))
@QUICK
@given(data=st.data())
def test_bent_responses(path: str, data: st.DataObject) -> None:
    _check(fields_of(path, REQUESTS.get(path), data.draw(_bent(RESPONSES[path]))))


@pytest.mark.parametrize("path", sorted(STREAMS))
@QUICK
@given(data=st.data())
def test_bent_streams(path: str, data: st.DataObject) -> None:
    body = sse(data.draw(_bent(STREAMS[path])))
    _check(fields_of(path, REQUESTS.get(path), body, content_type="text/event-stream", stream=True))
