"""What a recorded response says, read in the simplest way: what our readers are compared with."""

from __future__ import annotations

import json
from typing import Any

__all__ = ["payloads", "text_on_the_wire", "usage_on_the_wire"]

_COUNTS = {
    "prompt_tokens": "input_tokens",
    "input_tokens": "input_tokens",
    "completion_tokens": "output_tokens",
    "output_tokens": "output_tokens",
    "total_tokens": "total_tokens",
}
_DETAILS = {
    ("prompt_tokens_details", "cached_tokens"): "cached_input_tokens",
    ("input_tokens_details", "cached_tokens"): "cached_input_tokens",
    ("prompt_tokens_details", "cache_write_tokens"): "cache_creation_tokens",
    ("input_tokens_details", "cache_write_tokens"): "cache_creation_tokens",
    ("completion_tokens_details", "reasoning_tokens"): "reasoning_tokens",
    ("output_tokens_details", "reasoning_tokens"): "reasoning_tokens",
    ("prompt_tokens_details", "audio_tokens"): "audio_input_tokens",
    ("input_token_details", "audio_tokens"): "audio_input_tokens",
    ("completion_tokens_details", "audio_tokens"): "audio_output_tokens",
}


def payloads(response: str) -> list[dict[str, Any]]:
    """Give the JSON bodies of a response: one, or one an event of a stream."""
    if response.lstrip().startswith("{"):
        return [json.loads(response)]
    lines = [line[5:].strip() for line in response.splitlines() if line.startswith("data:")]
    return [json.loads(line) for line in lines if line.startswith("{")]


def _bodies(response: str) -> list[dict[str, Any]]:
    return [body for p in payloads(response) for body in (p, p.get("response")) if isinstance(body, dict)]


def usage_on_the_wire(response: str) -> dict[str, int]:
    """Give the last usage that a response holds, under our names."""
    found = [body["usage"] for body in _bodies(response) if body.get("usage")]
    if not found:
        return {}
    last = found[-1]
    counts = {ours: last[theirs] for theirs, ours in _COUNTS.items() if isinstance(last.get(theirs), int)}
    for (group, detail), ours in _DETAILS.items():
        value = (last.get(group) or {}).get(detail)
        if isinstance(value, int):
            counts[ours] = value
    return counts


def text_on_the_wire(response: str) -> str:
    """Give all text that a model wrote in a chat, completion or response, in the order of the wire."""
    texts: list[str] = []
    bodies = payloads(response)
    for body in bodies:
        for choice in body.get("choices") or []:
            message = choice.get("message") or choice.get("delta") or {}
            texts.append(message.get("content") or choice.get("text") or "")
        if body.get("type") == "response.output_text.delta":
            texts.append(body["delta"])
        if len(bodies) == 1:
            for item in body.get("output") or []:
                texts += [part.get("text") or "" for part in item.get("content") or []]
    return "".join(texts)
