"""The same cassette twice, here and with plain vcrpy: a test of what is better here has to fail there."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import pytest
import vcr

from autolog._replay.tape import replay

__all__ = ["EITHER", "Tape", "fails_there", "ours", "vcrpys"]

Tape = Callable[..., AbstractContextManager[Any]]

_MODES = {"missing": "new_episodes", "all": "all"}


def ours(path: Path, mode: str, **options: Any) -> AbstractContextManager[Any]:
    return replay(path, mode=mode, **{"unused": "ignore", **options})


def vcrpys(path: Path, mode: str, **options: Any) -> AbstractContextManager[Any]:
    return vcr.use_cassette(str(path), record_mode=_MODES.get(mode, "none"), **options)  # type: ignore[no-any-return]


def fails_there(*values: Any, tool: str) -> Any:
    """A parameter with which the test has to fail. When it passes, the other tool has learned it, and less is to be done here."""
    reason = f"{tool} does not do this"
    mark = pytest.mark.xfail(strict=True, raises=(AssertionError, pytest.fail.Exception), reason=reason)
    return pytest.param(*values, id=tool, marks=mark)


EITHER = [pytest.param(ours, id="autolog"), fails_there(vcrpys, tool="vcrpy")]
