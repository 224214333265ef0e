"""What of a span may be kept: the one place where content is withheld and the user's processors run."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Final

from autolog import semconv
from autolog._model import Span
from autolog._pipeline.attributes import CONTENT
from autolog._pipeline.places import places_in
from autolog._tracing.guard import report

__all__ = ["process", "without_content"]


# Beside the messages themselves: what a request holds in words of its own.
_WORDS: Final = CONTENT | {semconv.TOOL_DESCRIPTION, semconv.REQUEST_PREFIX + "stop_sequences"}


def without_content(span: Span) -> Span:
    """Give the span without what people and models said.

    Of an exception its type and its places stay: a message often repeats what it is about, and so may a line of source.
    """
    attributes = {k: v for k, v in span.attributes.items() if k not in _WORDS}
    url, problem = attributes.get(semconv.REQUEST_URL), attributes.get(semconv.READER_ERROR)
    if isinstance(url, str):
        attributes[semconv.REQUEST_URL] = url.partition("?")[0]
    if isinstance(problem, str):
        attributes[semconv.READER_ERROR] = problem.partition(":")[0]
    failure = span.exception
    return replace(
        span,
        inputs=None,
        outputs=None,
        attributes=attributes,
        events=tuple(replace(e, attributes={}) for e in span.events),
        exception=failure and replace(failure, message="", traceback=places_in(failure.traceback)),
    )


def process(span: Span, processors: Sequence[Callable[[Span], Span | None]]) -> Span | None:
    """Run the user's processors over a span; ``None`` where one of them drops it.

    One that raises, or gives something else, was meant to take something out: the span is kept without its content.
    """
    for processor in processors:
        try:
            result = processor(span)
            if result is not None and not isinstance(result, Span):  # pyright: ignore[reportUnnecessaryIsInstance]
                raise TypeError(f"a processor gives a Span or None, and this gave a {type(result).__name__}")
        except Exception as e:
            name = getattr(processor, "__name__", type(processor).__name__)
            report(f"the processor {name}", e)
            bare = without_content(span)
            # Only the type: the message may well hold what was to be taken out.
            return replace(bare, attributes={**bare.attributes, semconv.PROCESSOR_ERROR: type(e).__name__})
        if result is None:
            return None
        span = result
    return span
