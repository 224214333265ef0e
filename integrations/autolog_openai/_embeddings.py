"""Embeddings: how many and how long they are; the vectors only where they are asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from autolog_openai._json import as_dict, as_int, dicts, is_list
from autolog_openai._usage import response_usage
from autolog_openai._wire import Wire, read_identity

if TYPE_CHECKING:
    from autolog.integration import Fields

__all__ = ["dimensions_of", "read_embeddings"]

_FLOAT_BYTES = 4


def dimensions_of(vector: Any) -> int | None:
    """Give the length of a vector: of a list of numbers, or of base64 text that holds 32-bit floats."""
    if is_list(vector):
        return len(vector) or None
    if not isinstance(vector, str) or not vector or len(vector) % 4:
        return None
    size = len(vector) // 4 * 3 - vector.endswith("=") - vector.endswith("==")
    return size // _FLOAT_BYTES if size % _FLOAT_BYTES == 0 else None


def _without_vector(entry: Any) -> Any:
    found = as_dict(entry)
    if "embedding" not in found:
        return entry
    return {**found, "embedding": {"dimensions": dimensions_of(found["embedding"])}}


def read_embeddings(fields: Fields, wire: Wire) -> None:
    """Read an embeddings call."""
    read_identity(fields, wire)
    response = wire.response
    fields.usage = response_usage(response)
    data = response.get("data")
    if not is_list(data):
        return
    entries = dicts(data)
    fields.embedding_count = len(entries)
    first = dimensions_of(entries[0].get("embedding")) if entries else None
    fields.embedding_dimensions = as_int(wire.request.get("dimensions")) if first is None else first
    if not wire.keep_embeddings:
        fields.outputs = {**response, "data": [_without_vector(entry) for entry in data]}
