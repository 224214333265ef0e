"""Evaluation sets: traces as examples of inputs, outputs and what was expected, and back."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal, cast, overload

from autolog._model import Trace
from autolog._store.jsontext import clean, dumps, loads, text_or_none

if TYPE_CHECKING:
    from pandas import DataFrame

__all__ = ["LAYOUTS", "Layout", "export", "lines", "read_export"]

Layout = Literal["evaluation", "mlflow", "huggingface", "traces", "otlp"]
LAYOUTS: Final = ("evaluation", "mlflow", "huggingface", "traces", "otlp")

# Members that hold values of any shape: JSON text in Parquet, whose columns have one shape.
_STRUCTURES: Final = ("inputs", "outputs", "expectations", "feedback", "tags", "metadata")
_LINES: Final = (".jsonl", ".ndjson", ".json")


def export(
    traces: DataFrame | Iterable[Trace | str] | Trace | str,
    path: str | os.PathLike[str],
    *,
    layout: Layout = "evaluation",
) -> int:
    """Write traces to a file as an evaluation set, one example a trace, and tell how many.

    ``traces`` are a DataFrame or Arrow table of :func:`search_traces`, traces, trace ids, or a filter string. The file's
    ending says how it is written: ``.jsonl`` (one JSON object a line) or ``.parquet``. The layouts:

    - ``"evaluation"``: ``inputs``, ``outputs``, ``expectations``, ``feedback``, ``tags``, ``metadata``, ``trace_id``,
      ``name``, ``session_id``, ``user_id``.
    - ``"mlflow"``: ``inputs`` and ``expectations`` as objects, ``outputs``, ``tags``, as ``mlflow.genai.evaluate(data=…)``
      reads them (https://mlflow.org/docs/latest/genai/eval-monitor/running-evaluation/).
    - ``"huggingface"``: ``input``, ``output``, ``expected``, ``trace_id``, ``name``, all of them text in every row, as
      ``datasets.load_dataset("json", data_files=…)`` needs them.
    - ``"traces"``: whole traces, which ``autolog traces import`` stores again (``.jsonl`` only).
    - ``"otlp"``: OpenTelemetry's OTLP as JSON, one trace a line (``.jsonl`` or ``.json`` only).

    Raises ``ValueError`` for another layout or ending and for an id that is not stored, ``TypeError`` for what holds no
    traces, ``ImportError`` where Parquet is asked for and pyarrow is not installed, ``OSError`` where the file cannot be
    written; a file that was there is replaced only when all is written.
    """
    from autolog._store.chosen import traces_of

    if layout not in LAYOUTS:
        raise ValueError(f"layout is one of {', '.join(LAYOUTS)}, not {layout!r}")
    target = Path(path)
    parquet = target.suffix.lower() == ".parquet"
    if not parquet and target.suffix.lower() not in _LINES:
        raise ValueError(
            f"a file that ends in .jsonl or .parquet says how it is written, and {target.name} does neither"
        )
    if parquet and layout in ("traces", "otlp"):
        raise ValueError(f"the layout {layout!r} is written as JSON lines: give a file that ends in .jsonl")
    found = traces_of(traces)
    with _replaced(target) as file:
        if parquet:
            _write_parquet([_ROWS[layout](trace) for trace in found], layout, file)
        else:
            with file.open("w", encoding="utf-8", newline="") as out:
                out.writelines(lines(found, layout))
    return len(found)


def lines(traces: Iterable[Trace], layout: Layout) -> Iterator[str]:
    """Give the lines of a file of JSON lines."""
    return (dumps(_ROWS[layout](trace)) + "\n" for trace in traces)


@overload
def read_export(path: str | os.PathLike[str]) -> list[dict[str, Any]]: ...


@overload
def read_export(path: str | os.PathLike[str], *, layout: Literal["traces"]) -> list[Trace]: ...


def read_export(path: str | os.PathLike[str], *, layout: Literal["traces"] | None = None) -> Any:
    """Read what :func:`export` wrote, in any layout but ``"otlp"``: one dict an example.

    With ``layout="traces"``, as the file was written, they are :class:`Trace` objects; without it each is a dict that
    ``Trace.from_dict``, :func:`compare` and :func:`export` take. Raises ``ValueError`` naming the line that is not one
    of ours, ``ImportError`` where a Parquet file is given and pyarrow is not installed.
    """
    if layout not in (None, "traces"):
        raise ValueError(f"layout is 'traces' for Trace objects, or left out for dicts, not {layout!r}")
    source = Path(path)
    if source.suffix.lower() == ".parquet":
        if layout is not None:
            raise ValueError(f"{source.name} is a Parquet file, which holds no whole traces: leave out layout='traces'")
        return _read_parquet(source)
    rows = _read_lines(source)
    if layout is None:
        return [row for _, row in rows]
    return [_trace(source, number, row) for number, row in rows]


def _trace(source: Path, number: int, row: Mapping[str, Any]) -> Trace:
    try:
        return Trace.from_dict(row)
    except ValueError as e:
        raise ValueError(f"{source.name}, line {number}: not of the layout 'traces' ({e})") from e


def _read_lines(source: Path) -> list[tuple[int, dict[str, Any]]]:
    rows: list[tuple[int, dict[str, Any]]] = []
    with source.open(encoding="utf-8") as file:
        for number, line in enumerate(file, start=1):
            if not line.strip():
                continue
            try:
                row: Any = json.loads(line)
            except ValueError as e:
                raise ValueError(f"{source.name}, line {number}: not JSON ({e})") from e
            if not isinstance(row, dict) or not _OURS & set(cast("dict[str, Any]", row)):
                raise ValueError(f"{source.name}, line {number}: not an example that autolog.export() wrote")
            rows.append((number, cast("dict[str, Any]", row)))
    return rows


_OURS: Final = frozenset({"inputs", "input", "spans"})


def _content(trace: Trace) -> tuple[Any, Any]:
    root = trace.root
    return (root.inputs, root.outputs) if root is not None else (None, None)


def _evaluation(trace: Trace) -> dict[str, Any]:
    inputs, outputs = _content(trace)
    return {
        "inputs": inputs,
        "outputs": outputs,
        "expectations": dict(trace.expectations),
        "feedback": [asdict(f) for f in trace.feedback],
        "tags": dict(trace.tags),
        "metadata": dict(trace.metadata),
        "trace_id": trace.trace_id,
        "name": trace.name,
        "session_id": trace.session_id,
        "user_id": trace.user_id,
    }


def _mlflow(trace: Trace) -> dict[str, Any]:
    inputs, outputs = _content(trace)
    return {
        # They are passed to the function that is evaluated, by name.
        "inputs": inputs if isinstance(inputs, Mapping) else {"input": inputs},
        "outputs": outputs,
        "expectations": dict(trace.expectations),
        "tags": {**trace.tags, "autolog.trace_id": trace.trace_id},
    }


def _huggingface(trace: Trace) -> dict[str, Any]:
    inputs, outputs = _content(trace)
    return {
        "input": _plain(inputs),
        "output": _plain(outputs),
        "expected": _plain(dict(trace.expectations) or None),
        "trace_id": trace.trace_id,
        "name": trace.name,
    }


def _plain(value: Any) -> str:
    """Give a value as text: the one text that it consists of, or its JSON.

    Lone surrogates are spelled out here too, where nothing reads them back: Arrow refuses them even in JSON.
    """
    if value is None:
        return ""
    if isinstance(value, Mapping):
        items = cast("Mapping[str, Any]", value)
        if len(items) == 1 and isinstance(only := next(iter(items.values())), str):
            return clean(only)
    return clean(value) if isinstance(value, str) else dumps(value)


def _otlp(trace: Trace) -> dict[str, Any]:
    from autolog import __version__
    from autolog._export.otlp_json import otlp_json

    resource = {"service.name": os.environ.get("OTEL_SERVICE_NAME") or "unknown_service"}
    return otlp_json([trace], resource=resource, version=__version__)


_ROWS: Final[dict[str, Callable[[Trace], dict[str, Any]]]] = {
    "evaluation": _evaluation,
    "mlflow": _mlflow,
    "huggingface": _huggingface,
    "traces": Trace.to_dict,
    "otlp": _otlp,
}


@contextmanager
def _replaced(target: Path) -> Generator[Path]:
    """Give a new file beside the target that takes its place at the end: nobody ever sees half of it."""
    number, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
    os.close(number)
    file = Path(name)
    try:
        yield file
        # A new file is for its owner alone; this one as open() would have made it.
        mask = os.umask(0)
        os.umask(mask)
        file.chmod(0o666 & ~mask)
        file.replace(target)
    finally:
        file.unlink(missing_ok=True)


def _arrow() -> tuple[Any, Any]:
    try:
        return import_module("pyarrow"), import_module("pyarrow.parquet")
    except ImportError as e:
        raise ImportError("a Parquet file needs pyarrow: pip install pyarrow") from e


def _write_parquet(rows: Sequence[Mapping[str, Any]], layout: str, file: Path) -> None:
    pa, parquet = _arrow()
    names = list(rows[0]) if rows else []
    columns = {name: pa.array([_cell(name, row[name]) for row in rows], type=pa.string()) for name in names}
    table = pa.table(columns).replace_schema_metadata({"autolog.layout": layout})
    parquet.write_table(table, file)


def _cell(name: str, value: Any) -> str | None:
    return dumps(value) if name in _STRUCTURES else text_or_none(value)


def _read_parquet(source: Path) -> list[dict[str, Any]]:
    _, parquet = _arrow()
    table: Any = parquet.read_table(source)
    if b"autolog.layout" not in (table.schema.metadata or {}):
        raise ValueError(f"{source.name} is not a file that autolog.export() wrote")
    rows: list[dict[str, Any]] = table.to_pylist()
    return [{name: loads(v) if name in _STRUCTURES else v for name, v in row.items()} for row in rows]
