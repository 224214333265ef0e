from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest
from cli.command import Cli
from render.sample import TRACE_ID

from autolog import Trace
from autolog._cli.traces_list import short_ids
from autolog._render.lines import cells
from autolog._render.markdown import trace_markdown
from autolog._render.text import trace_text
from autolog._store import open_store


def _ids(out: str) -> list[str]:
    return [line[:2] for line in out.split()]


def test_the_list_is_newest_first_and_harmless(cli: Cli, store_path: Path) -> None:
    result = cli("traces", "list")
    assert result.code == 0
    assert result.err == ""
    lines = [line.split() for line in result.out.splitlines()]
    assert [line[0] for line in lines] == ["id", "ffffffff", "12000000", "11111111", TRACE_ID[:8]]
    assert lines[3] == [
        *("11111111", "2026-11-18", "11:06:50", "chat", "gpt-4o", "OK", "500ms", "10→5", "$0.50", "1"),
        *("gpt-4o-2024-08-06", "a", "refund,", "please"),
    ]
    assert r"evil \x1b]0;owned\x07 [bold red]x[/] \u202egnp" in result.out
    assert "$0.000231+?" in result.out


@pytest.mark.parametrize("columns", [82, 90, 100, 110, 120, 150])
def test_in_a_terminal_no_line_is_longer_than_it_is_wide(
    cli: Cli, store_path: Path, monkeypatch: pytest.MonkeyPatch, columns: int
) -> None:
    monkeypatch.setenv("COLUMNS", str(columns))
    lines = cli("traces", "list").out.splitlines()
    assert max(map(cells, lines)) <= columns
    assert {"id", "name", "status", "time", "tokens", "cost"} <= set(lines[0].split())


