"""The reader, imported with the first run that is read: in the background."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from autolog.integration import EndedCall, Fields

__all__ = ["read"]


def read(call: EndedCall) -> Fields:
    """Read one ended run."""
    from autolog_langchain._read import read_run

    return read_run(call)
