"""Keep what OpenTelemetry's SDK logs about our own sending from the program, and nothing else."""

from __future__ import annotations

import logging
import re
from collections.abc import Generator
from contextlib import contextmanager
from contextvars import ContextVar

__all__ = ["hushed", "unhush", "without_secrets"]

_LOGGERS = ("opentelemetry.", "urllib3.", "grpc.")
_said: ContextVar[list[str] | None] = ContextVar("autolog_otlp_said", default=None)


def _only_of_others(record: logging.LogRecord) -> bool:
    said = _said.get()
    if said is None:
        return True
    if record.name.startswith("opentelemetry.exporter."):
        said.append(without_secrets(record.getMessage()))
    return False


def _loggers() -> list[logging.Logger]:
    known = list(logging.Logger.manager.loggerDict.items())
    return [logger for name, logger in known if isinstance(logger, logging.Logger) and name.startswith(_LOGGERS)]


@contextmanager
def hushed() -> Generator[list[str]]:
    """Give the list of what the SDK's exporter says in this block, which no log handler gets to see.

    The program's own use of OpenTelemetry, on other threads or outside the block, is logged as ever.
    """
    for logger in _loggers():
        logger.addFilter(_only_of_others)
    said: list[str] = []
    token = _said.set(said)
    try:
        yield said
    finally:
        _said.reset(token)


def unhush() -> None:
    """Leave the loggers as they were."""
    for logger in _loggers():
        logger.removeFilter(_only_of_others)


def without_secrets(text: str) -> str:
    """Take the parts of addresses out that may hold a key: user, password and query."""
    text = re.sub(r"//[^/@\s]*@", "//", text)
    return re.sub(r"\?[^\s)'\"]*", "?…", text)
