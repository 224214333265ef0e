"""Reads embeddings, retrievers and rerankers, in the background."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from autolog.integration import Fields, semconv
from autolog_llama_index._json import Json, as_dict, as_str, dicts
from autolog_llama_index._read_model import read_identity

if TYPE_CHECKING:
    from autolog.integration import EndedCall
    from autolog_llama_index._call import Call

__all__ = ["read_embedding", "read_reranker", "read_retriever"]


def read_embedding(ended: EndedCall) -> Fields:
    """Read how much was embedded. The library has no token counts of it: the client's span below has."""
    call: Call = ended.capture
    found = as_dict(call.output)
    fields = Fields(operation="embeddings", inputs=call.inputs, outputs=call.output)
    read_identity(fields, call)
    fields.embedding_count = found.get("count")
    fields.embedding_dimensions = found.get("dimensions") or call.facts.get("dimensions")
    return fields


def _documents(kept: object) -> list[Json]:
    return [{k: v for k, v in document.items() if v is not None and v != {}} for document in dicts(kept)]


def read_retriever(ended: EndedCall) -> Fields:
    """Read what was asked for, and what was found with which score."""
    call: Call = ended.capture
    fields = Fields(operation="retrieval", inputs=call.inputs)
    _read_found(fields, call)
    return fields


def read_reranker(ended: EndedCall) -> Fields:
    """Read what was ranked, and how it came out."""
    call: Call = ended.capture
    inputs: dict[str, Any] = {k: v for k, v in call.inputs.items() if v is not None}
    fields = Fields(operation="rerank", inputs={**inputs, "documents": _documents(inputs.get("documents"))})
    fields.request_model = as_str(call.facts.get("model"))
    _read_found(fields, call)
    return fields


def _read_found(fields: Fields, call: Call) -> None:
    fields.query = as_str(call.inputs.get("query"))
    if call.output is not None:
        fields.documents = _documents(call.output)
        fields.outputs = fields.documents
    fields.extra = {semconv.RETRIEVAL_TOP_K: call.facts.get("top_k")}