def test_colours_only_where_they_are_wanted(cli: Cli, store_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "\x1b" not in cli("traces", "list").out
    monkeypatch.setenv("FORCE_COLOR", "1")
    coloured = cli("traces", "list").out
    assert "\x1b[1;31m  ERROR" in coloured
    assert "\x1b]" not in coloured


@pytest.mark.parametrize(
    ("options", "found"),
    [
        ([], ["ff", "12", "11", "0a"]),
        (["-n", "2"], ["ff", "12"]),
        (["--status", "error"], ["12"]),
        (["--status", "IN_PROGRESS"], ["ff"]),
        (["--model", "gpt-4o-2024"], ["11"]),
        (["--model", "gpt-4o"], ["11", "0a"]),
        (["--session", "s-2"], ["11"]),
        (["--user", "bob"], ["11"]),
        (["--tag", "env=prod"], ["0a"]),
        (["--tag", "env=dev", "--tag", "my key=it's"], ["11"]),
        (["--min-cost", "0.0001"], ["11", "0a"]),
        (["--min-cost", "0.5"], ["11"]),
        (["--slow", "750.5"], ["12", "0a"]),
        (["--filter", "total_tokens = 15 OR status = 'ERROR'", "--slow", "600"], ["12"]),
        (["--since", "2026-11-18T11:07:00"], ["ff", "12"]),
        (["--until", "2026-11-18T11:06:45"], ["0a"]),
        (["--order-by", "-cost", "-n", "2"], ["11", "0a"]),
        (["--order-by", "start_time"], ["0a", "11", "12", "ff"]),
    ],
)
def test_filters(cli: Cli, store_path: Path, options: list[str], found: list[str]) -> None:
    result = cli("traces", "list", "--ids", *options)
    assert (result.code, _ids(result.out)) == (0, found)


def test_search_finds_words_and_keeps_the_filters(cli: Cli, store_path: Path) -> None:
    assert _ids(cli("traces", "search", "refund", "--ids").out) == ["11"]
    nothing = cli("traces", "search", "refund", "--status", "error")
    assert (nothing.code, nothing.out, nothing.err) == (1, "", "autolog: no trace matched\n")


def test_the_list_as_json_and_csv_holds_the_numbers(cli: Cli, store_path: Path) -> None:
    rows = json.loads(cli("traces", "list", "--json").out)
    assert [r["trace_id"][:2] for r in rows] == ["ff", "12", "11", "0a"]
    assert rows[2]["usage"] == {"input_tokens": 10, "output_tokens": 5, "total_tokens": 15}
    assert (rows[2]["cost"], rows[2]["models"], rows[2]["tags"]["env"]) == (0.5, ["gpt-4o-2024-08-06"], "dev")
    assert (rows[3]["unpriced_calls"], rows[0]["duration_ms"]) == (1, None)
    table = list(csv.DictReader(io.StringIO(cli("traces", "list", "--csv").out)))
    assert [r["trace_id"] for r in table] == [r["trace_id"] for r in rows]
    assert (table[2]["total_tokens"], table[2]["models"], table[0]["cost"]) == ("15", '["gpt-4o-2024-08-06"]', "")


@pytest.mark.parametrize("form", ["--json", "--csv", "--ids"])
def test_nothing_found_is_still_a_document(cli: Cli, store_path: Path, form: str) -> None:
    result = cli("traces", "list", "--tag", "no=where", form)
    assert result.code == 1
    assert result.out == {"--json": "[]\n", "--csv": "trace_id\n", "--ids": ""}[form]


def test_ids_are_shortened_as_far_as_they_differ() -> None:
    assert short_ids(["a" * 32, "a" * 10 + "b" * 22]) == ["a" * 11, "a" * 10 + "b"]
    assert short_ids(["ab" * 16] * 2) == ["abababab"] * 2


def _stored(store_path: Path, trace_id: str) -> Trace:
    with open_store(store_path) as store:
        trace = store.get_trace(trace_id)
    assert trace is not None
    return trace


@pytest.mark.parametrize("wanted", [TRACE_ID, TRACE_ID.upper(), "0af", "@-4"])
def test_show_prints_the_tree(cli: Cli, store_path: Path, wanted: str) -> None:
    result = cli("traces", "show", wanted)
    assert (result.code, result.out) == (0, trace_text(_stored(store_path, TRACE_ID)) + "\n")


def test_show_without_an_id_shows_the_newest(cli: Cli, store_path: Path) -> None:
    assert cli("traces", "show").out == cli("traces", "show", "@last").out == cli("traces", "show", "ffff").out


def test_show_in_the_other_forms(cli: Cli, store_path: Path) -> None:
    trace = _stored(store_path, TRACE_ID)
    assert Trace.from_json(cli("traces", "show", "0af", "--json").out) == trace
    assert cli("traces", "show", "0af", "--md").out == trace_markdown(trace)
    assert "  (3 earlier messages as above)\n" in cli("traces", "show", "0af", "--messages").out
    said = json.loads(cli("traces", "show", "0af", "--messages", "--json").out)
    assert [(s["name"], len(s["messages"])) for s in said] == [("chat gpt-4o-mini", 3), ("chat llama-3.3-70b", 5)]


def test_show_one_span(cli: Cli, store_path: Path) -> None:
    whole = cli("traces", "show", "0af", "--span", "0000000000000006")
    assert whole.code == 0
    assert "builtins.ValueError: no such city" in whole.out
    assert json.loads(cli("traces", "show", "0af", "--span", "ChatOpenAI", "--json").out)["span_id"] == f"{4:016x}"
    assert cli("traces", "show", "0af", "--span", f"{7:016x}", "--messages").out.startswith("  system\n    Be brief.")
    assert cli("traces", "show", "0af", "--span", f"{7:016x}", "--md").out.count("## ") == 1


def test_show_of_a_large_trace_can_show_all(cli: Cli, store_path: Path) -> None:
    big = _stored(store_path, "1" * 32)
    root = big.spans[0].to_dict()
    spans = [root, *({**root, "span_id": f"{i:016x}", "parent_id": root["span_id"]} for i in range(2, 1503))]
    big_trace = Trace.from_dict({"trace_id": "b" * 32, "spans": [{**s, "trace_id": "b" * 32} for s in spans]})
    with open_store(store_path) as store:
        store.write([big_trace])
    short = cli("traces", "show", "bbbb").out.splitlines()
    assert short[-3:-1] == ["… 502 more spans", "(in brackets: counted at a span below, once)"]
    assert short[-1] == "(--all shows them)"
    assert len(cli("traces", "show", "bbbb", "--all").out.splitlines()) == 2 + 1502 + 1


def test_no_statistics_says_why(cli: Cli, store_path: Path) -> None:
    result = cli("traces", "stats", "--by", "session", "--filter", "status = 'ERROR'")
    assert result.code == 1
    assert result.err.startswith("autolog: no model call matched, in 1 trace: span_name")
    assert cli("traces", "stats", "--filter", "name = 'nobody'").err == "autolog: no call matched\n"


def test_stats(cli: Cli, store_path: Path) -> None:
    rows = json.loads(cli("traces", "stats", "--json").out)
    assert {r["model"]: r["input_tokens"] for r in rows} == {
        "gpt-4o-mini-2024-07-18": 1204,
        "gpt-4o-2024-08-06": 10,
        "llama-3.3-70b": 1404,
        "text-embedding-3-small": 12,
    }
    table = cli("traces", "stats", "--by", "tag:env", "--filter", "cost > 0.1")
    assert [line.split() for line in table.out.splitlines()] == [
        ["tag:env", "traces", "calls", "p50", "p95", "p99", "in", "out", "total", "cost", "tok/s"],
        ["dev", "1", "1", "500ms", "500ms", "500ms", "10", "5", "15", "$0.50", "10.0"],
    ]
    errors = cli("traces", "stats", "--by", "span_type", "--filter", "status = 'ERROR'").out.splitlines()
    assert errors[1].split()[:5] == ["TOOL", "1", "1", "1", "100.0%"]
    assert (
        cli("traces", "stats", "--csv", "--since", "2026-11-18T11:06:45").out.splitlines()[1].startswith("gpt-4o-2024")
    )
    assert cli("traces", "stats", "--since", "2030-01-01").code == 1
