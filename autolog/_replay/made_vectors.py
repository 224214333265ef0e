"""Vectors made up where those of embeddings were not kept: the same for the same text."""

from __future__ import annotations

import base64
import hashlib
import random
import struct
from typing import Any

from autolog._model import Span
from autolog._replay.rebuild_pieces import Json, json_list, json_object

__all__ = ["has_no_vectors", "with_vectors"]


def has_no_vectors(outputs: Any) -> bool:
    """Whether a response of embeddings says how long its vectors are, and does not have them."""
    return any("dimensions" in json_object(json_object(entry).get("embedding")) for entry in _entries(outputs))


def _entries(outputs: Any) -> list[Any]:
    return json_list(json_object(outputs).get("data"))


def with_vectors(span: Span) -> Json:
    """Give the response with made-up vectors of length 1, in the encoding that was asked for."""
    request, response = json_object(span.inputs), json_object(span.outputs)
    given = request.get("input")
    several = json_list(given)
    texts: list[Any] = several if several and not isinstance(several[0], int) else [given]
    entries: list[Any] = []
    for place, entry in enumerate(_entries(response)):
        size = json_object(json_object(entry).get("embedding")).get("dimensions")
        text = texts[place] if place < len(texts) else place
        vector = _vector(f"{request.get('model')} {text}", size if isinstance(size, int) else 1)
        entries.append({**json_object(entry), "embedding": _encoded(vector, request.get("encoding_format"))})
    return {**response, "data": entries}


def _vector(seed: str, size: int) -> list[float]:
    # No secret is drawn here: only the same numbers for the same text, on every machine.
    numbers = random.Random(hashlib.sha256(seed.encode()).digest())  # noqa: S311
    values = [numbers.uniform(-1, 1) for _ in range(size)]
    length = sum(v * v for v in values) ** 0.5 or 1.0
    return [round(v / length, 6) for v in values]


def _encoded(vector: list[float], encoding: Any) -> Any:
    if encoding != "base64":
        return vector
    return base64.b64encode(struct.pack(f"<{len(vector)}f", *vector)).decode()
