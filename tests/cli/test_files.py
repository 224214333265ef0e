from __future__ import annotations

import csv
import io
import json
import sys
from pathlib import Path
from typing import Any

import pytest
from cli.command import Cli
from render.sample import TRACE_ID

import autolog
from autolog import Span, Trace
from autolog._store import Query, open_store


def _all(path: Path) -> list[Trace]:
    with open_store(path) as store:
        return store.search(Query(max_results=None))


def test_what_is_exported_is_imported_as_it_was(cli: Cli, store_path: Path) -> None:
    wrote = cli("traces", "export", "-o", "all.jsonl")
    assert (wrote.code, wrote.out, wrote.err) == (0, "", "autolog: wrote 4 traces to all.jsonl (jsonl)\n")
    for _ in range(2):  # once more changes nothing
        read = cli("traces", "import", "all.jsonl", "--store", "copy.db")
        assert (read.code, read.err) == (0, "autolog: stored 4 traces\n")
    assert _all(Path("copy.db")) == _all(store_path)


def test_export_to_standard_output_takes_ids_and_filters(cli: Cli, store_path: Path) -> None:
    named = cli("traces", "export", "0af", "@-4", "11111")
    assert [Trace.from_json(line).trace_id for line in named.out.splitlines()] == [TRACE_ID, "1" * 32]
    assert named.err == ""
    assert len(cli("traces", "export", "--status", "ok", "-n", "1").out.splitlines()) == 1
    nothing = cli("traces", "export", "--tag", "no=where", "-o", "none.jsonl")
    assert (nothing.code, nothing.err) == (1, "autolog: no trace matched\n")
    assert not Path("none.jsonl").exists()


def test_json_says_what_was_done_apart_from_the_result(cli: Cli, store_path: Path) -> None:
    result = cli("traces", "export", "--json", "-o", "a.csv")
    assert json.loads(result.err) == {"traces": 4, "format": "csv", "file": "a.csv"}
    Path("empty.jsonl").touch()
    assert json.loads(cli("traces", "import", "--json", "empty.jsonl", "--store", "x.db").out) == {"stored": 0}


def test_csv_has_a_row_a_trace_with_what_was_asked(cli: Cli, store_path: Path) -> None:
    rows = list(csv.DictReader(io.StringIO(cli("traces", "export", "--format", "csv").out)))
    assert [r["trace_id"][:2] for r in rows] == ["ff", "12", "11", "0a"]
    assert json.loads(rows[2]["request"]) == {"messages": [{"role": "user", "content": "a refund, please"}]}
    assert (rows[3]["response"], rows[3]["unpriced_calls"], rows[3]["input_tokens"]) == ("3 degrees", "1", "2620")


def test_parquet_holds_the_same_or_names_what_is_missing(cli: Cli, store_path: Path) -> None:
    result = cli("traces", "export", "-o", "a.parquet")
    try:
        import pyarrow  # noqa: F401
    except ImportError:
        assert (result.code, result.err) == (
            2,
            "autolog: parquet needs pandas and pyarrow: pip install pandas pyarrow\n",
        )
        assert list(Path().glob("*.parquet*")) == []
        return
    import pandas as pd

    frame = pd.read_parquet("a.parquet")
    assert [Trace.from_json(cli("traces", "export", i).out).name for i in frame["trace_id"]] == list(frame["name"])
    assert [len(json.loads(s)) for s in frame["spans"]] == [2, 1, 1, 8]


def test_a_file_that_cannot_be_finished_is_not_left_behind(
    cli: Cli, store_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    Path("old.jsonl").write_text("old\n", encoding="utf-8")

    def broken(self: Trace) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Trace, "to_dict", broken)
    result = cli("traces", "export", "-o", "old.jsonl")
    assert (result.code, result.err) == (2, "autolog: old.jsonl cannot be written: No space left on device\n")
    assert Path("old.jsonl").read_text(encoding="utf-8") == "old\n"
    assert sorted(p.name for p in Path().iterdir() if "jsonl" in p.name) == ["old.jsonl"]


@pytest.mark.parametrize(
    ("second", "why"),
    [
        ("{", "Expecting property name"),
        ("[]", "a trace is a JSON object, and this is a list"),
        ('{"spans": []}', "not a trace that Trace.to_dict() wrote: KeyError: 'trace_id'"),
        ('{"format": 99}', "a trace of format 99"),
        ("\xff", "can't decode byte"),
    ],
)
def test_a_wrong_line_is_named(cli: Cli, store_path: Path, second: str, why: str) -> None:
    good = cli("traces", "export", "11111").out
    Path("x.jsonl").write_bytes(good.encode() + b"\n" + second.encode("latin-1") + b"\n")
    result = cli("traces", "import", "x.jsonl", "--store", "copy.db")
    assert result.code == 2
    assert result.err.startswith("autolog: x.jsonl, line 3: ")
    assert why in result.err
    assert result.err.count("\n") == 1


def test_import_reads_standard_input(cli: Cli, store_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    exported = cli("traces", "export").out
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(exported.encode())))
    assert cli("traces", "import", "-", "--store", "copy.db").code == 0
    assert len(_all(Path("copy.db"))) == 4


def test_delete_asks_nobody_and_deletes_nothing_without_yes(cli: Cli, store_path: Path) -> None:
    result = cli("traces", "delete", "--filter", "cost > 0")
    assert result.err == f"autolog: would delete 2 traces from {store_path}: add --yes to do it\n"
    assert result.code == 2
    assert len(_all(store_path)) == 4


