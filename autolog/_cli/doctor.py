"""``autolog doctor``: what is installed, set and stored, what is wrong with it, and what to do next."""

from __future__ import annotations

from argparse import Namespace
from dataclasses import asdict
from typing import Final

from autolog._cli import output
from autolog._cli.checks import Finding, environment, otlp, store, versions
from autolog._cli.errors import FOUND, NOTHING
from autolog._cli.libraries import libraries
from autolog._render.lines import Charset, Line, cells, pad

__all__ = ["run"]

_MARKS: Final = {
    "ok": ("✓", "ok", "green"),
    "note": ("·", "-", "dim"),
    "warn": ("!", "!", "yellow"),
    "bad": ("✗", "x", "bold red"),
}


def run(arguments: Namespace) -> int:
    """Look at everything; exit code 1 where something is wrong."""
    found = [*versions(), *environment(), *store(arguments), *libraries(), *otlp()]
    wrong = [f for f in found if f.state == "bad"]
    if arguments.json:
        output.print_json({"ok": not wrong, "findings": [asdict(f) for f in found], "next": _next(found)})
    else:
        charset = output.charset()
        output.emit([*_lines(found, charset), [], *([(step, "bold")] for step in _next(found))])
    return NOTHING if wrong else FOUND


def _lines(found: list[Finding], charset: Charset) -> list[Line]:
    lines: list[Line] = []
    size = max(cells(f.subject) for f in found)
    room = max(charset.ascii_only + 1, 1)
    section = ""
    for finding in found:
        if finding.section != section:
            section = finding.section
            lines += [[], [(section, "bold")]] if lines else [[(section, "bold")]]
        unicode, ascii_, style = _MARKS[finding.state]
        mark = pad(charset.glyph(unicode, ascii_), room)
        subject = pad(charset.one_line(finding.subject, limit=60), size)
        lines.append(
            [
                (f"  {mark} ", style),
                (subject, ""),
                (f"  {charset.one_line(finding.text)}", style if finding.state != "ok" else ""),
            ]
        )
        if finding.fix:
            lines.append(
                [(" " * (size + room + 5) + charset.glyph("→ ", "-> ") + charset.one_line(finding.fix), "bold")]
            )
    return lines


def _next(found: list[Finding]) -> list[str]:
    fixes = [f"{f.subject}: {f.fix}" for f in found if f.state == "bad" and f.fix]
    if fixes:
        return [f"Next: {fixes[0]}" + (f" (and {len(fixes) - 1} more above)" if len(fixes) > 1 else "")]
    if any(f.subject == "traces" and f.state == "ok" for f in found):
        return ["Next: autolog traces list"]
    return ["Next: autolog demo, or put `import autolog; autolog.autolog()` at the top of your program"]
