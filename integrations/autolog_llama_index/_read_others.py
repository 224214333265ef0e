"""Reads engines, steps and what is not known, in the background."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from autolog.integration import Fields
from autolog_llama_index._json import as_str

if TYPE_CHECKING:
    from autolog.integration import EndedCall
    from autolog_llama_index._call import Call

__all__ = ["read_chat", "read_plain", "read_query"]


def _output(call: Call) -> Any:
    if call.pieces is not None:
        return "".join(call.pieces)
    return call.output


def read_query(ended: EndedCall) -> Fields:
    """Read a query or its synthesis: the question and the answer."""
    call: Call = ended.capture
    answer = _output(call)
    inputs = dict(call.inputs)
    if "documents" in inputs:  # whole in the retriever's span
        inputs["documents"] = [d.get("id") for d in inputs["documents"]]
    return Fields(
        query=as_str(call.inputs.get("query")),
        inputs=inputs,
        outputs=None if answer is None else {"response": answer},
    )


def read_chat(ended: EndedCall) -> Fields:
    """Read what was said to a chat engine, and its answer."""
    call: Call = ended.capture
    answer = _output(call)
    return Fields(inputs=call.inputs, outputs=None if answer is None else {"response": answer})


def read_plain(ended: EndedCall) -> Fields:
    """Read a call as it was kept."""
    call: Call = ended.capture
    return Fields(inputs=call.inputs or None, outputs=_output(call))
