"""What the library's spans are to a reader: which are shown, as what, and who keeps and reads their content.

LlamaIndex makes a span of every method that its classes declare abstract: a query is some fourteen of them. Shown are
those that a person would name; a hidden one's children belong to the nearest shown span around it.
"""

from __future__ import annotations

import weakref
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from autolog.integration import SpanType
from autolog_llama_index import _begin, _finish
from autolog_llama_index._keep import names_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from autolog_llama_index._call import Call

__all__ = ["HIDDEN", "WRITER", "Kind", "kind_of", "split_id"]

_UUID_LENGTH: Final = 36


@dataclass(frozen=True, slots=True, eq=False)
class Kind:
    """How one kind of call is traced. ``begin`` and ``finish`` run on the calling thread, ``reader`` names a function
    for the background, ``"module:function"``."""

    family: str
    span_type: str
    begin: Callable[[Call, Any, dict[str, Any]], str | None]
    """Keeps the inputs; gives the span's name where it is not ``Class.method``."""
    finish: Callable[[Call, Any], None]
    reader: str


HIDDEN: Final = None
WRITER: Final = Kind("writer", SpanType.UNKNOWN, _begin.nothing, _finish.nothing, "")
"""The part of a chat engine that reads the model's stream on, in a thread or task of its own."""


def _all(methods: Iterable[str], kind: Kind) -> dict[str, Kind]:
    return dict.fromkeys(methods, kind)


_MODEL = Kind("model", SpanType.CHAT_MODEL, _begin.model, _finish.model, "_read_model:read_model")
_COMPLETION = Kind("model", SpanType.LLM, _begin.model, _finish.model, "_read_model:read_model")
_STRUCTURED = Kind("structured", SpanType.CHAIN, _begin.structured, _finish.anything, "_read_others:read_plain")
_EMBEDDING = Kind(
    "embedding", SpanType.EMBEDDING, _begin.embedding, _finish.embedding, "_read_retrieval:read_embedding"
)
_RETRIEVER = Kind("retriever", SpanType.RETRIEVER, _begin.query, _finish.documents, "_read_retrieval:read_retriever")
_RERANKER = Kind("reranker", SpanType.RERANKER, _begin.rerank, _finish.documents, "_read_retrieval:read_reranker")
_POSTPROCESSOR = Kind("reranker", SpanType.CHAIN, _begin.rerank, _finish.documents, "_read_retrieval:read_reranker")
_QUERY = Kind("query", SpanType.CHAIN, _begin.query, _finish.response, "_read_others:read_query")
_SYNTHESIZER = Kind("query", SpanType.CHAIN, _begin.synthesis, _finish.response, "_read_others:read_query")
_CHAT_ENGINE = Kind("chat", SpanType.CHAIN, _begin.chat, _finish.response, "_read_others:read_chat")
_TOOL = Kind("tool", SpanType.TOOL, _begin.tool, _finish.tool, "_read_agent:read_tool")
_TOOL_STEP = Kind("tool", SpanType.TOOL, _begin.tool_step, _finish.tool_step, "_read_agent:read_tool")
_AGENT = Kind("agent", SpanType.AGENT, _begin.agent, _finish.anything, "_read_agent:read_agent")
_AGENT_STEP = Kind("agent", SpanType.AGENT, _begin.agent_step, _finish.anything, "_read_agent:read_agent")
_WORKFLOW = Kind("workflow", SpanType.CHAIN, _begin.workflow, _finish.anything, "_read_agent:read_workflow")
_STEP = Kind("step", SpanType.TASK, _begin.step, _finish.anything, "_read_others:read_plain")
_INGESTION = Kind("ingestion", SpanType.CHAIN, _begin.ingestion, _finish.count, "_read_others:read_plain")
_OTHER = Kind("other", SpanType.UNKNOWN, _begin.anything, _finish.anything, "_read_others:read_plain")

