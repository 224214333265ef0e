"""The flags, ini values and marker of the plugin, and which of them decides."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import pytest

__all__ = ["MARKER_OPTIONS", "MODES", "Mode", "add_options", "allowed_hosts", "mode_of", "option_of", "timing_of"]

MODES: Final = ("replay", "missing", "all", "stale", "verify")
UNUSED: Final = ("error", "warn", "ignore")

MARKER_OPTIONS: Final = frozenset(
    {
        "mode",
        "ignore",
        "normalize",
        "order",
        "repeats",
        "record_errors",
        "timing",
        "faults",
        "allow_hosts",
        "unused",
        "max_age",
        "audit",
    }
)
"""The keywords of ``@pytest.mark.llm_replay``: those of ``autolog.replay``, and ``audit``."""


@dataclass(frozen=True, slots=True)
class Mode:
    """A record mode and where it comes from, in words."""

    name: str
    source: str


def add_options(parser: pytest.Parser) -> None:
    """Declare flags and ini values."""
    group = parser.getgroup("autolog", "autolog: recorded model calls")
    group.addoption(
        "--llm-record",
        choices=MODES,
        default=None,
        help="replay (default; the network is refused), missing: record what no cassette has, all: record everything"
        " again, stale: record again what is older than --llm-max-age, verify: call live and compare",
    )
    group.addoption("--llm-max-age", metavar="AGE", default=None, help="with --llm-record=stale: 30d, 12h")
    group.addoption(
        "--llm-timing",
        metavar="N",
        type=_factor,
        default=None,
        help="how much of the recorded waiting is done; 0 (default): none, 1: all of it, 2: twice as much",
    )
    group.addoption(
        "--llm-unused",
        choices=UNUSED,
        default=None,
        help="what recorded interactions mean that a passing test did not replay (default: error)",
    )
    group.addoption(
        "--llm-allow-host",
        metavar="REGEX",
        type=_regex,
        action="append",
        default=[],
        help="a host that marked tests may reach; may be given several times",
    )
    group.addoption("--llm-report", action="store_true", help="tell of every marked test what was replayed and saved")
    group.addoption(
        "--llm-report-file",
        metavar="FILE",
        default=None,
        help="write the report as JSON, for `autolog cassettes prune`",
    )
    parser.addini("llm_cassette_dir", "folder of all cassettes, relative to the rootdir (default: beside each test)")
    parser.addini("llm_record", "record mode, as --llm-record")
    parser.addini("llm_max_age", "as --llm-max-age")
    parser.addini("llm_unused", "as --llm-unused")
    parser.addini("llm_allow_hosts", "hosts that marked tests may reach: regular expressions", type="linelist")


def _factor(text: str) -> float:
    value = float(text)
    if not 0 <= value < float("inf"):
        raise ValueError(text)
    return value


def _regex(text: str) -> str:
    try:
        re.compile(text)
    except re.error as e:
        raise ValueError(f"{text!r} is no regular expression: {e}") from e
    return text


def mode_of(config: pytest.Config, marked: str | None = None) -> Mode:
    """Give the record mode: of the command line, else the marker, else the ini file, else ``AUTOLOG_RECORD``.

    Where the environment has ``CI``, only the command line can ask for anything but a replay. Raises
    ``pytest.UsageError`` for a mode that there is not.
    """
    flag: str | None = config.getoption("--llm-record")
    if flag is not None:
        return Mode(flag, "--llm-record")
    sources = (
        (marked, "the marker"),
        (_ini(config, "llm_record"), "llm_record in the ini file"),
        (os.environ.get("AUTOLOG_RECORD") or None, "AUTOLOG_RECORD"),
    )
    name, source = next(((n, s) for n, s in sources if n is not None), ("replay", "the default"))
    if name not in MODES:
        raise pytest.UsageError(f"{source} asks for the record mode {name!r}; there are: {', '.join(MODES)}")
    if name != "replay" and _in_ci():
        return Mode("replay", f"CI is set; {source} asks for {name}, which in CI only --llm-record={name} can")
    return Mode(name, source)


def _in_ci() -> bool:
    return os.environ.get("CI", "").strip().lower() not in ("", "0", "false", "no")


def option_of(config: pytest.Config, name: str, marked: Mapping[str, Any]) -> Any:
    """Give an option by the same precedence: flag, marker, ini value; ``None`` where nobody gave it."""
    given = config.getoption(f"--llm-{name.replace('_', '-')}")
    if given is not None:
        return given
    return marked[name] if marked.get(name) is not None else _ini(config, f"llm_{name}")


def timing_of(config: pytest.Config, marked: Mapping[str, Any]) -> float:
    """Give how much of the recorded waiting is done, by the flag, else by the marker, else none."""
    flag: float | None = config.getoption("--llm-timing")
    return flag if flag is not None else marked.get("timing") or 0.0


def allowed_hosts(config: pytest.Config, marked: Mapping[str, Any]) -> list[str]:
    """Give every host that is allowed by anybody."""
    flags: list[str] = config.getoption("--llm-allow-host") or list[str]()
    return [*flags, *(marked.get("allow_hosts") or ()), *config.getini("llm_allow_hosts")]


def _ini(config: pytest.Config, name: str) -> str | None:
    return str(config.getini(name) or "").strip() or None
