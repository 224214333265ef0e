"""The background reader: one ended run to its fields."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Final

from autolog.integration import Fields, semconv
from autolog_langchain._describe import conversation_of, own_metadata, own_tags
from autolog_langchain._messages import message_of, tidy
from autolog_langchain._plain import Json, as_count, as_dict, as_list, as_str, dicts, is_dict
from autolog_langchain._provider import address_of, provider_of
from autolog_langchain._read_model import read_model

if TYPE_CHECKING:
    from autolog.integration import EndedCall
    from autolog_langchain._runs import Kept

__all__ = ["read_run"]


def read_run(call: EndedCall) -> Fields:
    """Read one ended run."""
    kept: Kept = call.capture
    extra: Json = {}
    fields = Fields(extra=extra)
    _READERS.get(kept.kind, _read_chain)(fields, kept, call, extra)
    conversation = conversation_of(kept.metadata)
    fields.conversation_id = conversation
    extra[semconv.TAGS] = own_tags(kept) or None
    extra[semconv.METADATA] = own_metadata(kept) or None
    _read_graph(kept, extra)
    return fields


def _read_graph(kept: Kept, extra: Json) -> None:
    metadata = kept.metadata or {}
    if kept.kind == "node":
        extra[semconv.LANGGRAPH_NODE] = metadata.get("langgraph_node")
        extra[semconv.LANGGRAPH_STEP] = metadata.get("langgraph_step")
        extra[semconv.LANGGRAPH_CHECKPOINT_NS] = metadata.get("langgraph_checkpoint_ns")
    if "interrupted" in kept.facts or "__interrupt__" in as_dict(kept.outputs):
        extra[semconv.INTERRUPTED] = kept.facts.get("interrupted", True) or None


def _read_chain(fields: Fields, kept: Kept, _call: EndedCall, _extra: Json) -> None:
    fields.inputs = tidy(kept.inputs)
    fields.outputs = tidy(kept.outputs)


def _read_agent(fields: Fields, kept: Kept, call: EndedCall, extra: Json) -> None:
    _read_chain(fields, kept, call, extra)
    fields.operation = "invoke_agent"
    name = as_str((kept.metadata or {}).get("lc_agent_name"))
    extra[semconv.AGENT_NAME] = name


def _read_tool(fields: Fields, kept: Kept, call: EndedCall, extra: Json) -> None:
    _read_chain(fields, kept, call, extra)
    fields.operation = "execute_tool"
    described = as_dict(kept.serialized)
    result: Any = fields.outputs
    identifier = as_str(kept.facts.get("tool_call_id"))
    if is_dict(result) and result.get("type") == "tool":  # what an agent gets: the result in a message
        identifier = identifier or as_str(result.get("tool_call_id"))  # before langchain-core 1.0 it is told here only
        result = result.get("content")
    extra |= {
        semconv.TOOL_NAME: described.get("name"),
        semconv.TOOL_DESCRIPTION: described.get("description"),
        semconv.TOOL_TYPE: "function",
        semconv.TOOL_CALL_ID: identifier,
        semconv.TOOL_CALL_ARGUMENTS: fields.inputs,
        semconv.TOOL_CALL_RESULT: result,
    }
    if is_dict(fields.outputs) and fields.outputs.get("status") == "error":
        # The tool raised, and its agent is told so by a message: LangChain reports no error.
        fields.failed = str(result)
        fields.error_type = "ToolError"


def _documents(found: object) -> list[Json]:
    documents: list[Json] = []
    for kept in dicts(found):
        about = as_dict(kept.get("metadata"))
        document: Json = {"content": kept.get("page_content")}
        if kept.get("id") is not None:
            document["id"] = kept["id"]
        if about:
            document["metadata"] = about
        score = kept.get("score", about.get("score", about.get("relevance_score")))
        if score is not None:
            document["score"] = score
        documents.append(document)
    return documents


def _read_retriever(fields: Fields, kept: Kept, _call: EndedCall, extra: Json) -> None:
    fields.operation = "retrieval"
    fields.inputs = {"query": kept.inputs} if kept.inputs is not None else None
    fields.query = as_str(kept.inputs)
    if kept.outputs is not None:
        fields.documents = _documents(kept.outputs)
        fields.outputs = {"documents": fields.documents}
    members = as_dict(as_dict(kept.serialized).get("kwargs"))
    store = as_str((kept.metadata or {}).get("ls_vector_store_provider")) or as_str(kept.facts.get("class"))
    top_k = as_count(kept.facts.get("k")) or as_count(as_dict(members.get("search_kwargs")).get("k"))
    extra[semconv.DATA_SOURCE_ID] = store
    extra[semconv.RETRIEVAL_TOP_K] = top_k


def _read_embeddings(fields: Fields, kept: Kept, _call: EndedCall, _extra: Json) -> None:
    fields.operation = "embeddings"
    fields.request_model = as_str(kept.facts.get("model"))
    fields.inputs = {"texts": kept.inputs}
    fields.embedding_count = as_count(kept.facts.get("count"))
    fields.embedding_dimensions = as_count(kept.facts.get("dimensions"))
    if fields.embedding_count is not None:
        fields.outputs = {"embeddings": fields.embedding_count, "dimensions": fields.embedding_dimensions}


def _read_chat(fields: Fields, kept: Kept, call: EndedCall, extra: Json) -> None:
    metadata: Mapping[str, Any] = kept.metadata or {}
    host, port = address_of(as_dict(kept.serialized))
    fields.server_address, fields.server_port = host, port
    fields.provider = provider_of(as_str(metadata.get("ls_provider")), host)
    read_model(fields, kept, extra, streamed=call.progress is not None)


def _read_prompt(fields: Fields, kept: Kept, call: EndedCall, extra: Json) -> None:
    _read_chain(fields, kept, call, extra)
    outputs = as_dict(fields.outputs)
    if as_list(outputs.get("messages")):  # a prompt value: what it says is its messages
        fields.outputs = {"messages": [message_of(m) for m in as_list(outputs["messages"])]}


_READERS: Final[dict[str, Callable[[Fields, Kept, EndedCall, Json], None]]] = {
    "agent": _read_agent,
    "chat": _read_chat,
    "embeddings": _read_embeddings,
    "llm": _read_chat,
    "prompt": _read_prompt,
    "retriever": _read_retriever,
    "search": _read_retriever,
    "tool": _read_tool,
}
