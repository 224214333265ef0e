"""``autolog.replay``: the HTTP calls of a block answered from a cassette, or recorded into it."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Iterable
from importlib.util import find_spec
from pathlib import Path
from types import TracebackType
from typing import Any, TypeVar

from autolog._replay.block import Block, Options
from autolog._replay.cassette import CassetteError
from autolog._replay.deck import ReplayDriftError, Tape, UnusedInteractionsError
from autolog._replay.faults import Fault
from autolog._replay.gate import SecretError
from autolog._replay.hosts import Hosts
from autolog._replay.match import rules_for
from autolog._replay.nearmiss import Hints
from autolog._replay.session import Call, Miss, ReplayMiss

__all__ = [
    "Call",
    "CassetteError",
    "Hints",
    "Miss",
    "ReplayDriftError",
    "ReplayMiss",
    "Replaying",
    "SecretError",
    "Tape",
    "UnusedInteractionsError",
    "replay",
]

_F = TypeVar("_F", bound=Callable[..., Any])


class Replaying:
    """A block to come: a context manager, sync and async, and a decorator for functions of both kinds."""

    def __init__(self, options: Options) -> None:
        self._options = options
        self._open: Block | None = None

    def __enter__(self) -> Tape:
        if self._open is not None:
            raise RuntimeError("this replay is in use already; call autolog.replay() again for another block")
        self._open = Block(self._options)
        return self._open.tape

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        block, self._open = self._open, None
        if block is not None:
            block.close(error)

    async def __aenter__(self) -> Tape:
        return self.__enter__()

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.__exit__(kind, error, traceback)

    def __call__(self, function: _F) -> _F:
        """Replay each call of a function."""
        options = self._options

        if inspect.iscoroutinefunction(function):

            @functools.wraps(function)
            async def replayed_async(*args: Any, **kwargs: Any) -> Any:
                async with Replaying(options):
                    return await function(*args, **kwargs)

            return replayed_async  # type: ignore[return-value]
        if inspect.isgeneratorfunction(function) or inspect.isasyncgenfunction(function):
            raise TypeError("autolog.replay() decorates functions, not generators: put a with block inside of it")

        @functools.wraps(function)
        def replayed(*args: Any, **kwargs: Any) -> Any:
            with Replaying(options):
                return function(*args, **kwargs)

        return replayed  # type: ignore[return-value]


def replay(
    path: str | Path,
    *,
    mode: str | None = None,
    ignore: Iterable[str] = (),
    normalize: Callable[[Any], Any] | str | None = None,
    order: str = "any",
    repeats: bool = False,
    record_errors: bool = False,
    timing: float = 0.0,
    faults: Iterable[Fault] = (),
    allow_hosts: Iterable[str] = (),
    unused: str = "error",
    miss_error: type[BaseException] = ReplayMiss,
    max_age: Any = None,
    owner: str = "",
    hints: Hints | None = None,
) -> Replaying:
    """Answer all HTTP calls of a block from a cassette: ``with``, ``async with`` or a decorator.

    ``mode``: ``"replay"`` (the default, the network is refused), ``"missing"`` (record what is not there yet),
    ``"all"`` (record anew), ``"stale"`` (the same for a cassette older than ``max_age``, 30 days by default),
    ``"verify"`` (call, compare the shape, write nothing). Without it AUTOLOG_RECORD decides, and ``CI`` forces replay.

    ``ignore``: JSON paths of the body that do not count (``messages[*].content.date``), ``?name`` for the query.
    ``normalize``: a function over the parsed body, or ``"dates"``. ``order="strict"``: calls come as recorded.
    ``repeats``: answer again with the last recording when all were given. ``record_errors``: keep answers from status
    400 on and broken streams. ``timing``: how much of the recorded waiting is done, 0 none, 1.0 all of it, 2.0 twice as
    much. ``faults``: see ``autolog.faults``. ``allow_hosts``: names or regular expressions of hosts that are called
    unrecorded. ``unused``: ``"error"``, ``"warn"`` or ``"ignore"`` interactions that were not replayed. ``owner`` names
    the test that records, where several record into one file; ``hints`` and ``miss_error`` shape what is said of a
    miss.

    The block raises :class:`ReplayMiss` for a call that is not in the cassette, and once more at its end where the
    program caught it; :class:`UnusedInteractionsError`, ``SecretError`` (what was recorded must not be written),
    :class:`ReplayDriftError`, :class:`CassetteError`. What it recorded is saved if it succeeds. Raises ``ValueError``
    for options that are none, ``ImportError`` without vcrpy.
    """
    if find_spec("vcr") is None:
        raise ImportError("replaying needs vcrpy: pip install 'autolog-genai[replay]'")
    where = Path(path)
    return Replaying(
        Options(
            path=where.absolute() if where.suffix else where.absolute().with_name(f"{where.name}.yaml"),
            mode=mode,
            rules=rules_for(ignore, normalize),
            order=order,
            repeats=repeats,
            record_errors=record_errors,
            timing=timing,
            faults=tuple(faults),
            hosts=Hosts(allow_hosts),
            unused=unused,
            miss_error=miss_error,
            max_age=max_age,
            owner=owner,
            hints=hints or Hints(),
        )
    )
