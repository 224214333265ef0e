"""The block of ``autolog.replay`` while it runs: clients patched, network refused, and what its end comes to."""

from __future__ import annotations

import os
import threading
import warnings
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, cast

from autolog._replay.cassette import Cassette, RecordedRequest
from autolog._replay.changes import changes_of
from autolog._replay.deck import ReplayDriftError, Tape, UnusedInteractionsError
from autolog._replay.drift import drift_of
from autolog._replay.faults import Fault
from autolog._replay.format import load
from autolog._replay.hosts import Hosts
from autolog._replay.modes import check_timing, effective_mode, parse_age, requested_mode
from autolog._replay.nearmiss import Hints, summary
from autolog._replay.network import refused
from autolog._replay.normalise import Rules
from autolog._replay.saving import interactions_of, save_recorded
from autolog._replay.session import ReplayMiss, Session

__all__ = ["Block", "Options"]


@dataclass(frozen=True)
class Options:
    """The arguments of ``autolog.replay``, checked."""

    path: Path
    mode: str | None
    rules: Rules
    order: str
    repeats: bool
    record_errors: bool
    timing: float
    faults: tuple[Fault, ...]
    hosts: Hosts
    unused: str
    miss_error: type[BaseException]
    max_age: Any
    owner: str
    hints: Hints

    def __post_init__(self) -> None:
        if self.order not in ("any", "strict"):
            raise ValueError(f"order is 'any' or 'strict', not {self.order!r}")
        if self.unused not in ("error", "warn", "ignore"):
            raise ValueError(f"unused is 'error', 'warn' or 'ignore', not {self.unused!r}")
        check_timing(self.timing)
        if not all(isinstance(cast("Any", fault), Fault) for fault in self.faults):
            raise ValueError("faults are made by error_at, cut_stream_at, slow and timeout_at of autolog.faults")
        if self.max_age is not None:
            parse_age(self.max_age)
        requested_mode(self.mode, os.environ)


_active: list[Block] = []
_active_lock = threading.Lock()


class Block:
    """A block that is running: from its start, all clients of the process are answered from its tape."""

    def __init__(self, options: Options) -> None:
        self._options = options
        self._thread = threading.get_ident()
        exists = options.path.is_file()
        self._cassette = load(options.path) if exists else Cassette(options.path)
        requested = requested_mode(options.mode, os.environ)
        mode = effective_mode(requested, self._cassette, exists=exists, max_age=options.max_age)
        self._session = Session(
            self._cassette,
            mode,
            options.rules,
            exists=exists,
            strict=options.order == "strict",
            repeats=options.repeats,
            timing=options.timing,
            faults=options.faults,
            hosts=options.hosts,
            miss_error=options.miss_error,
            hints=replace(options.hints, rules=options.rules),
        )
        self.tape = Tape(options.path, mode, self._session)
        self._stack = ExitStack()
        try:
            self._patch()
        except BaseException:
            self._stack.close()
            raise

    def _patch(self) -> None:
        from autolog._replay.vcr_seam import patched

        with _active_lock:
            if _active and _active[-1]._thread != self._thread:
                raise RuntimeError(
                    f"{_active[-1].tape.path} is being replayed in another thread; the clients of a process can answer "
                    "from one cassette at a time"
                )
            _active.append(self)
        self._stack.callback(self._left)
        self._stack.enter_context(patched(self._session))
        if self.tape.mode == "replay":
            self._stack.enter_context(refused(self._options.hosts, self._refused))

    def _left(self) -> None:
        with _active_lock:
            _active.remove(self)

    def _refused(self, text: str, uri: str) -> BaseException:
        return self._session.miss(RecordedRequest("CONNECT", uri), text=text)

    def close(self, error: BaseException | None) -> None:
        if _active[-1] is not self:
            raise RuntimeError(f"{_active[-1].tape.path} was begun later and has to end first: nest the blocks")
        self._session.end()
        self._stack.close()
        if self.tape.misses:
            self._raise_misses(error)
        elif error is None and not self.tape.discarded:
            self._conclude()

    def _raise_misses(self, error: BaseException | None) -> None:
        misses = self.tape.misses
        if isinstance(error, (ReplayMiss, self._options.miss_error)):
            return  # it is on its way, undisguised
        if error is not None and not isinstance(error, (Exception, BaseExceptionGroup)):
            return  # an interrupt, an exit, a test that skips itself
        one = len(misses) == 1
        how = "but the program went on" if error is None else "and the program made another error of it"
        lines = [f"{'a request was' if one else f'{len(misses)} requests were'} not in the cassette, {how}:"]
        for miss in misses[:5]:
            caught = miss.caught
            lines.append(f"  made at {miss.where}" + (f"; the error ended at {caught}" if caught else ""))
        lines += ["", "\n\n".join(dict.fromkeys(miss.text for miss in misses[:5]))]
        told = self._options.miss_error("\n".join(lines))
        told.text, told.request = "\n".join(lines), misses[0].request  # type: ignore[attr-defined]
        raise told from error

    def _conclude(self) -> None:
        """The block succeeded: save what it recorded, look for what it did not use."""
        tape, options = self.tape, self._options
        if tape.mode == "verify":
            unused = [] if options.unused == "ignore" else self._session.unused
            tape.drift += drift_of(self._session.exchanges, unused)
            if tape.drift:
                raise ReplayDriftError("\n".join((f"{tape.path} is no longer what is answered:", *tape.drift)))
            return
        if tape.mode in ("missing", "all"):
            self._save()
            return
        unused = tape.unused
        if not unused or options.unused == "ignore":
            return
        lines = [f"interaction #{each.index + 1} was never replayed: {summary(each)}" for each in unused[:10]]
        if len(unused) > 10:
            lines.append(f"and {len(unused) - 10} more")
        lines.append(f'cassette: {tape.path}; to allow it: unused="ignore"')
        if options.unused == "warn":
            warnings.warn("\n".join(lines), UserWarning, stacklevel=4)
            return
        raise UnusedInteractionsError("\n".join(lines))

    def _save(self) -> None:
        tape, options = self.tape, self._options
        kept, notes = interactions_of(tape.calls, record_errors=options.record_errors)
        saved = save_recorded(
            tape.path, kept, mode=tape.mode, loaded=self._cassette, rules=options.rules, owner=options.owner
        )
        tape.notes += [*notes, *saved.notes]
        if tape.mode == "all" and saved.before is not None and saved.before.interactions and saved.after is not None:
            tape.changes += changes_of(saved.before, saved.after)
