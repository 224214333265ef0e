"""What is kept of an exception: its words and its places, never the object (it would keep the user's frames alive)."""

from __future__ import annotations

from collections.abc import Sequence
from types import TracebackType
from typing import TYPE_CHECKING

from autolog._names import Outcome

if TYPE_CHECKING:
    from autolog._model import ExceptionInfo

__all__ = ["Failure", "failure_of", "outcome_of"]

_CHAIN_LIMIT = 8
_FRAME_LIMIT = 64


_Frame = tuple[str, int, str]
"""File, line and function."""


class Failure:
    """An exception as it was when it passed: type, message, frames, and what it was raised from or during."""

    __slots__ = ("chain", "chained_by", "frames", "message", "type")

    def __init__(
        self, kind: str, message: str, frames: Sequence[_Frame], chain: Failure | None, chained_by: str
    ) -> None:
        self.type = kind
        self.message = message
        self.frames = frames
        self.chain = chain
        self.chained_by = chained_by

    def info(self) -> ExceptionInfo:
        """Format the traceback, which reads source files: for the background only."""
        from autolog._model import ExceptionInfo
        from autolog._tracing.keys import hide_keys

        return ExceptionInfo(self.type, hide_keys(self.message), hide_keys("".join(self._lines())))

    def _lines(self) -> list[str]:
        import linecache

        lines: list[str] = []
        if self.chain is not None:
            lines += self.chain._lines()
            lines.append(f"\n{self.chained_by}\n\n")
        if self.frames:
            lines.append("Traceback (most recent call last):\n")
        for file, line, function in self.frames:
            lines.append(f'  File "{file}", line {line}, in {function}\n')
            source = linecache.getline(file, line).strip()
            if source:
                lines.append(f"    {source}\n")
        lines.append(f"{self.type}: {self.message}\n" if self.message else f"{self.type}\n")
        return lines


def _message(exc: BaseException) -> str:
    try:
        return str(exc)
    except Exception as e:
        return f"<its __str__ raised {type(e).__name__}>"


def _frames(tb: TracebackType | None) -> list[_Frame]:
    found: list[_Frame] = []
    while tb is not None and len(found) < _FRAME_LIMIT:
        code = tb.tb_frame.f_code
        if not code.co_filename.startswith(_OWN_FOLDER):
            found.append((code.co_filename, tb.tb_lineno, code.co_qualname))
        tb = tb.tb_next
    return found


# Frames of our own wrappers say nothing about the user's program.
_OWN_FOLDER = __file__.rpartition("_tracing")[0]


def failure_of(exc: BaseException, *, depth: int = 0) -> Failure:
    """Keep what can be read of an exception without any I/O."""
    kind = type(exc)
    name = kind.__qualname__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__qualname__}"
    chain: BaseException | None = None
    words = ""
    if depth < _CHAIN_LIMIT:
        if exc.__cause__ is not None:
            chain, words = exc.__cause__, "The above exception was the direct cause of the following exception:"
        elif exc.__context__ is not None and not exc.__suppress_context__:
            chain, words = exc.__context__, "During handling of the above exception, another exception occurred:"
    return Failure(
        name,
        _message(exc),
        _frames(exc.__traceback__),
        failure_of(chain, depth=depth + 1) if chain is not None else None,
        words,
    )


def outcome_of(exc: BaseException) -> Outcome:
    """Tell a cancellation or an abandonment from an error.

    By class name, because asyncio, trio and anyio have a cancellation each and none of them may be imported here.
    """
    if isinstance(exc, GeneratorExit):
        return "abandoned"
    if isinstance(exc, Exception):
        return "error"
    if isinstance(exc, KeyboardInterrupt) or any(
        c.__name__ in ("CancelledError", "Cancelled") for c in type(exc).__mro__
    ):
        return "cancelled"
    return "error"
