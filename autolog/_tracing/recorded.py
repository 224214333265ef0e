"""Exceptions that a program records itself: words instead of an exception, and several in one span."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from autolog import semconv
from autolog._tracing.failure import Failure

__all__ = ["FailureAttributes", "as_exception"]


class FailureAttributes(Mapping[str, Any]):
    """An exception as the attributes of an event, read in the background: its traceback needs source files."""

    __slots__ = ("_failure", "_read")

    def __init__(self, failure: Failure) -> None:
        self._failure = failure
        self._read: dict[str, Any] | None = None

    def _values(self) -> dict[str, Any]:
        if self._read is None:
            info = self._failure.info()
            self._read = {
                semconv.EXCEPTION_TYPE: info.type,
                semconv.EXCEPTION_MESSAGE: info.message,
                semconv.EXCEPTION_STACKTRACE: info.traceback,
            }
        return self._read

    def __getitem__(self, key: str) -> Any:
        return self._values()[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._values())

    def __len__(self) -> int:
        return len(self._values())

    def __repr__(self) -> str:
        return repr(self._values())


def as_exception(words: object) -> BaseException:
    """Give what was recorded instead of an exception as one."""
    try:
        return Exception(str(words))
    except Exception as e:
        return Exception(f"<its __str__ raised {type(e).__name__}>")
