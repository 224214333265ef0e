"""The pages on replaying name what there is, and show files that can be read."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from autolog import faults
from autolog._pytest.options import MARKER_OPTIONS, MODES, add_options
from autolog._replay.expect import Traces
from autolog._replay.format import dump, loads

DOCS = Path(__file__).parents[2] / "docs"
PAGE = (DOCS / "replay.md").read_text(encoding="utf-8")
FORMAT = (DOCS / "cassette-format.md").read_text(encoding="utf-8")


class Declared:
    """Takes what the plugin declares to pytest."""

    def __init__(self) -> None:
        self.flags: set[str] = set()
        self.ini: set[str] = set()

    def getgroup(self, name: str, description: str) -> Declared:
        return self

    def addoption(self, flag: str, **_: object) -> None:
        self.flags.add(flag)

    def addini(self, name: str, *_: object, **__: object) -> None:
        self.ini.add(name)


def test_every_flag_and_ini_value_is_in_the_page_and_no_other() -> None:
    declared = Declared()
    add_options(declared)  # type: ignore[arg-type]
    assert set(re.findall(r"--llm-[a-z-]+[a-z]", PAGE)) == declared.flags | {"--llm-report"}
    assert set(re.findall(r"`?(llm_[a-z_]+)", PAGE)) - {"llm_replay"} == declared.ini


def test_every_option_of_the_marker_and_every_mode_has_a_line() -> None:
    rows = set(re.findall(r"^\| `([a-z_]+)` \|", PAGE, re.MULTILINE))
    assert rows >= MARKER_OPTIONS | set(MODES)


def test_every_fault_and_everything_of_traces_is_in_the_page() -> None:
    for name in set(faults.__all__) - {"Fault"}:
        assert f"| `{name}(" in PAGE
    internal = {"everything", "explain", "gave"}
    for name in {name for name in vars(Traces) if not name.startswith("_")} - internal:
        assert f"traces.{name}" in PAGE, name


@pytest.mark.parametrize("block", re.findall(r"```yaml\n(version.*?)```", FORMAT, re.DOTALL))
def test_the_file_that_is_shown_can_be_read(block: str) -> None:
    cassette = loads(block, Path("shown.yaml"))
    (interaction,) = cassette.interactions
    assert interaction.request.json["messages"][1]["content"] == "Line one\nline two"
    assert [event.after_ms for event in interaction.response.events or ()] == [0, 55, 0]
    assert '"model":"gpt-4o-mini-2024-07-18"' in interaction.response.text.replace(": ", ":")
    assert loads(dump(cassette), Path("again.yaml")).interactions[0].response == interaction.response
