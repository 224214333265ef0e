"""The traces of a test: what was traced, and assertions that say what they found as a tree."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from typing import Any

import autolog
from autolog._model import Span, Trace, Usage, counted_spans
from autolog._render.facts import error_text
from autolog._render.numbers import dollars
from autolog._replay.seen import ModelCall, ToolCall, model_calls, tool_calls
from autolog._replay.tree import Tree, difference, tree_lines, tree_of

__all__ = ["Traces"]


class Traces:
    """What was traced since the test began, or since :meth:`clear`; every look waits for what has ended."""

    def __init__(self, exporter: autolog.MemoryExporter) -> None:
        self._exporter = exporter
        self._cleared: list[Trace] = []
        self._trees: list[Tree] = []

    @property
    def all(self) -> list[Trace]:
        """All traces, in the order in which their first span ended."""
        if not autolog.flush():
            raise AssertionError("the traces were not processed in 30 seconds")
        return self._exporter.traces

    @property
    def everything(self) -> list[Trace]:
        """All traces of the test, those that were cleared too."""
        return [*self._cleared, *self.all]

    @property
    def spans(self) -> list[Span]:
        """The spans of all traces, one trace after the other, each in order of start."""
        return [span for trace in self.all for span in trace.spans]

    @property
    def span(self) -> Span:
        """The only span. Raises ``AssertionError`` where there is none, or more than one."""
        __tracebackhide__ = True
        spans = self.spans
        if len(spans) != 1:
            raise AssertionError(self._with_tree(f"there are {len(spans)} spans, and .span is for the only one"))
        return spans[0]

    @property
    def llm(self) -> list[ModelCall]:
        """The calls of chat and text models in order of start, each once, whatever frameworks are around it."""
        return model_calls(sorted(self.spans, key=lambda span: span.start_time_ns))

    @property
    def tools(self) -> list[ToolCall]:
        """The tools that were called, in order: asked for by a model, run in a ``TOOL`` span, or both (once)."""
        return tool_calls(sorted(self.spans, key=lambda span: span.start_time_ns))

    @property
    def usage(self) -> Usage:
        """The tokens of all calls, each counted once."""
        return self._together().usage

    @property
    def cost(self) -> float | None:
        """US dollars of all calls whose price is known, ``None`` where none is."""
        return self._together().cost

    def clear(self) -> None:
        """Forget what was traced until now."""
        self._cleared += self.all
        self._exporter.clear()

    def tree(self, *, content: bool = False, ids: bool = False, times: bool = False) -> Tree:
        """Give the traces as nested plain dicts, the same on every run: for ``==`` and for snapshots.

        A span has ``name`` and ``type``, and where there is something to say ``status``, ``error``, ``outcome``,
        ``model``, ``tokens``, ``ended_by``, ``tools`` (called by the model), ``retries`` and ``children``. ``content``
        adds inputs and outputs, ``ids`` span ids, ``times`` start and end in nanoseconds, which in a test are fixed.
        """
        tree = tree_of(_ordered(self.all), content=content, ids=ids, times=times)
        self._trees.append(tree)
        return tree

    def assert_tree(self, expected: Sequence[Any], *, content: bool = False) -> None:
        """Check that :meth:`tree` is ``expected``, and show where it differs."""
        __tracebackhide__ = True
        tree = self.tree(content=content)
        if tree != expected:
            raise AssertionError("\n".join(["the trace is another one", *self.explain(tree, expected)]))

    def assert_tokens(
        self, *, max_total: int | None = None, max_input: int | None = None, max_output: int | None = None
    ) -> None:
        """Check that all calls together used no more than these tokens.

        A call of which the provider sent no counts cannot be checked, and fails too.
        """
        __tracebackhide__ = True
        if max_total is None and max_input is None and max_output is None:
            raise TypeError("assert_tokens() needs max_total, max_input or max_output")
        silent = [call for call in self.llm if call.span.usage is None and call.status == "OK"]
        if silent:
            names = ", ".join(call.span.name for call in silent)
            raise AssertionError(
                self._with_tree(
                    f"no tokens were sent for {len(silent)} of {len(self.llm)} calls ({names}), so their sum is unknown."
                    " A stream sends them if asked: stream_options={'include_usage': True}"
                )
            )
        usage = self.usage
        used_input, used_output = usage.input_tokens or 0, usage.output_tokens or 0
        over = [
            f"{used:,} {word}tokens were used, {used - limit:,} more than {name}={limit:,}"
            for used, word, name, limit in (
                (usage.counted_total or 0, "", "max_total", max_total),
                (used_input, "input ", "max_input", max_input),
                (used_output, "output ", "max_output", max_output),
            )
            if limit is not None and used > limit
        ]
        if over:
            raise AssertionError(self._with_tree("\n".join(over)))

    def assert_cost(self, *, max_usd: float) -> None:
        """Check that all calls together cost no more US dollars than this. A call without a known price fails too."""
        __tracebackhide__ = True
        calls = list(counted_spans(self.spans))
        unpriced = sorted({str(ModelCall(span).model) for span in calls if span.cost is None})
        if unpriced:
            raise AssertionError(
                self._with_tree(
                    f"no price is known of {', '.join(unpriced)}, so the cost is unknown."
                    " Say it: autolog.configure(prices={'my-model': {'input': 0.5, 'output': 1.5}})"
                )
            )
        cost = self.cost or 0.0
        if cost > max_usd:
            raise AssertionError(self._with_tree(f"the calls cost {dollars(cost)}, more than max_usd={max_usd}"))

    def assert_tools(self, names: Sequence[str]) -> None:
        """Check that exactly these tools were called, in this order."""
        __tracebackhide__ = True
        called, expected = [tool.name for tool in self.tools], list(names)
        if called != expected:
            lines = list(difflib.ndiff(expected, called)) if expected and called else []
            head = f"the tools called were {called}, not {expected}"
            raise AssertionError(self._with_tree("\n".join([head, *(f"  {line.rstrip()}" for line in lines)])))

    def assert_no_errors(self) -> None:
        """Check that no span ended in an error, those that the program handled included."""
        __tracebackhide__ = True
        failed = [span for span in self.spans if span.status == "ERROR"]
        if failed:
            errors = [f"  {span.name}: {error_text(span) or 'error'}" for span in failed]
            count = f"{len(failed)} spans" if len(failed) > 1 else "a span"
            raise AssertionError(self._with_tree("\n".join([f"{count} ended in an error:", *errors])))

    def gave(self, value: object) -> bool:
        """Tell whether this very object was given by :meth:`tree`."""
        return any(value is tree for tree in self._trees)

    @staticmethod
    def explain(actual: Sequence[Any], expected: Sequence[Any]) -> list[str]:
        """Give the difference of two trees as a tree: ``-`` was expected, ``+`` is there."""
        lines = difference(expected, actual)
        return ["- expected, + traced", *lines] if lines else []

    def __str__(self) -> str:
        return "\n".join(tree_lines(tree_of(_ordered(self.all)))) or "(nothing was traced)"

    def _together(self) -> Trace:
        return Trace("", tuple(self.spans))

    def _with_tree(self, text: str) -> str:
        return "\n".join([text, "", "traced:", *(f"  {line}" for line in str(self).splitlines())])


def _ordered(traces: list[Trace]) -> list[Trace]:
    return sorted(traces, key=lambda trace: trace.start_time_ns)
