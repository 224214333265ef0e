"""How a command ends: the exit codes that scripts rely on, and the one error that people see as one line."""

from __future__ import annotations

from typing import Final

__all__ = ["FOUND", "NOTHING", "STORE", "USAGE", "CommandError"]

FOUND: Final = 0
NOTHING: Final = 1
USAGE: Final = 2
STORE: Final = 3


class CommandError(Exception):
    """Ends the command with one line on standard error, which names the fix, and an exit code."""

    def __init__(self, message: str, *, code: int = USAGE) -> None:
        super().__init__(message)
        self.code = code
