"""Every way to be wrong: one line (a filter's place needs three) on standard error, and the exit code."""

from __future__ import annotations

from pathlib import Path

import pytest
from cli.command import Cli

from autolog._cli.parser import build_parser

WRONG = [
    (["traces", "list", "--frob"], 2, "unrecognized arguments: --frob (see `autolog --help`)"),
    (["frob"], 2, "invalid choice: 'frob'"),
    (["traces"], 2, "the following arguments are required: COMMAND (see `autolog traces --help`)"),
    (["traces", "list", "-n", "0"], 2, "'0' is not a whole number of at least 1"),
    (["traces", "list", "--tag", "env"], 2, "'env' is not KEY=VALUE, as in env=prod"),
    (["traces", "list", "--min-cost", "much"], 2, "'much' is not a number of dollars"),
    (["traces", "list", "--slow", "nan"], 2, "'nan' is not a number of milliseconds"),
    (["traces", "list", "--since", "soon"], 2, "--since: 'soon' is not a time: "),
    (["traces", "list", "--status", "fine"], 2, "invalid choice: 'fine'"),
    (["traces", "list", "--filter", "cots > 1"], 2, "there is no column cots. Did you mean cost?\n  cots > 1\n  ^\n"),
    (["traces", "list", "--order-by", "beauty"], 2, "there is no order by beauty."),
    (["traces", "list", "--json", "--ids"], 2, "not allowed with argument --json"),
    (["traces", "stats", "--by", "colour"], 2, "there are no statistics by colour."),
    (["traces", "show", "zz"], 1, "no trace with the id zz in "),
    (["traces", "show", "1"], 2, "several traces begin with 1 ("),
    (["traces", "show", "@first"], 2, "@first names no trace: @last is the newest, @-2 the one before it"),
    (["traces", "show", "@-0"], 2, "@-0 names no trace"),
    (["traces", "show", "@-99"], 1, "there is no trace @-99 in "),
    (["traces", "show", "a'b"], 2, '"a\'b" is no trace id'),
    (["traces", "show", "0af", "--span", "9"], 1, "the trace has no span 9: --json lists them with their ids"),
    (["traces", "show", "0af", "--span", "0"], 2, "8 spans of the trace are called 0 ("),
    (["traces", "export", "0af", "zz"], 1, "no trace with the id zz in "),
    (["traces", "export", "--format", "parquet"], 2, "parquet needs a file: add -o FILE"),
    (["traces", "export", "-o", "no/where.jsonl"], 2, "no/where.jsonl cannot be written: No such file or directory"),
    (["traces", "import", "nowhere.jsonl"], 2, "nowhere.jsonl cannot be read: No such file or directory"),
    (["traces", "delete"], 2, "nothing is named to delete: give ids, --older-than 30d or --filter CONDITION"),
    (["traces", "delete", "0af", "--filter", "cost > 1"], 2, "give ids, or --older-than and --filter, not both"),
    (["traces", "delete", "0af"], 2, "would delete 1 trace from "),
    (["traces", "list", "--store", "http://x"], 3, "a store is a file, and http://x is a URL"),
    (["traces", "list", "--store", "nowhere.db"], 3, "nowhere.db: run a traced program here first, "),
    (["traces", "list", "--store", "none"], 3, "so there is no store: name one with --store PATH"),
    (["run"], 2, "autolog run needs a program: autolog run SCRIPT [ARGS...], or -m MODULE, or -c CODE"),
    (["run", "--frob", "x.py"], 2, "autolog run has no option --frob"),
    (["run", "-m"], 2, "autolog run -m needs a MODULE"),
    (["run", "--store"], 2, "autolog run --store needs a PATH"),
    (["run", "nowhere.py"], 2, "there is no file nowhere.py"),
]


@pytest.mark.parametrize(("words", "code", "message"), WRONG, ids=[" ".join(w) for w, _, _ in WRONG])
def test_what_is_wrong_is_said_with_its_fix(
    cli: Cli, store_path: Path, words: list[str], code: int, message: str
) -> None:
    result = cli(*words)
    assert result.code == code
    assert result.out == ""
    assert result.err.startswith("autolog: ")
    assert message in result.err
    if "\n  " not in message:
        assert result.err.count("\n") == 1 or "There are:" in result.err


def test_a_file_that_is_no_store_is_store_trouble(cli: Cli, tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("not a database, and long enough to be looked at " * 9, encoding="utf-8")
    result = cli("traces", "list", "--store", "notes.txt")
    assert (result.code, result.out) == (3, "")
    assert "is not an autolog store" in result.err


def test_reading_makes_no_store(cli: Cli, tmp_path: Path) -> None:
    assert cli("traces", "list").code == 3
    assert list(tmp_path.iterdir()) == []


def test_without_a_command_the_help_is_shown_as_an_error(cli: Cli) -> None:
    result = cli()
    assert (result.code, result.out) == (2, "")
    assert "commands:" in result.err


def _commands() -> list[tuple[str, ...]]:
    top = ("integrations", "doctor", "demo", "run")
    return [(c,) for c in top] + [
        ("traces", c) for c in ("list", "search", "show", "stats", "export", "import", "delete")
    ]


@pytest.mark.parametrize("command", _commands(), ids=" ".join)
def test_every_command_has_help_with_an_example(capsys: pytest.CaptureFixture[str], command: tuple[str, ...]) -> None:
    with pytest.raises(SystemExit) as ended:
        build_parser().parse_args([*command, "--help"])
    assert ended.value.code == 0
    shown = capsys.readouterr().out
    assert f"  autolog {' '.join(command)}" in shown.partition("example")[2]
    assert "exit codes: 0 found" in shown
