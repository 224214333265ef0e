"""Where results go: a terminal in its width and colours, a pipe as they are, a program as JSON or CSV."""

from __future__ import annotations

import json
import os
import re
import shutil
import sys
from collections.abc import Iterable, Sequence
from typing import IO, Any, Final

from autolog._render.lines import Charset, Line, ansi, as_rich, plain
from autolog._render.safe import one_line

__all__ = ["charset", "csv_cell", "emit", "is_terminal", "json_text", "note", "print_csv", "print_json", "width"]

# Escaped in JSON too, where they are the same text to a program and harmless to a terminal.
_UNSAFE: Final = re.compile("[\x7f-\x9f\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


def is_terminal() -> bool:
    """Whether a person sees standard output in colours."""
    if os.environ.get("FORCE_COLOR"):
        return True
    return sys.stdout.isatty() and os.environ.get("TERM") != "dumb" and not os.environ.get("NO_COLOR")


def width() -> int | None:
    """Give the columns that a line may take; ``None`` where nobody cuts them off, as in a pipe."""
    if sys.stdout.isatty() or os.environ.get("COLUMNS", "").isdigit():
        return max(shutil.get_terminal_size().columns, 20)
    return None


def charset() -> Charset:
    """Give what standard output can write."""
    return Charset(sys.stdout.encoding or "ascii")


def emit(lines: Iterable[Line]) -> None:
    """Print lines."""
    if not is_terminal():
        sys.stdout.write(plain(lines) + "\n")
    elif os.name == "nt":
        # Old consoles of Windows take no codes, and rich knows which.
        from rich.console import Console

        Console(highlight=False, markup=False, emoji=False).print(as_rich(lines), soft_wrap=True, end="")
    else:
        sys.stdout.write(ansi(lines) + "\n")


def note(message: str) -> None:
    """Say something to the person on standard error, apart from the result."""
    sys.stderr.write(f"autolog: {message}\n")


def print_json(value: Any) -> None:
    """Print a value as JSON."""
    sys.stdout.write(json_text(value, indent=2, ascii_only=charset().ascii_only) + "\n")


def json_text(value: Any, *, indent: int | None = None, ascii_only: bool = False) -> str:
    """Give a value as JSON that every program reads, whatever was traced: no NaN, no lone surrogates."""
    from autolog._store.jsontext import dumps

    text = dumps(value)
    if indent is not None or ascii_only:
        text = json.dumps(json.loads(text), ensure_ascii=ascii_only, indent=indent)
    return _UNSAFE.sub(lambda m: f"\\u{ord(m[0]):04x}", text)


def print_csv(head: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Print rows as CSV with a head."""
    import csv

    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(head)
    writer.writerows([csv_cell(v, sys.stdout) for v in row] for row in rows)


def csv_cell(value: Any, stream: IO[str]) -> Any:
    """Give a value for CSV: a program gets a text as it is, a terminal does not get to act on it."""
    if value is None:
        return ""
    return one_line(value) if isinstance(value, str) and stream.isatty() else value
