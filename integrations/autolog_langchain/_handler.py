"""What LangChain calls back on: each event, on the thread of the program."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from autolog.integration import SpanType, now_ns, report, snapshot
from autolog_langchain._describe import name_of, type_of_chain
from autolog_langchain._keep import keep_documents, keep_generations, keep_messages
from autolog_langchain._recorder import Recorder
from autolog_langchain._unknown import unknown_event

if TYPE_CHECKING:
    from uuid import UUID

    from autolog_langchain._runs import Runs

__all__ = ["Events", "make_handler"]


class Events:
    """Every event of LangChain's callback handlers."""

    name = "autolog"
    # An async callback manager calls such a handler in the program's own task, where the context is the right one.
    run_inline = True
    raise_error = False
    recorder: Recorder

    def _persist_run(self, run: Any) -> None:
        """There are no run objects to persist."""

    def on_chat_model_start(self, serialized: Any, messages: Any, *, run_id: UUID, **about: Any) -> None:
        prompts: Any = messages[0] if messages else ()
        self._model_started("chat", SpanType.CHAT_MODEL, serialized, lambda: keep_messages(prompts), run_id, about)

    def on_llm_start(self, serialized: Any, prompts: Any, *, run_id: UUID, **about: Any) -> None:
        self._model_started("llm", SpanType.LLM, serialized, lambda: list(prompts), run_id, about)

    def _model_started(
        self,
        kind: str,
        span_type: str,
        serialized: Any,
        make: Callable[[], Any],
        run_id: UUID,
        about: Mapping[str, Any],
    ) -> None:
        run = self.recorder.start(kind, span_type, serialized, make, run_id, about)
        if run is None or run.kept is None:
            return
        try:
            run.kept.facts["params"] = snapshot(about.get("invocation_params"))
            run.kept.facts["options"] = snapshot(about.get("options"))
        except Exception as e:
            report("reading the parameters of a model", e)
        # Of several prompts all runs start before the first call: `_guards` makes the right one current for each.
        if about.get("batch_size", 1) == 1:
            self.recorder.runs.open_window(run)

    def on_llm_new_token(self, token: Any, *, run_id: UUID, **_more: Any) -> None:  # noqa: ARG002  (LangChain's name)
        run = self.recorder.runs.get(run_id)
        if run is not None:
            self.recorder.runs.chunk(run, now_ns())

    def on_stream_event(self, event: Any, *, run_id: UUID, **_more: Any) -> None:  # noqa: ARG002  (LangChain's name)
        run = self.recorder.runs.get(run_id)
        if run is not None:
            self.recorder.runs.chunk(run, now_ns())

    def on_llm_end(self, response: Any, *, run_id: UUID, **_more: Any) -> None:
        self.recorder.end(run_id, lambda: keep_generations(response))

    def on_llm_error(self, error: BaseException, *, run_id: UUID, response: Any = None, **_more: Any) -> None:
        self.recorder.fail(run_id, error, response)

    def on_chain_start(self, serialized: Any, inputs: Any, *, run_id: UUID, **about: Any) -> None:
        title = about["name"] = about.get("name") or name_of(serialized, "chain")
        kind, span_type = type_of_chain(about.get("run_type"), title, about.get("tags"), about.get("metadata"))
        given = None if about.get("defers_inputs") else inputs  # deferred: a stream, whose items come at the end
        self.recorder.start(kind, span_type, serialized, lambda: snapshot(given), run_id, about)

    def on_chain_end(self, outputs: Any, *, run_id: UUID, inputs: Any = None, **_more: Any) -> None:
        if inputs is not None:  # of a chain that was given a stream: known only now
            self.recorder.inputs(run_id, inputs)
        self.recorder.end(run_id, lambda: snapshot(outputs))

    def on_chain_error(self, error: BaseException, *, run_id: UUID, inputs: Any = None, **_more: Any) -> None:
        if inputs is not None:
            self.recorder.inputs(run_id, inputs)
        self.recorder.fail(run_id, error)

    def on_tool_start(self, serialized: Any, input_str: str, *, run_id: UUID, **about: Any) -> None:
        inputs = about.get("inputs")
        given = input_str if inputs is None else inputs
        run = self.recorder.start("tool", SpanType.TOOL, serialized, lambda: snapshot(given), run_id, about)
        if run is not None and run.kept is not None:
            run.kept.facts["tool_call_id"] = snapshot(about.get("tool_call_id"))

    def on_tool_end(self, output: Any, *, run_id: UUID, **_more: Any) -> None:
        self.recorder.end(run_id, lambda: snapshot(output))

    def on_tool_error(self, error: BaseException, *, run_id: UUID, **_more: Any) -> None:
        self.recorder.fail(run_id, error)

    def on_retriever_start(self, serialized: Any, query: Any, *, run_id: UUID, **about: Any) -> None:
        run = self.recorder.start("retriever", SpanType.RETRIEVER, serialized, lambda: snapshot(query), run_id, about)
        if run is not None:
            self.recorder.runs.open_window(run)

    def on_retriever_end(self, documents: Any, *, run_id: UUID, **_more: Any) -> None:
        self.recorder.end(run_id, lambda: keep_documents(documents))

    def on_retriever_error(self, error: BaseException, *, run_id: UUID, **_more: Any) -> None:
        self.recorder.fail(run_id, error)

    def on_retry(self, retry_state: Any, *, run_id: UUID, **_more: Any) -> None:
        self.recorder.note(run_id, "retry", lambda: {"attempt": snapshot(getattr(retry_state, "attempt_number", None))})

    def on_custom_event(self, name: str, data: Any, *, run_id: UUID, **_more: Any) -> None:
        self.recorder.note(run_id, name, lambda: {"data": data})

    def on_agent_action(self, action: Any, *, run_id: UUID, **_more: Any) -> None:
        self.recorder.note(run_id, "agent_action", lambda: {"action": action})

    def on_agent_finish(self, finish: Any, *, run_id: UUID, **_more: Any) -> None:
        self.recorder.note(run_id, "agent_finish", lambda: {"finish": finish})

    def on_text(self, text: str, **_more: Any) -> None:
        """A log line of a chain: said elsewhere too."""

    def __getattr__(self, name: str) -> Any:
        """Take the events that a later LangChain may have."""
        if name.startswith("ignore_"):
            return False
        if not name.startswith("on_"):
            raise AttributeError(name)
        return unknown_event(self.recorder, name)


def make_handler(base_tracer: type[Any], runs: Runs) -> Any:
    """Make the handler: a ``BaseTracer``, for LangGraph gives what its trace policy lets out to tracers only."""
    kind = type("AutologHandler", (Events, base_tracer), {"__module__": __name__, "__doc__": Events.__doc__})
    handler = kind()
    handler.recorder = Recorder(runs)
    return handler
