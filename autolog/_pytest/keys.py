"""Where the plugin keeps what belongs to a test and to the run. Imports nothing of autolog: every run loads it."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from autolog._pytest.room import Room
    from autolog._pytest.tracing import Session

__all__ = ["ROOM", "SESSION", "SHARED", "TESTS"]

ROOM: pytest.StashKey[Room] = pytest.StashKey()
"""Of an item: its cassette."""

SESSION: pytest.StashKey[Session] = pytest.StashKey()
"""Of an item, and of the config while that item runs: its tracing."""

SHARED: pytest.StashKey[Counter[str]] = pytest.StashKey()
"""Of the config: how many of the collected tests name each path."""

TESTS: pytest.StashKey[int] = pytest.StashKey()
"""Of the config: how many of the collected tests have the marker."""
