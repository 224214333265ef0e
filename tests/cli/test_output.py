from __future__ import annotations

import json

import pytest
from render.sample import HOSTILE

from autolog._cli import output


@pytest.mark.parametrize("indent", [None, 2])
def test_json_is_harmless_in_a_terminal_and_the_same_to_a_program(indent: int | None) -> None:
    value = {"name": HOSTILE, "c1": "\x9b31m", "lone": "\ud800", "separator": "\u2028", "plain": "gr\u00fc\u00dfe"}
    text = output.json_text(value, indent=indent)
    assert json.loads(text) == value
    assert "gr\u00fc\u00dfe" in text
    assert not set(text) & set("\x1b\x07\x9b\u202e\ud800\u2028")
    text.encode()


def test_json_has_no_nan_and_stops_at_nothing() -> None:
    def constant(name: str) -> None:
        raise AssertionError(name)

    value = {"nan": float("nan"), "set": {1}, "object": object(), 3: "key"}
    assert set(json.loads(output.json_text(value), parse_constant=constant)) == {"nan", "set", "object", "3"}


def test_json_for_ascii_is_ascii() -> None:
    assert output.json_text({"a": "\xfc"}, ascii_only=True) == '{"a": "\\u00fc"}'


@pytest.mark.parametrize(
    ("environ", "coloured"),
    [
        ({}, True),
        ({"NO_COLOR": "1"}, False),
        ({"TERM": "dumb"}, False),
        ({"NO_COLOR": "1", "FORCE_COLOR": "1"}, True),
    ],
)
def test_who_gets_colours(monkeypatch: pytest.MonkeyPatch, environ: dict[str, str], coloured: bool) -> None:
    for name, value in environ.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr("sys.stdout.isatty", lambda: True, raising=False)
    assert output.is_terminal() is coloured


def test_csv_is_exact_in_a_pipe_and_harmless_in_a_terminal(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    output.print_csv(["a"], [[HOSTILE], [None], [1]])
    assert capsys.readouterr().out == f'a\n{HOSTILE}\n""\n1\n'
    monkeypatch.setattr("sys.stdout.isatty", lambda: True, raising=False)
    output.print_csv(["a"], [[HOSTILE]])
    assert "\x1b" not in capsys.readouterr().out
