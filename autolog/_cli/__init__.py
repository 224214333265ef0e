"""The command line: ``autolog`` and ``python -m autolog``."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from contextlib import suppress
from importlib import import_module

from autolog._cli.errors import FOUND, STORE, USAGE, CommandError

__all__ = ["main"]


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and give its exit code: 0 found or done, 1 nothing matched, 2 wrong usage, 3 store trouble."""
    words = list(sys.argv[1:] if argv is None else argv)
    if words[:1] == ["--"]:
        del words[0]
    if words[:1] == ["run"]:
        # What follows the program's name is the program's own, and no parser of ours may look at it.
        from autolog._cli.run import run_program

        return run_program(words[1:])
    reconfigure = getattr(sys.stdout, "reconfigure", None)
    if reconfigure is not None:
        # What the terminal's encoding does not hold is spelled out; it is no reason to fail.
        reconfigure(errors="backslashreplace")
    try:
        code = _command(words)
        if sys.stdout is not None:  # pyright: ignore[reportUnnecessaryComparison]
            sys.stdout.flush()
        return code
    except BrokenPipeError:
        _drop_output()
        return FOUND  # whoever read us, such as `head`, had enough
    except OSError as e:
        _drop_output()
        return _complain(f"the output cannot be written: {e.strerror or e}", USAGE)
    except KeyboardInterrupt:
        return 130


def _drop_output() -> None:
    """Keep Python from trying once more when it closes the stream, and complaining."""
    with suppress(OSError):  # a stream without a file needs nothing
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _command(words: Sequence[str]) -> int:
    from autolog._cli.parser import build_parser, joined

    if sys.stdout is None:  # pyright: ignore[reportUnnecessaryComparison]
        return _complain("standard output is closed, so there is nowhere to write to", USAGE)
    try:
        parser = build_parser()
        if not words:
            parser.print_help(sys.stderr)
            return USAGE
        arguments = parser.parse_args(joined(words))
        return int(import_module(f"autolog._cli.{arguments.handler}").run(arguments))
    except CommandError as e:
        return _complain(str(e), e.code)
    except Exception as e:
        code = _expected(e)
        if code is None:
            raise
        return _complain(str(e), code)


def _expected(error: Exception) -> int | None:
    """Give the exit code of what the store says of a filter or of itself; ``None`` for an error of ours."""
    from autolog._store import FilterError, StoreError

    if isinstance(error, StoreError):
        return STORE
    return USAGE if isinstance(error, FilterError) else None


def _complain(message: str, code: int) -> int:
    from autolog._render.safe import many_lines

    # A filter's complaint points at the place in a second line.
    sys.stderr.write("\n".join(many_lines(f"autolog: {message}")) + "\n")
    return code
