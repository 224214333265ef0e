"""``autolog cassettes show``: what was said in a cassette, call by call."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Sequence
from typing import Any

from autolog import semconv
from autolog._cli import output
from autolog._cli.cassettes import cost_of, exchanges, find_files, read_cassette
from autolog._cli.cassettes_lines import heading
from autolog._cli.errors import FOUND, NOTHING, CommandError
from autolog._model import Span
from autolog._render.dialogue import span_dialogue
from autolog._render.lines import Charset, Line
from autolog._replay.dialogue import Exchange

__all__ = ["exchange_dict", "run"]


def run(arguments: Namespace) -> int:
    """Show a cassette, or one interaction of it."""
    (path, *others) = find_files([arguments.file])
    if others:
        raise CommandError(
            f"{arguments.file} holds several cassettes: name one, as `autolog cassettes list` shows them"
        )
    told = exchanges(read_cassette(path))
    if arguments.number is not None:
        told = [one for one in told if one.number == arguments.number]
        if not told:
            raise CommandError(f"{path} has no interaction {arguments.number}: they are numbered from 1", code=NOTHING)
    if arguments.json:
        output.print_json([exchange_dict(one) for one in told])
        return FOUND
    output.emit(_lines(told, output.charset(), whole=arguments.number is not None or arguments.all))
    return FOUND


def exchange_dict(told: Exchange) -> dict[str, Any]:
    """Give an interaction as plain values."""
    return {
        "number": told.number,
        "method": told.method,
        "host": told.host,
        "path": told.path,
        "status": told.status,
        "model": told.model,
        "usage": told.usage.to_dict() if told.usage else None,
        "cost": cost_of(told),
        "finish_reasons": list(told.ended),
        "events": told.events,
        "note": told.note,
        "asked": list(told.asked),
        "answered": list(told.answered),
    }


def _lines(told: Sequence[Exchange], charset: Charset, *, whole: bool) -> list[Line]:
    lines: list[Line] = []
    before: list[Any] = []
    for one in told:
        shared = 0 if whole else _shared(before, one.asked)
        before = [_said(message) for message in (*one.asked, *one.answered)]
        if lines:
            lines.append([])
        lines.append(heading(one, charset))
        if shared:
            lines.append([(f"  ({shared} earlier message{'s' * (shared != 1)} as above)", "dim")])
        lines += span_dialogue(_as_span(one.asked[shared:], one.answered), charset=charset)
    return lines


def _shared(before: list[Any], asked: Sequence[Any]) -> int:
    count = 0
    for old, new in zip(before, asked, strict=False):
        if old != _said(new):
            break
        count += 1
    return count


def _said(message: Any) -> Any:
    """Give a message without the note of how it ended, which it does not have where it comes back as history."""
    return message.get("role"), message.get("parts")


def _as_span(asked: Sequence[Any], answered: Sequence[Any]) -> Span:
    attributes = {semconv.INPUT_MESSAGES: list(asked), semconv.OUTPUT_MESSAGES: list(answered)}
    return Span("", "", None, "", "", "OK", 0, 0, attributes=attributes)
