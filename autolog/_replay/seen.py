"""What a test wants to know of a trace: the model calls and the tools that were called."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, cast

from autolog import semconv
from autolog._model import Span, SpanType, Usage
from autolog._render.facts import model_of

__all__ = ["ModelCall", "Tokens", "ToolCall", "model_calls", "tool_calls"]

_MODELS: Final = frozenset({SpanType.CHAT_MODEL, SpanType.LLM})


@dataclass(frozen=True, slots=True)
class Tokens:
    """The tokens of a call as the provider sent them, ``None`` where it sent none."""

    input: int | None = None
    output: int | None = None
    total: int | None = None
    cached: int | None = None
    cache_creation: int | None = None
    reasoning: int | None = None
    audio_input: int | None = None
    audio_output: int | None = None


@dataclass(frozen=True, slots=True)
class ModelCall:
    """One call of a model: the span, and what is asked of it most often."""

    span: Span

    @property
    def model(self) -> str | None:
        """The model that answered, else the one that was asked."""
        return model_of(self.span)

    @property
    def tokens(self) -> Tokens:
        """The tokens that the provider counted."""
        usage = self.span.usage or Usage()
        return Tokens(
            usage.input_tokens,
            usage.output_tokens,
            usage.total_tokens,
            usage.cached_input_tokens,
            usage.cache_creation_tokens,
            usage.reasoning_tokens,
            usage.audio_input_tokens,
            usage.audio_output_tokens,
        )

    @property
    def cost(self) -> float | None:
        """US dollars, ``None`` where no price is known."""
        return self.span.cost

    @property
    def status(self) -> str:
        """``"OK"`` or ``"ERROR"``."""
        return self.span.status

    @property
    def finish_reasons(self) -> list[str]:
        """Why the model stopped, one for each choice."""
        return list(self.span.attributes.get(semconv.FINISH_REASONS) or ())

    @property
    def text(self) -> str:
        """What the model wrote."""
        return "".join(str(part.get("content") or "") for part in _parts(self.span) if part.get("type") == "text")

    @property
    def tools(self) -> list[str]:
        """The names of the tools that the model called."""
        return [call.name for call in _called(self.span)]


@dataclass(frozen=True, slots=True)
class ToolCall:
    """A tool that was called: by a model, by the program (a ``TOOL`` span), or both, which is one call.

    ``arguments`` are parsed where they are JSON. ``result`` is what the tool's span has as outputs.
    """

    name: str
    arguments: Any = None
    result: Any = None
    span: Span | None = None


def model_calls(spans: Iterable[Span]) -> list[ModelCall]:
    """Give the calls of chat and text models in order of start: of nested spans of one call the innermost."""
    by_id = {span.span_id: span for span in spans}
    outer: set[str] = set()
    for span in by_id.values():
        if span.span_type not in _MODELS:
            continue
        parent = by_id.get(span.parent_id or "")
        while parent is not None and parent.span_id not in outer:
            outer.add(parent.span_id)
            parent = by_id.get(parent.parent_id or "")
    return [ModelCall(s) for s in by_id.values() if s.span_type in _MODELS and s.span_id not in outer]


def tool_calls(spans: Sequence[Span]) -> list[ToolCall]:
    """Give the tools in the order in which they were called; a tool that no model asked for stands where it ran."""
    moments: list[tuple[int, Span]] = [(s.start_time_ns, s) for s in spans if s.span_type == SpanType.TOOL]
    # A model's calls are known when its answer is there.
    moments += [(c.span.end_time_ns or c.span.start_time_ns, c.span) for c in model_calls(spans)]
    moments.sort(key=lambda moment: moment[0])
    found: list[ToolCall] = []
    waiting: Counter[str] = Counter()
    for _, span in moments:
        if span.span_type != SpanType.TOOL:
            asked = _called(span)
            found += asked
            waiting.update(call.name for call in asked)
            continue
        ran = ToolCall(_tool_name(span), span.inputs, span.outputs, span)
        if not waiting[ran.name]:
            found.append(ran)
            continue
        waiting[ran.name] -= 1
        at = next(i for i, call in enumerate(found) if call.name == ran.name and call.span is None)
        found[at] = ToolCall(ran.name, found[at].arguments, span.outputs, span)
    return found


def _tool_name(span: Span) -> str:
    return str(span.attributes.get(semconv.TOOL_NAME) or span.name)


def _called(span: Span) -> list[ToolCall]:
    """The tools that a model called: with their arguments where content is kept, else by name."""
    parts = [p for p in _parts(span) if p.get("type") in ("tool_call", "server_tool_call") and p.get("name")]
    if parts:
        return [ToolCall(str(part["name"]), _parsed(part.get("arguments"))) for part in parts]
    return [ToolCall(str(name)) for name in span.attributes.get(semconv.TOOL_CALLS) or ()]


def _parsed(arguments: Any) -> Any:
    if not isinstance(arguments, str):
        return arguments
    try:
        return json.loads(arguments)
    except ValueError:
        return arguments


def _parts(span: Span) -> Iterator[Mapping[str, Any]]:
    messages: Any = span.attributes.get(semconv.OUTPUT_MESSAGES) or ()
    for message in cast("Sequence[Mapping[str, Any]]", messages):
        yield from cast("Sequence[Mapping[str, Any]]", message.get("parts") or ())
