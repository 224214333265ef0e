"""The pytest plugin: ``@pytest.mark.llm_replay``, the fixtures ``llm_replay`` and ``traces``, and the ``--llm-`` flags.

What it does is in ``docs/replay.md``. This module has only the hooks, and loads the rest when a test uses it.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Generator
from typing import TYPE_CHECKING, Any, cast

import pytest

from autolog._pytest.keys import ROOM, SESSION, SHARED, TESTS

if TYPE_CHECKING:
    from autolog._pytest.tracing import Session
    from autolog._replay.expect import Traces
    from autolog._replay.tape import Tape

__all__ = ["llm_replay", "llm_replay_proxy", "traces"]

_MARKER = (
    "llm_replay(path=None, *, mode, ignore, normalize, order, repeats, record_errors, timing, faults, allow_hosts, "
    "unused, max_age, audit): replay the test's model calls from a cassette (autolog)"
)


def pytest_addoption(parser: pytest.Parser) -> None:
    """Declare the flags and ini values."""
    from autolog._pytest.options import add_options

    add_options(parser)


def pytest_configure(config: pytest.Config) -> None:
    """Declare the marker."""
    config.addinivalue_line("markers", _MARKER)


def pytest_report_header(config: pytest.Config) -> str | None:
    """Tell the record mode where something asks for one; else it is told once marked tests are collected."""
    from autolog._pytest.report import mode_line

    return mode_line(config) if _is_asked(config) else None


def _is_asked(config: pytest.Config) -> bool:
    if config.getoption("--llm-record") or config.getini("llm_record") or config.getini("llm_cassette_dir"):
        return True
    if os.environ.get("AUTOLOG_RECORD"):
        return True
    if not config.getoption("numprocesses", None):
        return False
    # Under xdist, this process collects nothing: look for cassettes where tests are.
    paths = [config.invocation_params.dir / arg.partition("::")[0] for arg in config.args]
    return any(((path if path.is_dir() else path.parent) / "cassettes").is_dir() for path in paths)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Count the marked tests, and those that share a cassette, before any is deselected."""
    marks = [mark for item in items if (mark := item.get_closest_marker("llm_replay")) is not None]
    config.stash[TESTS] = len(marks)
    config.stash[SHARED] = Counter(str(mark.args[0]) for mark in marks if mark.args)


def pytest_report_collectionfinish(config: pytest.Config) -> str | None:
    """Tell how many tests replay, and the record mode, where there are any."""
    tests = config.stash.get(TESTS, 0)
    if not tests or _is_asked(config):
        return None
    from autolog._pytest.report import mode_line

    return mode_line(config, tests)


@pytest.fixture
def _llm_session(request: pytest.FixtureRequest) -> Generator[Session]:
    from autolog._pytest.room import traced

    yield from traced(request)


@pytest.fixture
def traces(_llm_session: Session) -> Traces:
    """Trace every model call of this test into memory; ids and times are the same on every run."""
    return _llm_session.traces


@pytest.fixture
def llm_replay(request: pytest.FixtureRequest) -> Generator[Tape]:
    """Replay this test's model calls from its cassette; gives the tape: ``calls``, ``misses``, ``unused``, ``usage``."""
    from autolog._pytest.room import replaying

    yield from replaying(request)


@pytest.fixture
def llm_replay_proxy(request: pytest.FixtureRequest) -> Generator[Callable[..., str]]:
    """Serve a cassette to a subprocess or another language: ``url = llm_replay_proxy("agent.yaml")``.

    The address is for ``OPENAI_BASE_URL``. Requests that the cassette does not have, and interactions that nobody
    asks for, fail the test at its end. With ``upstream="https://api.openai.com/v1"``, ``--llm-record`` records.
    """
    from autolog._pytest.proxy import serving

    yield from serving(request)


@pytest.fixture(autouse=True)
def _llm_marked(request: pytest.FixtureRequest) -> None:
    """Use the fixture in marked tests that do not name it."""
    item = cast("pytest.Item", request.node)  # pyright: ignore[reportUnknownMemberType]
    if item.get_closest_marker("llm_replay") is not None:
        request.getfixturevalue("llm_replay")


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, Any, Any]:
    """Judge the test by its cassette once its own code has ended, however it ended."""
    try:
        result = yield
    except (KeyboardInterrupt, pytest.exit.Exception):
        raise
    except BaseException as e:
        room = item.stash.get(ROOM, None)
        if room is not None:
            room.check(e)
        raise
    room = item.stash.get(ROOM, None)
    if room is not None:
        room.check(None)
    return result


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Add the trace to the report of a failing test, and what the cassette has to say to the last report."""
    report = yield
    if SESSION not in item.stash and ROOM not in item.stash:
        return report
    from autolog._pytest.report import show_trace

    if report.failed:
        show_trace(item, report)
    if report.when == "teardown":
        if ROOM in item.stash:
            # As a member of the report it reaches the process that prints, under xdist too.
            report.autolog_replay = item.stash[ROOM].summary()  # type: ignore[attr-defined]
            del item.stash[ROOM]
        if SESSION in item.stash:
            del item.stash[SESSION]
    return report


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    """Tell what recording did; with ``--llm-report`` what every marked test replayed."""
    reports = (report for reports in terminalreporter.stats.values() for report in reports)
    found = [told for report in reports if (told := getattr(report, "autolog_replay", None)) is not None]
    if not found:
        return
    from autolog._pytest.report import summary_lines, write_report

    if config.getoption("--llm-report-file"):
        write_report(found, config)
    lines = summary_lines(found, full=bool(config.getoption("--llm-report")))
    if lines:
        terminalreporter.section("autolog")
        for line in lines:
            terminalreporter.line(line)


def pytest_assertrepr_compare(config: pytest.Config, op: str, left: object, right: object) -> list[str] | None:
    """Explain the difference of two traces as a tree."""
    if op != "==" or SESSION not in config.stash:
        return None
    from autolog._pytest.report import compared

    return compared(config, left, right)