@pytest.mark.parametrize(
    ("options", "left"),
    [
        (["0af", "ffff", "@last"], ["12", "11"]),
        (["--filter", "status = 'ERROR'"], ["ff", "11", "0a"]),
        (["--older-than", "2026-11-18T11:06:55"], ["ff", "12"]),
        (["--older-than", "2026-11-18T11:06:55", "--filter", "cost > 0.1"], ["ff", "12", "0a"]),
    ],
)
def test_delete(cli: Cli, store_path: Path, options: list[str], left: list[str]) -> None:
    result = cli("traces", "delete", "--yes", "--json", *options)
    assert (result.code, json.loads(result.out)) == (0, {"deleted": 4 - len(left)})
    assert [t.trace_id[:2] for t in _all(store_path)] == left


def test_a_dry_run_deletes_nothing(cli: Cli, store_path: Path) -> None:
    result = cli("traces", "delete", "--filter", "cost > 0", "--dry-run", "-y")
    assert (result.code, result.err) == (0, f"autolog: would delete 2 traces from {store_path}\n")
    said = cli("traces", "delete", "ffff", "--dry-run", "--json")
    assert json.loads(said.out) == {"deleted": 0, "would_delete": 1}
    assert cli("traces", "delete", "--filter", "cost > 1000", "--dry-run").code == 1
    assert len(_all(store_path)) == 4
    assert cli("traces", "delete", "ffff", "-y").code == 0
    assert len(_all(store_path)) == 3


def test_an_age_without_a_unit_is_no_age(cli: Cli, store_path: Path) -> None:
    result = cli("traces", "delete", "--older-than", "30", "--yes")
    assert result.code == 2
    assert result.err.startswith("autolog: --older-than: '30' has no unit: write '30d' for days")
    assert len(_all(store_path)) == 4


@pytest.mark.parametrize("layout", ["evaluation", "mlflow", "huggingface", "traces", "otlp"])
def test_layouts_are_those_of_the_function(cli: Cli, store_path: Path, layout: Any) -> None:
    result = cli("traces", "export", "--layout", layout, "-o", "a.jsonl")
    assert (result.code, result.err) == (0, f"autolog: wrote 4 traces to a.jsonl (layout {layout})\n")
    autolog.export(_all(store_path), "b.jsonl", layout=layout)
    text = Path("a.jsonl").read_text(encoding="utf-8")
    assert text == Path("b.jsonl").read_text(encoding="utf-8")
    assert cli("traces", "export", "--layout", layout).out == text


def test_layouts_in_parquet(cli: Cli, store_path: Path) -> None:
    pytest.importorskip("pyarrow")
    assert cli("traces", "export", "0af", "--layout", "mlflow", "-o", "a.parquet").code == 0
    assert len(autolog.read_export("a.parquet")) == 1


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["-o", "a.csv"], "a file that ends in .jsonl or .parquet says how it is written, and a.csv"),
        (["-o", "no/a.jsonl"], "no/a.jsonl cannot be written: No such file or directory"),
        (["--format", "csv"], "--layout is written as jsonl or parquet: leave out --format csv"),
        (["--format", "parquet"], "parquet needs a file: add -o FILE"),
        (["--format", "parquet", "-o", "a.jsonl"], "with --layout the file's ending says how it is written"),
    ],
)
def test_a_layout_that_cannot_be_written(cli: Cli, store_path: Path, options: list[str], message: str) -> None:
    result = cli("traces", "export", "--layout", "evaluation", *options)
    assert result.code == 2
    assert message in result.err
    assert result.err.count("\n") == 1
    assert not list(Path().glob("*a.*"))


@pytest.mark.parametrize(
    "words", [["search", "x"], ["list", "--csv"], ["show", "@last", "--md"], ["export", "-o", "x.csv"]]
)
def test_a_lone_surrogate_is_no_reason_to_fail(cli: Cli, tmp_path: Path, words: list[str]) -> None:
    lone = "\ud800 x"
    one = Span("1" * 16, "5" * 32, None, lone, "TASK", "OK", 10**18, 10**18, inputs=lone, outputs=lone)
    with open_store(tmp_path / "autolog.db") as store:
        store.write([Trace("5" * 32, (one,), tags={lone: lone})])
    result = cli("traces", *words, "--store", "autolog.db")
    assert result.code == 0
    assert result.out.encode() or Path("x.csv").read_text(encoding="utf-8").count("\\ud800 x") >= 3


def test_deleting_nothing_is_finding_nothing(cli: Cli, store_path: Path) -> None:
    result = cli("traces", "delete", "--filter", "cost > 1000")
    assert (result.code, result.err) == (1, "autolog: no trace matched\n")


@pytest.mark.parametrize(("answer", "code", "left"), [("y\n", 0, 3), ("n\n", 1, 4), ("", 1, 4)])
def test_a_person_is_asked(
    cli: Cli, store_path: Path, monkeypatch: pytest.MonkeyPatch, answer: str, code: int, left: int
) -> None:
    stdin = io.StringIO(answer)
    stdin.isatty = lambda: True  # type: ignore[method-assign]
    monkeypatch.setattr(sys, "stdin", stdin)
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True, raising=False)
    result = cli("traces", "delete", "ffff")
    assert f"Delete 1 trace from {store_path}? [y/N] " in result.err
    assert (result.code, len(_all(store_path))) == (code, left)
