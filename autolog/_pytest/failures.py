"""How a test fails that is replayed: failures of pytest's own kind, which no client retries or wraps."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest

from autolog._replay.tape import CassetteError, ReplayDriftError, ReplayMiss, SecretError

if TYPE_CHECKING:
    from _pytest.outcomes import Failed
else:
    Failed = pytest.fail.Exception

__all__ = ["LlmReplayFailed", "LlmReplayMiss", "told_plainly"]


class LlmReplayFailed(Failed):
    """What replaying found wrong with a test."""

    __module__ = "builtins"  # as pytest's own: the name is what is read in its summary

    def __init__(self, text: str) -> None:
        super().__init__(msg=text, pytrace=False)


class LlmReplayMiss(ReplayMiss, Failed):
    """A request that is not in the cassette: a failure of the test, which no client retries or wraps."""

    __module__ = "builtins"
    msg: str | None = None

    def __init__(self, text: str, *args: Any, **kwargs: Any) -> None:
        super().__init__(text, *args, **kwargs)
        self.msg = text
        # The way through the client's inside is long, and the text says where the call was made.
        self.pytrace = False


@contextmanager
def told_plainly() -> Generator[None]:
    """Show what is wrong with a cassette without the way to it through this code."""
    try:
        yield
    except (CassetteError, ReplayDriftError, SecretError) as e:
        raise LlmReplayFailed(str(e)) from None
