"""Search in a vector store."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from autolog.integration import Fields, semconv
from autolog_openai._json import Json, as_int, as_number, as_str, dicts, is_list

if TYPE_CHECKING:
    from autolog_openai._wire import Wire

__all__ = ["read_search"]


def _document(found: Json) -> Json:
    """Give a document in the schema of ``gen_ai.retrieval.documents``, which allows further members."""
    texts = [t for part in dicts(found.get("content")) if (t := as_str(part.get("text"))) is not None]
    known: Json = {
        "id": as_str(found.get("file_id")) or as_str(found.get("id")),
        "score": as_number(found.get("score")),
        "content": "\n".join(texts) if texts else None,
        "filename": as_str(found.get("filename")),
        "metadata": found.get("attributes") or None,
    }
    return {k: v for k, v in known.items() if v is not None}


def _query(query: Any) -> str | None:
    if is_list(query):
        return "\n".join(q for q in query if isinstance(q, str)) or None
    return as_str(query)


def read_search(fields: Fields, wire: Wire) -> None:
    """Read a search: its query, and the documents with their scores."""
    request = wire.request
    store = wire.ids.get("vector_store_id")
    if store is not None:
        fields.name = f"retrieval {store}"
        wire.extra[semconv.DATA_SOURCE_ID] = store
    wire.extra[semconv.RETRIEVAL_TOP_K] = as_int(request.get("max_num_results"))
    fields.query = _query(request.get("query"))
    data = wire.response.get("data")
    if is_list(data):
        fields.documents = [_document(found) for found in dicts(data)]
