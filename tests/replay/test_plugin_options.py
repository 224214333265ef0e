"""Names of cassettes, and who decides the record mode."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from autolog._pytest.options import allowed_hosts, mode_of, option_of, timing_of
from autolog._pytest.paths import cassette_path, file_name


class FakeConfig:
    """As much of pytest's config as is asked."""

    def __init__(self, flags: dict[str, Any] | None = None, ini: dict[str, Any] | None = None) -> None:
        self.flags, self.ini = flags or {}, ini or {}
        self.rootpath = Path("/project")

    def getoption(self, name: str) -> Any:
        return self.flags.get(name)

    def getini(self, name: str) -> Any:
        return self.ini.get(name, [] if name == "llm_allow_hosts" else "")


def config(flags: dict[str, Any] | None = None, ini: dict[str, Any] | None = None) -> Any:
    return FakeConfig(flags, ini)


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("CI", "AUTOLOG_RECORD"):
        monkeypatch.delenv(name, raising=False)


@pytest.mark.parametrize(
    ("test", "name"),
    [
        ("test_plain", "test_plain"),
        ("TestAgent.test_city[Paris]", "TestAgent.test_city[Paris]"),
        ("test_x[1-two-3.5]", "test_x[1-two-3.5]"),
        ("test_x[Zürich]", "test_x[Zürich]"),
        ("test_x[a/b]", "test_x[a_b]-"),
        ("test_x[a:b]", "test_x[a_b]-"),
        ("test_x[a b]", "test_x[a_b]-"),
        ("test_x[" + "a" * 300 + "]", "test_x[aaaa"),
    ],
)
def test_a_file_name_is_the_test_name_where_it_can_be(test: str, name: str) -> None:
    found = file_name(test)
    assert found.startswith(name)
    assert (found == name) == (test == name)
    assert len(found) < 120


def test_names_that_are_replaced_alike_stay_apart() -> None:
    tests = ["test_x[a/b]", "test_x[a:b]", "test_x[a b]", "test_x[a_b]", "t" * 200 + "1", "t" * 200 + "2"]
    assert len({file_name(test) for test in tests}) == len(tests)


def item(ini: dict[str, Any] | None = None) -> Any:
    return SimpleNamespace(
        name="test_weather", parent=None, path=Path("/project/tests/unit/test_agent.py"), config=config(ini=ini)
    )


@pytest.mark.parametrize(
    ("folder", "given", "path"),
    [
        ("", None, "/project/tests/unit/cassettes/test_agent/test_weather.yaml"),
        ("", "shared/login.yaml", "/project/tests/unit/cassettes/shared/login.yaml"),
        ("", "/elsewhere/x.yaml", "/elsewhere/x.yaml"),
        ("recordings", None, "/project/recordings/tests/unit/test_agent/test_weather.yaml"),
        ("recordings", "login.yaml", "/project/recordings/login.yaml"),
    ],
)
def test_where_a_cassette_is(folder: str, given: str | None, path: str) -> None:
    assert cassette_path(item({"llm_cassette_dir": folder}), given) == Path(path)


@pytest.mark.parametrize(
    ("flag", "marker", "ini", "variable", "name", "source"),
    [
        (None, None, "", None, "replay", "the default"),
        (None, None, "", "all", "all", "AUTOLOG_RECORD"),
        (None, None, "missing", "all", "missing", "llm_record in the ini file"),
        (None, "verify", "missing", "all", "verify", "the marker"),
        ("stale", "verify", "missing", "all", "stale", "--llm-record"),
        (None, "replay", "missing", "all", "replay", "the marker"),
        ("replay", "all", "all", "all", "replay", "--llm-record"),
    ],
)
def test_who_decides_the_mode(
    monkeypatch: pytest.MonkeyPatch, flag: Any, marker: Any, ini: str, variable: Any, name: str, source: str
) -> None:
    if variable:
        monkeypatch.setenv("AUTOLOG_RECORD", variable)
    mode = mode_of(config({"--llm-record": flag}, {"llm_record": ini}), marker)
    assert (mode.name, mode.source) == (name, source)


@pytest.mark.parametrize(
    ("value", "forced"), [("true", True), ("1", True), ("", False), ("false", False), ("0", False)]
)
def test_in_ci_only_the_flag_records(monkeypatch: pytest.MonkeyPatch, value: str, *, forced: bool) -> None:
    monkeypatch.setenv("CI", value)
    mode = mode_of(config(), "all")
    assert mode.name == ("replay" if forced else "all")
    assert ("only --llm-record=all can" in mode.source) == forced
    assert mode_of(config({"--llm-record": "all"})).name == "all"


def test_a_mode_that_there_is_not_is_named_with_its_source() -> None:
    with pytest.raises(
        pytest.UsageError, match="llm_record in the ini file asks for the record mode 'once'; there are"
    ):
        mode_of(config(ini={"llm_record": "once"}))


@pytest.mark.parametrize(
    ("name", "flags", "marked", "ini", "value"),
    [
        ("unused", {}, {}, {"llm_unused": "warn"}, "warn"),
        ("unused", {}, {"unused": "ignore"}, {"llm_unused": "warn"}, "ignore"),
        ("unused", {"--llm-unused": "error"}, {"unused": "ignore"}, {}, "error"),
        ("max_age", {"--llm-max-age": "1d"}, {"max_age": "2d"}, {"llm_max_age": "3d"}, "1d"),
    ],
)
def test_options_have_the_same_precedence(name: str, flags: Any, marked: Any, ini: Any, value: Any) -> None:
    assert option_of(config(flags, ini), name, marked) == value


@pytest.mark.parametrize(
    ("flag", "marked", "timing"), [(None, None, 0), (None, 0.5, 0.5), (0.0, 0.5, 0), (1.0, 0.5, 1), (2.0, None, 2)]
)
def test_the_flag_wins_over_the_marker_and_means_the_same(flag: Any, marked: Any, timing: float) -> None:
    assert timing_of(config({"--llm-timing": flag}), {"timing": marked}) == timing


def test_hosts_are_allowed_by_anybody() -> None:
    found = allowed_hosts(config({"--llm-allow-host": ["a"]}, {"llm_allow_hosts": ["c"]}), {"allow_hosts": ["b"]})
    assert found == ["a", "b", "c"]
