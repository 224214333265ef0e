"""``autolog traces export``: traces as a file that other programs read."""

from __future__ import annotations

import csv
import os
import sys
import tempfile
from argparse import Namespace
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Final

from autolog._cli import output
from autolog._cli.errors import FOUND, NOTHING, USAGE, CommandError
from autolog._cli.ids import resolve
from autolog._cli.rows import trace_row
from autolog._cli.selection import query_of
from autolog._cli.stores import opened
from autolog._cli.traces_export_layout import check_layout, write_layout
from autolog._model import Trace

if TYPE_CHECKING:
    from autolog._store import Store

__all__ = ["run"]

_BY_ENDING: Final = {".jsonl": "jsonl", ".ndjson": "jsonl", ".json": "otlp-json", ".parquet": "parquet", ".csv": "csv"}


def run(arguments: Namespace) -> int:
    """Write the traces that are named, or that the filters let through."""
    form = arguments.format or _BY_ENDING.get(Path(arguments.output or "").suffix.lower(), "jsonl")
    to_file = arguments.output not in (None, "-")
    if form == "parquet" and not to_file:
        raise CommandError("parquet needs a file: add -o FILE")
    if arguments.layout is not None:
        check_layout(arguments)
        form = f"layout {arguments.layout}"
    with opened(arguments) as store:
        ids = _ids(store, arguments)
        if not ids:
            output.note("no trace matched")
            return NOTHING
        traces = (trace for i in ids if (trace := store.get_trace(i)) is not None)
        if arguments.layout is not None:
            write_layout(traces, arguments)
        elif form == "parquet":
            with _written(arguments.output) as path:
                _write_parquet(traces, path)
        elif to_file:
            with _written(arguments.output) as path, path.open("w", encoding="utf-8", newline="") as file:
                _write_text(form, traces, file)
        else:
            _write_text(form, traces, sys.stdout)
    if arguments.json:
        sys.stderr.write(output.json_text({"traces": len(ids), "format": form, "file": arguments.output}) + "\n")
    elif to_file:
        output.note(f"wrote {len(ids):,} trace{'s' * (len(ids) != 1)} to {arguments.output} ({form})")
    return FOUND


def _ids(store: Store, arguments: Namespace) -> list[str]:
    if arguments.ids:
        # One that does not exist ends the command before anything is written.
        return list(dict.fromkeys(resolve(store, i) for i in arguments.ids))
    return store.search_ids(query_of(arguments, max_results=arguments.n, include_spans=True))


@contextmanager
def _written(target: str) -> Generator[Path]:
    """Give a new file beside the target that takes its place at the end: nobody ever sees half of it."""
    final = Path(target)
    try:
        number, name = tempfile.mkstemp(dir=final.parent, prefix=f".{final.name}.")
    except OSError as e:
        raise CommandError(f"{target} cannot be written: {e.strerror}", code=USAGE) from e
    os.close(number)
    path = Path(name)
    try:
        yield path
        # A new file is for its owner alone; this one as open() would have made it.
        mask = os.umask(0)
        os.umask(mask)
        path.chmod(0o666 & ~mask)
        path.replace(final)
    except OSError as e:
        raise CommandError(f"{target} cannot be written: {e.strerror or e}", code=USAGE) from e
    finally:
        path.unlink(missing_ok=True)


def _write_text(form: str, traces: Iterator[Trace], file: IO[str]) -> None:
    match form:
        case "jsonl":
            for trace in traces:
                file.write(output.json_text(trace.to_dict()) + "\n")
        case "otlp-json":
            _write_otlp(traces, file)
        case _:
            writer: Any = None
            for trace in traces:
                row = trace_row(trace)
                if writer is None:
                    writer = csv.writer(file, lineterminator="\n")
                    writer.writerow(row)
                writer.writerow([output.csv_cell(v, file) for v in row.values()])


def _write_otlp(traces: Iterator[Trace], file: IO[str]) -> None:
    from autolog import __version__
    from autolog._export.otlp_json import otlp_json

    resource = {"service.name": os.environ.get("OTEL_SERVICE_NAME") or "unknown_service"}
    # A line holds one trace: the file format has one object a line, and none may be too large to read.
    for trace in traces:
        file.write(output.json_text(otlp_json([trace], resource=resource, version=__version__)) + "\n")


def _write_parquet(traces: Iterator[Trace], path: Path) -> None:
    from autolog._store.frame import STRUCTURES, traces_frame

    try:
        import pyarrow  # type: ignore  # noqa: F401  # pyright: ignore  (pandas uses it)

        frame = traces_frame(traces)
    except ImportError as e:
        raise CommandError("parquet needs pandas and pyarrow: pip install pandas pyarrow", code=USAGE) from e
    for name in STRUCTURES:  # of any shape, which a column of a Parquet file may not be
        frame[name] = frame[name].map(output.json_text)
    frame.to_parquet(path, index=False)
