"""The plugin as a project uses it: marked tests that are replayed, and what fails them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from replay.plugin_kit import Project

pytest_plugins = ["pytester", "replay.plugin_kit"]


def test_a_marked_test_is_answered_from_its_cassette(project: Project) -> None:
    project.write("""
@pytest.mark.llm_replay
def test_hello(llm_replay, traces):
    assert ask("hello") == "hi"
    assert llm_replay.calls[0].request.json["messages"][0]["content"] == "hello"
    assert traces.usage.total_tokens == 15

@pytest.mark.llm_replay
def test_without_fixtures():
    assert ask("hello") == "ho"

def test_by_fixture(llm_replay):
    assert ask("hello") == "hu"
""")
    for name, answer in (("test_hello", "hi"), ("test_without_fixtures", "ho"), ("test_by_fixture", "hu")):
        project.record(f"test_it/{name}.yaml", [("hello", answer)])
    result = project.run()
    result.assert_outcomes(passed=3)
    result.stdout.fnmatch_lines(["autolog: replay (the default), 2 tests with cassettes, network refused"])


def test_markers_of_modules_and_classes_count_option_by_option(project: Project) -> None:
    project.write("""
pytestmark = pytest.mark.llm_replay(unused="ignore")

def test_module():
    assert ask("a") == "1"

@pytest.mark.llm_replay("shared.yaml")
class TestClass:
    def test_one(self):
        assert ask("b") == "2"

    @pytest.mark.llm_replay("own.yaml", unused="error")
    def test_two(self):
        assert ask("c") == "3"

@pytest.mark.parametrize("city", ["Paris", "a/b"])
def test_city(city):
    assert ask(city) == "4"
""")
    project.record("test_it/test_module.yaml", [("a", "1"), ("unused", "")])
    project.record("shared.yaml", [("b", "2"), ("unused", "")])
    project.record("own.yaml", [("c", "3"), ("unused", "")])
    project.record("test_it/test_city[Paris].yaml", [("Paris", "4")])
    project.record("test_it/test_city[a_b]-0f310b63.yaml", [("a/b", "4")])
    result = project.run()
    result.assert_outcomes(passed=4, failed=1)
    result.stdout.fnmatch_lines(["FAILED test_it.py::TestClass::test_two*1 recorded interact*"])


MISSES = {
    "plainly": 'ask("now", max_retries=3)',
    "caught": """
    try:
        ask("now")
    except BaseException:
        pass""",
    "gathered": """
    async def both():
        return await asyncio.gather(aask("now"), aask("then"), return_exceptions=True)
    asyncio.run(both())""",
    "in a group": """
    async def both():
        async with asyncio.TaskGroup() as group:
            group.create_task(aask("now"))
    asyncio.run(both())""",
    "in a thread": """
    import threading
    threading.excepthook = lambda arguments: None
    thread = threading.Thread(target=ask, args=("now",))
    thread.start()
    thread.join()""",
    "then another failure": """
    try:
        ask("now")
    except BaseException:
        answer = None
    assert answer == "then" """,
}


@pytest.mark.parametrize("how", MISSES)
def test_a_miss_fails_the_test_undisguised(project: Project, how: str) -> None:
    project.write(f"""
@pytest.mark.llm_replay
def test_miss():
    {MISSES[how]}
""")
    project.record("test_it/test_miss.yaml", [("then", "hi")])
    result = project.run()
    result.assert_outcomes(failed=1)
    text = result.stdout.str()
    assert "no recorded interaction matches POST http://model.test/v1/chat/completions" in text
    assert 'recorded: "then"' in text
    assert "--llm-record=all" in text
    assert "Connection error" not in text
    if how != "plainly":
        assert "not in the cassette, " in text
    assert "made at " in text
    assert "test_it.py:" in text


def test_a_miss_after_the_test_is_an_error_too(project: Project) -> None:
    project.write("""
@pytest.fixture
def late(llm_replay):
    yield
    try:
        ask("late")
    except BaseException:
        pass

@pytest.mark.llm_replay
def test_late(late):
    assert ask("hello") == "hi"
""")
    project.record("test_it/test_late.yaml", [("hello", "hi")])
    result = project.run()
    result.assert_outcomes(passed=1, errors=1)
    result.stdout.fnmatch_lines(["*a request was not in the cassette, but the test passed*"])


@pytest.mark.parametrize(
    ("flag", "passed", "says"),
    [
        ("--llm-unused=error", 0, "  #2 POST /v1/chat/completions 'more'"),
        ("--llm-unused=warn", 1, "*PytestWarning: 1 recorded interaction was never replayed (test_hello.yaml):*"),
        ("--llm-unused=ignore", 1, "*1 passed*"),
    ],
)
def test_unused_interactions(project: Project, flag: str, passed: int, says: str) -> None:
    project.write("""
@pytest.mark.llm_replay
def test_hello():
    assert ask("hello") == "hi"
""")
    project.record("test_it/test_hello.yaml", [("hello", "hi"), ("more", "ho")])
    result = project.run(flag)
    result.assert_outcomes(passed=passed, failed=1 - passed, warnings=int("warn" in flag))
    result.stdout.fnmatch_lines([says])


def test_tests_that_share_a_cassette_need_not_use_all_of_it(project: Project) -> None:
    project.write("""
pytestmark = pytest.mark.llm_replay("shared.yaml")

def test_one():
    assert ask("a") == "1"

def test_two():
    assert ask("b") == "2"
