"""What programs and their tests put in the place of the library's parts: nothing to report, and nothing changed."""

from __future__ import annotations

import warnings
from typing import Any, TypeVar
from unittest.mock import MagicMock

import openai
import pytest
from call_styles import M
from callers import instant_client
from openai._base_client import SyncAPIClient
from openai.types.chat import ChatCompletionChunk

from autolog import semconv
from autolog._tracing import guard


@pytest.fixture(autouse=True)
def nothing_to_report() -> Any:
    yield
    assert not guard.reported


def test_an_http_client_that_is_a_double(traced: Any) -> None:
    client = openai.OpenAI(api_key="x")
    client._client = MagicMock()
    client.chat.completions.create(model="m", messages=M)
    span = traced.span
    assert (span.status, span.inputs["model"], span.outputs) == ("OK", "m", None)
    assert "http.response.status_code" not in span.attributes


Item = TypeVar("Item")


class Lines(openai.Stream[Item]):
    """Reads its response itself, and has nothing of what the library's own stream has."""

    def __init__(self, *, response: Any, **_: Any) -> None:
        self.response = response

    def __iter__(self) -> Any:
        return (line for line in self.response.iter_lines() if line)


def test_a_stream_class_that_reads_the_response_itself(traced: Any) -> None:
    body = {"model": "m", "messages": M, "stream": True, "stream_options": {"include_usage": True}}
    lines = list(
        instant_client().post(
            "/chat/completions",
            body=body,
            cast_to=ChatCompletionChunk,
            stream=True,
            stream_cls=Lines[ChatCompletionChunk],
        )
    )
    span = traced.span
    assert lines
    assert (span.outcome, span.attributes[semconv.CHUNK_COUNT]) == ("completed", len(lines))


@pytest.mark.skipif(not hasattr(openai.OpenAI, "videos"), reason="this openai makes no videos")
def test_a_form_without_files(traced: Any) -> None:
    http: Any = __import__("httpx2" if int(openai.__version__.partition(".")[0]) >= 3 else "httpx")
    sent: list[bytes] = []

    def answer(request: Any) -> Any:
        sent.append(request.read())
        return http.Response(200, json={"id": "video_1", "object": "video", "model": "sora-2", "status": "queued"})

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        instant_client(answer=answer).videos.create(prompt="a cat", model="sora-2")
    span = traced.span
    assert b"a cat" in sent[0]
    assert (span.name, span.inputs) == ("POST /videos", {"prompt": "a cat", "model": "sora-2"})
    assert span.outputs["id"] == "video_1"


def test_a_method_that_is_a_double(traced: Any, monkeypatch: Any) -> None:
    client = instant_client()
    monkeypatch.setattr(SyncAPIClient, "request", MagicMock(return_value=5))
    assert client.chat.completions.create(model="m", messages=M) == 5
    assert traced.spans == []
