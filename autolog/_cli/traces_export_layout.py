"""``autolog traces export --layout``: an evaluation set, as :func:`autolog.export` writes it."""

from __future__ import annotations

import sys
from argparse import Namespace
from collections.abc import Iterable
from pathlib import Path

from autolog._cli.errors import CommandError
from autolog._model import Trace

__all__ = ["check_layout", "write_layout"]


def check_layout(arguments: Namespace) -> None:
    """Raise ``CommandError`` for options that do not go with a layout, before anything is read."""
    if arguments.format not in (None, "jsonl", "parquet"):
        raise CommandError(f"--layout is written as jsonl or parquet: leave out --format {arguments.format}")
    if arguments.format is not None and arguments.output not in (None, "-"):
        ending = Path(arguments.output).suffix.lower()
        if (ending == ".parquet") != (arguments.format == "parquet"):
            raise CommandError(
                f"with --layout the file's ending says how it is written: give one that ends in .{arguments.format}"
            )


def write_layout(traces: Iterable[Trace], arguments: Namespace) -> None:
    """Write the traces where the options say. Raises ``CommandError``."""
    from autolog._export.dataset import export, lines

    if arguments.output in (None, "-"):
        if arguments.format == "parquet":
            raise CommandError("parquet needs a file: add -o FILE")
        sys.stdout.writelines(lines(traces, arguments.layout))
        return
    try:
        export(traces, arguments.output, layout=arguments.layout)
    except (ValueError, ImportError) as e:
        raise CommandError(str(e)) from e
    except OSError as e:
        raise CommandError(f"{arguments.output} cannot be written: {e.strerror or e}") from e