""")
    project.record("shared.yaml", [("a", "1"), ("b", "2")])
    project.run().assert_outcomes(passed=2)
    project.run("test_it.py::test_one").assert_outcomes(passed=1)
    project.run("-k", "test_one").assert_outcomes(passed=1, deselected=1)


def test_the_other_tests_of_a_cassette_may_be_in_another_file(project: Project) -> None:
    for name, prompt in (("one", "a"), ("two", "b")):
        project.write(
            f"""
@pytest.mark.llm_replay("shared.yaml")
def test_{name}():
    assert ask("{prompt}") == "1"
""",
            f"test_{name}.py",
        )
    project.record("shared.yaml", [("a", "1"), ("b", "1")])
    project.run("test_one.py").assert_outcomes(passed=1)
    (project.path / "test_two.py").unlink()
    result = project.run("test_one.py")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["  #2 POST /v1/chat/completions 'b'"])


def test_a_failure_of_the_test_is_not_replaced(project: Project) -> None:
    project.write("""
@pytest.mark.llm_replay
def test_wrong():
    assert ask("hello") == "ho"

@pytest.mark.llm_replay
def test_skipped():
    pytest.skip("not today")

@pytest.mark.llm_replay
@pytest.mark.xfail(raises=AssertionError, strict=True)
def test_expected():
    assert ask("hello") == "ho"
""")
    for name in ("wrong", "skipped", "expected"):
        project.record(f"test_it/test_{name}.yaml", [("hello", "hi"), ("more", "ho")])
    result = project.run()
    result.assert_outcomes(failed=1, skipped=1, xfailed=1)
    assert "never replayed" not in result.stdout.str()


def test_a_cassette_that_is_not_there_says_how_to_record_it(project: Project) -> None:
    project.write("""
@pytest.mark.llm_replay
def test_new():
    ask("hello")
""")
    result = project.run()
    assert result.ret == 1
    result.stdout.fnmatch_lines(
        ["there is no cassette *test_new.yaml yet", "*pytest test_it.py::test_new --llm-record=missing"]
    )


@pytest.mark.parametrize(
    ("mark", "says"),
    [
        ("(timeing=1)", "llm_replay takes no timeing; it takes: allow_hosts, audit,"),
        ("('a', 'b')", "llm_replay takes one path, and was given ('a', 'b')"),
        ("(1)", "llm_replay takes one path"),
        ("(mode='once')", "the marker asks for the record mode 'once'; there are: replay, missing"),
    ],
)
def test_a_marker_with_a_mistake_in_it_says_so(project: Project, mark: str, says: str) -> None:
    project.write(f"""
@pytest.mark.llm_replay{mark}
def test_hello():
    pass
""")
    result = project.run()
    result.assert_outcomes(errors=1)
    assert says in result.stdout.str()


def test_async_tests_are_replayed(project: Project) -> None:
    project.write("""
@pytest.mark.llm_replay
@pytest.mark.asyncio
async def test_asyncio(traces):
    assert await asyncio.gather(*[aask("same") for _ in range(3)], aask("other")) == ["1", "2", "3", "4"]
    assert [call.text for call in traces.llm] == ["1", "2", "3", "4"]

@pytest.mark.llm_replay
@pytest.mark.anyio
async def test_anyio():
    assert await aask("hello") == "hi"

@pytest.fixture
def anyio_backend():
    return "asyncio"
""")
    project.record("test_it/test_asyncio.yaml", [("same", "1"), ("same", "2"), ("other", "4"), ("same", "3")])
    project.record("test_it/test_anyio.yaml", [("hello", "hi")])
    result = project.run(
        "-p", "pytest_asyncio.plugin", "-p", "anyio", "-o", "asyncio_default_fixture_loop_scope=function"
    )
    result.assert_outcomes(passed=2)


def test_session_fixtures_are_outside_of_the_cassette(project: Project) -> None:
    project.write("""
@pytest.fixture(scope="session")
def early():
    with pytest.raises(openai.APIConnectionError):
        ask("early", max_retries=0)

@pytest.mark.llm_replay
def test_hello(early):
    assert ask("hello") == "hi"
""")
    project.record("test_it/test_hello.yaml", [("hello", "hi")])
    project.run().assert_outcomes(passed=1)


def test_classes_of_unittest_are_replayed(project: Project) -> None:
    project.write("""
import unittest

@pytest.mark.llm_replay
class TestOld(unittest.TestCase):
    def test_hello(self):
        self.assertEqual(ask("hello"), "hi")
""")
    project.record("test_it/TestOld.test_hello.yaml", [("hello", "hi")])
    project.run().assert_outcomes(passed=1)


def test_folders_of_the_ini_file(project: Project) -> None:
    project.write(
        """
@pytest.mark.llm_replay
def test_hello():
    assert ask("hello") == "hi"
""",
        "tests/test_deep.py",
    )
    project.record("../recordings/tests/test_deep/test_hello.yaml", [("hello", "hi")])
    result = project.run("-o", "llm_cassette_dir=recordings", "--rootdir", str(project.path))
    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines(["autolog: replay (the default), network refused"])


def test_a_project_that_only_has_autolog_sees_nothing_of_it(project: Project, tmp_path: Path) -> None:
    project.write(
        """
import sys

def test_plain():
    ours = [name for name in sys.modules if name.startswith("autolog.") and "_pytest" not in name]
    assert sorted(ours) == ["autolog.pytest_plugin"]
    assert not {"vcr", "yaml", "openai", "wrapt", "genai_prices", "sqlite3"} & set(sys.modules)
""",
        program=False,
    )
    result = project.run(separate=True)
    result.assert_outcomes(passed=1)
    assert "autolog: " not in result.stdout.str()
    assert "== autolog" not in result.stdout.str()