_MODEL_METHODS: Final[dict[str, Kind]] = {
    **_all(("chat", "achat", "stream_chat", "astream_chat"), _MODEL),
    **_all(("complete", "acomplete", "stream_complete", "astream_complete"), _COMPLETION),
    **_all(
        (
            "structured_predict",
            "astructured_predict",
            "stream_structured_predict",
            "astream_structured_predict",
            "predict_and_call",
            "apredict_and_call",
        ),
        _STRUCTURED,
    ),
}
_RETRIEVER_METHODS: Final = _all(
    ("retrieve", "aretrieve", "text_to_image_retrieve", "image_to_image_retrieve"), _RETRIEVER
)
_STRUCTURED_MODEL: Final = _all(
    (name for name, kind in _MODEL_METHODS.items() if kind is not _STRUCTURED),
    Kind("structured", SpanType.CHAIN, _begin.model, _finish.structured_model, "_read_others:read_plain"),
)
# First that fits: classes of the library by name, so that none of them has to be imported. Methods that are not in the
# table are hidden; `None` for a table shows every public one as something unknown.
_CLASSES: Final[tuple[tuple[str, dict[str, Kind] | None], ...]] = (
    ("StructuredLLM", _STRUCTURED_MODEL),
    ("BaseLLM", _MODEL_METHODS),
    ("MultiModalLLM", _MODEL_METHODS),
    (
        "BaseEmbedding",
        _all(
            (
                f"{a}get_{what}"
                for a in ("", "a")
                for what in ("query_embedding", "text_embedding", "text_embedding_batch", "image_embedding")
            ),
            _EMBEDDING,
        ),
    ),
    (
        "BaseSparseEmbedding",
        _all(
            (
                f"{a}get_{what}"
                for a in ("", "a")
                for what in ("query_embedding", "text_embedding", "text_embedding_batch")
            ),
            _EMBEDDING,
        ),
    ),
    ("BaseRetriever", _RETRIEVER_METHODS),
    ("BaseImageRetriever", _RETRIEVER_METHODS),
    ("BaseQueryEngine", _all(("query", "aquery"), _QUERY)),
    ("BaseSynthesizer", _all(("synthesize", "asynthesize"), _SYNTHESIZER)),
    ("BaseChatEngine", _all(("chat", "achat", "stream_chat", "astream_chat"), _CHAT_ENGINE)),
    ("StreamingAgentChatResponse", _all(("write_response_to_history", "awrite_response_to_history"), WRITER)),
    ("BaseNodePostprocessor", _all(("_postprocess_nodes", "_apostprocess_nodes"), _POSTPROCESSOR)),
    ("BaseTool", _all(("call", "acall", "__call__"), _TOOL)),
    ("BaseWorkflowAgent", {"run": _AGENT}),
    ("Workflow", {"run": _WORKFLOW}),
    ("IngestionPipeline", _all(("run", "arun"), _INGESTION)),
    ("BaseExtractor", _all(("__call__", "acall"), _INGESTION)),
    ("TransformComponent", {}),  # splitters
    ("BasePydanticProgram", {}),  # how a model's structured answer is made
    ("DefaultRefineProgram", {}),
    ("BaseOutputParser", {}),
    ("BasePromptTemplate", {}),
    ("BaseSelector", {}),
    ("BaseQueryTransform", {}),
)
_AGENT_STEPS: Final = frozenset(
    ("init_run", "setup_agent", "run_agent_step", "parse_agent_output", "call_tool", "aggregate_tool_results")
)
_HELPERS: Final = frozenset(("run_jobs", "run_jobs.<locals>.worker", "asyncio_run"))

_tables: weakref.WeakKeyDictionary[type, dict[str, Kind | None]] = weakref.WeakKeyDictionary()


def split_id(id_: str) -> str:
    """Give what was called: a dispatcher's id is ``Class.method-UUID``."""
    if len(id_) > _UUID_LENGTH and id_[-_UUID_LENGTH - 1] == "-":
        return id_[: -_UUID_LENGTH - 1]
    return id_


def kind_of(owner: type | None, what: str, method: str, arguments: dict[str, Any]) -> Kind | None:
    """Tell how a call is traced; ``None`` where it is hidden. ``owner`` is the class of the instance, if there is one.

    A workflow's step comes as a function, and from workflows 1 as a method.
    """
    if owner is None or (method != "run" and "Workflow" in names_of(owner)):
        return _kind_of_function(owner, what, method, arguments)
    table = _tables.get(owner)
    if table is None:
        table = _tables[owner] = {}
    if method not in table:
        table[method] = _kind_of_method(owner, method)
    return table[method]


def _kind_of_method(owner: type, method: str) -> Kind | None:
    names = {c.__name__ for c in owner.__mro__ if c.__module__.startswith(("llama_index", "workflows"))}
    for name, methods in _CLASSES:
        if name in names:
            kind = (methods or {}).get(method)
            if kind is _POSTPROCESSOR and "rerank" in owner.__name__.lower():
                return _RERANKER
            return kind
    return _OTHER if not method.startswith("_") or method == "__call__" else HIDDEN


def _kind_of_function(owner: type | None, what: str, method: str, arguments: dict[str, Any]) -> Kind | None:
    event = _begin.event_in(arguments)
    if event is None:
        return HIDDEN if what in _HELPERS or method.startswith("_") else _OTHER
    of = names_of(owner) if owner is not None else frozenset((what.rpartition(".")[0].rpartition(".")[2],))
    if method in _AGENT_STEPS and not of.isdisjoint(("BaseWorkflowAgent", "AgentWorkflow")):
        if method == "call_tool":
            return _TOOL_STEP
        return _AGENT_STEP if method == "run_agent_step" and "AgentWorkflow" in of else HIDDEN
    return HIDDEN if method.startswith("_") else _STEP
