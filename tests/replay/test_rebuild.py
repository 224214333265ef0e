"""Responses back into the events of a stream: what these put together is the response, wherever the stream ended."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from autolog_openai._chat_stream import gather_chat
from autolog_openai._completions import gather_completion
from autolog_openai._response_stream import gather_response

from autolog._replay.format import load
from autolog._replay.rebuild_chat import chat_chunks, completion_chunks
from autolog._replay.rebuild_pieces import pieces, shares, words
from autolog._replay.rebuild_responses import response_events

CASSETTES = Path(__file__).resolve().parents[2] / "cassettes"
Gather = Callable[[list[tuple[str, Any]]], dict[str, Any]]
Rebuild = Callable[..., list[dict[str, Any]]]
KINDS: dict[str, tuple[Gather, Rebuild]] = {
    "/chat/completions": (gather_chat, chat_chunks),
    "/completions": (gather_completion, completion_chunks),
    "/responses": (gather_response, response_events),
}


def _streams() -> list[Any]:
    found: list[Any] = []
    for path in sorted(CASSETTES.glob("**/*.yaml")):
        for interaction in load(path).interactions:
            kind = next((k for k in KINDS if interaction.request.path.endswith(k)), None)
            if interaction.response.events is not None and kind is not None:
                events = [e.json for e in interaction.response.events if e.json is not None]
                found.append(pytest.param(kind, events, id=f"{path.stem}-{interaction.index}"))
    return found


def _gathered(gather: Gather, bodies: list[Any]) -> dict[str, Any]:
    # Through JSON, as over the wire.
    return gather([(str(body.get("type", "")), json.loads(json.dumps(body))) for body in bodies])


@pytest.mark.parametrize(("kind", "events"), _streams())
def test_the_events_put_together_are_the_response_wherever_it_ended(kind: str, events: list[Any]) -> None:
    gather, rebuild = KINDS[kind]
    for end in range(len(events) + 1):
        response = _gathered(gather, events[:end])
        for count in (None, 1, end, 3 * end + 7):
            rebuilt = rebuild(response, count=count)
            assert _gathered(gather, rebuilt) == response, (end, count)
            if end and count == end and kind != "/responses":
                assert len(rebuilt) == end


@pytest.mark.parametrize(("kind", "events"), _streams())
def test_a_text_comes_in_pieces(kind: str, events: list[Any]) -> None:
    gather, rebuild = KINDS[kind]
    response = _gathered(gather, events)
    one, many = (max((len(t) for t in _texts(rebuild(response, count=c))), default=0) for c in (1, 200))
    assert many <= max(one // 2, 24)


def _texts(events: list[Any]) -> list[str]:
    """Every text that a client appends to what came before."""
    found: list[str] = []
    for event in events:
        if isinstance(event.get("delta"), str):
            found.append(event["delta"])
        for choice in event.get("choices") or ():
            delta = choice.get("delta") or choice
            found += [delta[k] for k in ("content", "text") if isinstance(delta.get(k), str)]
    return found


def test_usage_comes_in_a_chunk_of_its_own_where_it_was_asked_for() -> None:
    response = {
        "id": "c-1",
        "object": "chat.completion",
        "model": "m",
        "choices": [{"index": 0, "message": {"role": "assistant", "content": "Hi"}, "finish_reason": "stop"}],
        "usage": {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2},
    }
    apart = chat_chunks(response, usage_apart=True)
    assert apart[-1]["choices"] == []
    assert apart[-1]["usage"] == response["usage"]
    assert all("usage" not in chunk for chunk in apart[:-1])
    together = chat_chunks(response)
    assert together[-1]["choices"][0]["finish_reason"] == "stop"
    assert together[-1]["usage"] == response["usage"]
    assert {chunk["object"] for chunk in apart} == {"chat.completion.chunk"}


def test_log_probabilities_stay_with_their_tokens() -> None:
    tokens = [{"token": t, "logprob": -0.5} for t in ("It", "'s", " raining")]
    message = {"role": "assistant", "content": "It's raining"}
    response = {"choices": [{"index": 0, "message": message, "logprobs": {"content": tokens}, "finish_reason": "stop"}]}
    for chunk in chat_chunks(response)[1:4]:
        (choice,) = chunk["choices"]
        assert [t["token"] for t in choice["logprobs"]["content"]] == [choice["delta"]["content"]]


@pytest.mark.parametrize("raised", [False, True])
def test_an_error_in_a_response_stream_is_its_last_event(raised: bool) -> None:
    response = {"id": "r", "status": "in_progress", "output": [], "error": {"code": "server_error", "message": "no"}}
    *_, last = response_events(response, raised=raised)
    assert last["type"] == "error"
    assert (last["error"] if raised else last)["message"] == "no"


@pytest.mark.parametrize("text", ["", "a", "one two  three\n\nfour", "  leading", "日本語", "👍🏽 ok "])
@pytest.mark.parametrize("count", [1, 2, 3, 50])
def test_pieces_are_the_text(text: str, count: int) -> None:
    assert "".join(words(text)) == text
    cut = pieces(text, count)
    assert "".join(cut) == text
    assert len(cut) == max(min(count, len(text)), 1)


@pytest.mark.parametrize(
    ("lengths", "total", "given"),
    [([10, 10], 6, [3, 3]), ([1, 100], 10, [1, 9]), ([5, 5], 1, [1, 1]), ([2, 2], 50, [2, 2]), ([], 5, [])],
)
def test_shares(lengths: list[int], total: int, given: list[int]) -> None:
    assert shares(lengths, total) == given
