"""``autolog cassettes diff``: what another recording of the same calls says that the first does not."""

from __future__ import annotations

import difflib
from argparse import Namespace
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from typing import Any, Final

from autolog._cli import output
from autolog._cli.cassettes import cost_of, find_files, read_cassette, total_cost, total_usage
from autolog._cli.cassettes_lines import heading
from autolog._cli.cassettes_show import exchange_dict
from autolog._cli.errors import CommandError
from autolog._render.lines import Charset, Line
from autolog._render.numbers import dollars, tokens_pair
from autolog._render.values import compact
from autolog._replay.cassette import Cassette
from autolog._replay.compare import Change, compare
from autolog._replay.dialogue import Exchange
from autolog._replay.differences import word_window

__all__ = ["run"]

SAME: Final = 0
DIFFERENT: Final = 1

_LONGEST: Final = 400
# Of longer lines the words that changed are shown, with a little around them.
_WINDOWED: Final = 100


def run(arguments: Namespace) -> int:
    """Compare two cassettes; the exit code says whether they differ."""
    old, new = _read(arguments.old), _read(arguments.new)
    changes = [change for change in compare(old, new) if change.changed]
    if arguments.json:
        output.print_json([_as_dict(change) for change in changes])
    elif changes:
        charset = output.charset()
        output.emit([*_lines(changes, charset), [], *_totals(changes, charset)])
    else:
        output.note(f"{arguments.old} and {arguments.new} say the same")
    return DIFFERENT if changes else SAME


def _read(name: str) -> Cassette:
    (path, *others) = find_files([name])
    if others:
        raise CommandError(f"{name} holds several cassettes, and one is compared with one")
    return read_cassette(path)


def _as_dict(change: Change) -> dict[str, Any]:
    return {
        "old": exchange_dict(change.old) if change.old else None,
        "new": exchange_dict(change.new) if change.new else None,
        "request": [asdict(difference) for difference in change.request],
        "text_changed": change.text_changed,
    }


def _lines(changes: Sequence[Change], charset: Charset) -> Iterator[Line]:
    for place, change in enumerate(changes):
        if place:
            yield []
        if change.old is None or change.new is None:
            only = change.new or change.old
            if only is not None:
                mark, style = ("+ ", "green") if change.new else ("- ", "red")
                yield [(mark, style), *heading(only, charset)]
                yield from ([(f"  {mark}{charset.one_line(line)}", style)] for line in only.text.splitlines())
            continue
        yield heading(change.new, charset)
        for difference in change.request:
            yield [(f"  request {charset.one_line(difference.path)}", "yellow")]
            yield [(f"    - {_value(difference.old, charset)}", "red")]
            yield [(f"    + {_value(difference.new, charset)}", "green")]
        yield from _facts(change.old, change.new, charset)
        if change.text_changed:
            yield [("  answer", "yellow")]
            yield from _text(change.old.text, change.new.text, charset)


def _value(value: Any, charset: Charset) -> str:
    return "(absent)" if value is None else charset.one_line(compact(value), limit=_LONGEST)


def _facts(old: Exchange, new: Exchange, charset: Charset) -> Iterator[Line]:
    arrow = charset.glyph("→", "->")
    for name, a, b in (
        ("status", str(old.status), str(new.status)),
        ("model", old.model or "", new.model or ""),
        ("ended by", ", ".join(old.ended), ", ".join(new.ended)),
        ("tokens", tokens_pair(old.usage, arrow=arrow), tokens_pair(new.usage, arrow=arrow)),
        ("cost", dollars(cost_of(old)), dollars(cost_of(new))),
        ("note", old.note or "", new.note or ""),
    ):
        if a != b:
            yield [(f"  {name}  ", "yellow"), (charset.one_line(a) or "none", "red"), ("  now  ", "dim"),
                   (charset.one_line(b) or "none", "green")]  # fmt: skip


def _text(old: str, new: str, charset: Charset) -> Iterator[Line]:
    before, after = old.splitlines(), new.splitlines()
    for tag, a1, a2, b1, b2 in difflib.SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        if tag == "equal":
            continue
        gone, come = before[a1:a2], after[b1:b2]
        if len(gone) == len(come) == 1 and max(len(gone[0]), len(come[0])) > _WINDOWED:
            yield from ([(f"    {charset.one_line(line)}", "")] for line in word_window(gone[0], come[0]))
            continue
        yield from ([(f"    - {charset.one_line(line)}", "red")] for line in gone)
        yield from ([(f"    + {charset.one_line(line)}", "green")] for line in come)


def _totals(changes: Sequence[Change], charset: Charset) -> list[Line]:
    old = [change.old for change in changes if change.old is not None]
    new = [change.new for change in changes if change.new is not None]
    arrow = charset.glyph("→", "->")
    before, after = (tokens_pair(total_usage(side), arrow=arrow) or "none" for side in (old, new))
    costs = [dollars(total_cost(side)) for side in (old, new)]
    money = f", {costs[0]} now {costs[1]}" if any(costs) and costs[0] != costs[1] else ""
    count = f"{len(changes)} interaction{'s' * (len(changes) != 1)} changed"
    return [[(count, "bold"), (f": tokens {before} now {after}{money}", "")]]
