"""One test in the replay room: its cassette, its tracing, and what both have to say when the test ends."""

from __future__ import annotations

import gc
from collections.abc import Generator
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import pytest

from autolog._pytest.failures import LlmReplayFailed, LlmReplayMiss, told_plainly
from autolog._pytest.keys import ROOM, SESSION
from autolog._pytest.marks import hints_for, is_shared, marked_options
from autolog._pytest.options import allowed_hosts, mode_of, option_of, timing_of
from autolog._pytest.paths import cassette_path
from autolog._pytest.texts import audit_text, swallowed_text, unused_text
from autolog._replay.audit import audit
from autolog._replay.format import load
from autolog._replay.tape import Miss, Tape, replay

if TYPE_CHECKING:
    from autolog._pytest.tracing import Session

__all__ = ["Room", "replaying", "traced"]


class Room:
    """A test between the start of its cassette and its end."""

    def __init__(
        self,
        item: pytest.Item,
        tape: Tape,
        manager: Any,
        session: Session | None,
        *,
        unused: str | None,
        hosts: list[str],
    ) -> None:
        self.item = item
        self.tape = tape
        self.passed = False
        self._manager = manager
        self._session = session
        self._unused = unused
        self._hosts = hosts
        self._told = 0

    def check(self, error: BaseException | None) -> None:
        """After the test's own code: fail it for misses it swallowed, unused interactions, and what the audit finds."""
        misses = self._new_misses()
        if misses:
            if not isinstance(error, LlmReplayMiss):
                raise LlmReplayFailed(swallowed_text(misses, passed=error is None)) from error
            error.msg = "\n".join([str(error), *(f"made at {miss.where}" for miss in misses if miss.error is error)])
            return
        if error is not None:
            return
        problems = self._problems()
        if problems:
            raise LlmReplayFailed("\n".join(problems))
        self.passed = True

    def close(self) -> None:
        """After all else of the test: save, and fail for misses since :meth:`check`."""
        misses = self._new_misses()
        failed = LlmReplayFailed(swallowed_text(misses, passed=self.passed)) if misses else None
        if self.passed and failed is None:
            with told_plainly():
                self._manager.__exit__(None, None, None)
            return
        self.tape.discard()
        ended = failed or LlmReplayFailed("the test did not pass")
        self._manager.__exit__(type(ended), ended, None)
        if failed is not None:
            raise failed

    def summary(self) -> dict[str, Any]:
        """What there is to tell of this test, in plain values that cross processes."""
        tape = self.tape
        return {
            "test": self.item.nodeid,
            "passed": self.passed,
            "cassette": _shown(tape.path, self.item),
            "mode": tape.mode,
            "interactions": _size(tape.path) if self.item.config.getoption("--llm-report-file") else None,
            "unused": [each.index + 1 for each in tape.unused],
            "replayed": sum(1 for call in tape.calls if call.interaction_index is not None),
            "live": sum(1 for call in tape.calls if call.live),
            "misses": len(tape.misses),
            "tokens": _total(tape) if tape.mode == "replay" else 0,
            "notes": [str(note) for note in (*tape.notes, *tape.changes, *tape.drift)],
        }

    def _audit(self) -> list[str]:
        """What is not equal in the trace and on the wire; nothing where the test did its own tracing."""
        session = self._session
        if session is None or not session.connected:
            return []
        lines = audit(self.tape, session.traces, allowed_hosts=self._hosts)
        if lines:
            # The span of a stream that nobody holds any more ends with its collection.
            gc.collect()
            lines = audit(self.tape, session.traces, allowed_hosts=self._hosts)
        return lines

    def _problems(self) -> list[str]:
        texts: list[str] = []
        if self._minds_unused():
            text = unused_text(self.tape)
            if self._unused == "warn":
                self.item.warn(pytest.PytestWarning(text))
            else:
                texts.append(text)
        lines = self._audit()
        return [*texts, audit_text(lines, self.tape)] if lines else texts

    def _minds_unused(self) -> bool:
        return self.tape.mode == "replay" and self._unused != "ignore" and bool(self.tape.unused)

    def _new_misses(self) -> list[Miss]:
        new = self.tape.misses[self._told :]
        self._told += len(new)
        return new


def traced(request: pytest.FixtureRequest) -> Generator[Session]:
    """Trace a test."""
    from autolog._pytest.tracing import tracing

    item = cast("pytest.Item", request.node)  # pyright: ignore[reportUnknownMemberType]
    config = request.config
    with tracing() as session:
        item.stash[SESSION] = config.stash[SESSION] = session
        try:
            yield session
        finally:
            del config.stash[SESSION]


def replaying(request: pytest.FixtureRequest) -> Generator[Tape]:
    """Replay a test's cassette, or record it, as flags, marker and settings ask."""
    item = cast("pytest.Item", request.node)  # pyright: ignore[reportUnknownMemberType]
    config = request.config
    given, options = marked_options(item)
    mode = mode_of(config, options.get("mode"))
    path = cassette_path(item, given)
    hosts = allowed_hosts(config, options)
    session: Session | None = request.getfixturevalue("_llm_session") if options.get("audit", True) else None
    passed_on = ("ignore", "normalize", "order", "repeats", "record_errors", "faults")
    arguments = {name: options[name] for name in passed_on if name in options}
    unused = option_of(config, "unused", options)
    minds = unused != "ignore" and (unused is not None or not is_shared(item, given))
    manager = replay(
        path,
        mode=mode.name,
        timing=timing_of(config, options),
        max_age=option_of(config, "max_age", options),
        allow_hosts=hosts,
        # In a replay it is told by `check`, while the test can still fail for it.
        unused="error" if minds and mode.name == "verify" else "ignore",
        miss_error=LlmReplayMiss,
        owner=item.nodeid,
        hints=hints_for(item),
        **arguments,
    )
    with told_plainly():
        tape = manager.__enter__()
    room = Room(item, tape, manager, session, unused=unused if minds else "ignore", hosts=hosts)
    item.stash[ROOM] = room
    try:
        yield room.tape
    finally:
        room.close()


def _shown(path: Path, item: pytest.Item) -> str:
    root = item.config.rootpath
    return path.relative_to(root).as_posix() if path.is_relative_to(root) else str(path)


def _size(path: Path) -> int:
    return len(load(path).interactions) if path.is_file() else 0


def _total(tape: Tape) -> int:
    return tape.usage.counted_total or 0
