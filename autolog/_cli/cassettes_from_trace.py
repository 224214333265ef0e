"""``autolog cassettes from-trace``: a stored trace as a cassette, and a test that replays it."""

from __future__ import annotations

import os
from argparse import Namespace
from pathlib import Path

from autolog._cli import output
from autolog._cli.cassettes import saved
from autolog._cli.errors import FOUND, NOTHING, CommandError
from autolog._cli.ids import resolve
from autolog._cli.stores import opened
from autolog._model import Trace
from autolog._replay.from_trace import FromTrace, from_trace
from autolog._replay.made_test import Target, slug, test_text

__all__ = ["run"]


def run(arguments: Namespace) -> int:
    """Write the cassette of a trace."""
    target = _target(arguments.call)
    with opened(arguments) as store:
        trace = store.get_trace(resolve(store, arguments.id))
    if trace is None:
        raise CommandError(f"the trace {arguments.id} has just been deleted", code=NOTHING)
    test, path = _paths(trace, arguments)
    for file in (path, test):
        if file is not None and file.exists() and not arguments.force:
            raise CommandError(f"{file} exists: name another file with -o or --test, or replace it with --force")
    made = from_trace(trace, path, stand_in_vectors=arguments.stand_in_vectors)
    _complain(made, partial=arguments.partial)
    path.parent.mkdir(parents=True, exist_ok=True)
    saved(made.cassette, path)
    if test is not None:
        spans = [span for span in trace.spans if span.span_id in made.span_ids]
        marker = Path(os.path.relpath(path, test.parent / "cassettes")).as_posix()
        test.parent.mkdir(parents=True, exist_ok=True)
        test.write_text(test_text(trace, spans, marker, ignore=made.ignore, target=target), encoding="utf-8")
    _tell(made, path, test, arguments)
    return FOUND


def _target(text: str | None) -> Target | None:
    if text is None:
        return None
    try:
        return Target.of(text)
    except ValueError as e:
        raise CommandError(str(e)) from e


def _paths(trace: Trace, arguments: Namespace) -> tuple[Path | None, Path]:
    name = slug(trace.name)
    test: Path | None = None
    if arguments.test is not None or arguments.call is not None:
        folder = Path("tests") if Path("tests").is_dir() else Path()
        test = Path(arguments.test) if arguments.test else folder / f"test_{name}.py"
    if arguments.output is not None:
        return test, Path(arguments.output)
    # Where the plugin looks for the cassettes of a test.
    return test, (test.parent / "cassettes" if test is not None else Path("cassettes")) / f"{name}.yaml"


def _complain(made: FromTrace, *, partial: bool) -> None:
    gaps = [str(gap) for gap in made.gaps]
    if gaps and not (partial and made.cassette.interactions):
        rest = " (--partial writes the other calls)" if made.cassette.interactions else ""
        more = f"; and {len(gaps) - 1} more:\n" + "\n".join(f"  {gap}" for gap in gaps[1:]) if len(gaps) > 1 else ""
        raise CommandError(f"the trace does not hold all that a replay needs{rest}: {gaps[0]}{more}", code=NOTHING)
    if not made.cassette.interactions:
        raise CommandError("the trace holds no call over HTTP, so there is nothing to replay", code=NOTHING)


def _tell(made: FromTrace, path: Path, test: Path | None, arguments: Namespace) -> None:
    count = len(made.cassette.interactions)
    if arguments.json:
        output.print_json(
            {
                "cassette": str(path),
                "test": None if test is None else str(test),
                "interactions": count,
                "missing": [str(gap) for gap in made.gaps],
                "notes": list(made.notes),
                "ignore": list(made.ignore),
            }
        )
        return
    for gap in made.gaps:
        output.note(f"left out: {gap}")
    for note in made.notes:
        output.note(note)
    output.note(f"wrote {path} ({count} interaction{'s' * (count != 1)})")
    if test is not None:
        output.note(f"wrote {test}; run it with: pytest {test}")
