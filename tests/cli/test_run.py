"""``autolog run`` against plain ``python``: a program cannot tell them apart."""

from __future__ import annotations

import signal
import sys
import zipfile
from pathlib import Path

import pytest
from cli.command import Result, python
from render.sample import agent_trace

from autolog import Usage
from autolog._cli.errors import CommandError
from autolog._cli.run import Program, read_command_line
from autolog._cli.summary import Tally
from autolog._store import Query, open_store

PROGRAMS = {
    "look.py": """
import atexit, pickle, sys, threading
import sibling
class Kept: pass
atexit.register(print, "first registered, last said")
atexit.register(print, "last registered, first said")
print(__name__, __file__, sys.argv, sys.path[0], __spec__, __package__, type(__loader__).__name__, sibling.VALUE)
print(sorted(globals()), type(__builtins__).__name__, sys.modules["__main__"].__dict__ is globals())
print(type(pickle.loads(pickle.dumps(Kept()))) is Kept, Kept.__module__)
threading.Thread(target=lambda: (threading.Event().wait(0.1), print("thread said"))).start()
print(sys.stdin.read())
""",
    "sibling.py": "VALUE = 7",
    "exit.py": "import sys; sys.exit(int(sys.argv[1]) if sys.argv[1:] else 'said why')",
    "raises.py": """
def inner():
    raise ValueError("gr\u00fc\u00dfe")
try:
    inner()
except ValueError as e:
    raise KeyError("outer") from e
""",
    "syntax.py": "def broken(:\n",
    "hook.py": """
import sys, traceback
def hook(kind, value, tb):
    print(kind.__name__, [f.name for f in traceback.extract_tb(tb)], value.__traceback__ is tb, sys.excepthook is hook)
sys.excepthook = hook
1 / 0
""",
    "interrupted.py": "raise KeyboardInterrupt",
    # What is stored at the exit is stored by modules that are imported there.
    "interrupted_with_spans.py": """
import sys
if "autolog" in sys.modules:
    import autolog
    autolog.start_span("mine").__enter__().end()
raise KeyboardInterrupt
""",
    "spawns.py": """
import multiprocessing
class Box:
    def __init__(self, value): self.value = value
def more(box): return Box(box.value + 1)
if __name__ == "__main__":
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        print(pool.map(more, [Box(1)])[0].value)
""",
    "pkg/__init__.py": "",
    "pkg/part.py": "VALUE = 8",
    "pkg/__main__.py": """
import sys
from . import part
print(__name__, __spec__.name, __package__, sys.argv, sys.path[0], part.VALUE)
1 / 0
""",
    "folder/__main__.py": "import sys, near; print(__name__, repr(__package__), sys.argv, sys.path[0], near.VALUE)",
    "folder/near.py": "VALUE = 9",
}


@pytest.fixture(scope="module")
def programs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("programs")
    for name, source in PROGRAMS.items():
        path = folder / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(source, encoding="utf-8")
    (folder / "links").mkdir()
    (folder / "links" / "look.py").symlink_to(folder / "look.py")
    with zipfile.ZipFile(folder / "packed.zip", "w") as archive:
        archive.writestr("__main__.py", "import sys; print(__name__, sys.argv, sys.path[0])")
    return folder


def _both(programs: Path, *words: str) -> tuple[Result, Result]:
    return (
        python(*words, cwd=programs, stdin="typed"),
        python("-m", "autolog", "run", *words, cwd=programs, stdin="typed"),
    )


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("look.py", "a", "--b", "--help", "--", "-m"), 0),
        (("links/look.py",), 0),
        (("exit.py", "3"), 3),
        (("exit.py",), 1),
        (("raises.py",), 1),
        (("syntax.py",), 1),
        (("hook.py",), 1),
        (("interrupted.py",), -signal.SIGINT),
        (("interrupted_with_spans.py",), -signal.SIGINT),
        (("spawns.py",), 0),
        (("-m", "pkg", "-x"), 1),
        (("folder", "a"), 0),
        (("packed.zip", "a"), 0),
        (("-c", "import sys; print(__name__, sys.argv, sys.path[0], '__file__' in globals())", "a"), 0),
        (("-m", "nowhere"), 1),
    ],
    ids=lambda value: " ".join(value)[:24] if isinstance(value, tuple) else "",
)
def test_a_program_runs_as_under_python(programs: Path, words: tuple[str, ...], code: int) -> None:
    plain, traced = _both(programs, *words)
    assert traced == plain
    assert plain.code == code


TRACED = """
import atexit
import autolog
print(autolog.integrations()["openai"].on)
def late():
    with autolog.start_span("late"):
        pass
atexit.register(late)
with autolog.start_span("early", span_type="AGENT"):
    pass
raise SystemExit(4)
"""


def test_everything_is_on_and_flushed_at_the_end(tmp_path: Path) -> None:
    (tmp_path / "traced.py").write_text(TRACED, encoding="utf-8")
    result = python("-m", "autolog", "run", "--store", "mine.db", "--summary", "traced.py", cwd=tmp_path)
    assert (result.code, result.out) == (4, "True\n")
    assert result.err == f"autolog: 2 traces, 2 spans -> {tmp_path / 'mine.db'}\n"
    with open_store(tmp_path / "mine.db") as store:
        assert {t.name for t in store.search(Query())} == {"early", "late"}


def test_the_summary_says_when_nothing_was_traced(tmp_path: Path) -> None:
    result = python("-m", "autolog", "run", "--summary", "-c", "print(1)", cwd=tmp_path)
    assert result == Result(0, "1\n", "autolog: nothing was traced (`autolog doctor` finds out why)\n")


def test_totals_are_counted_once_over_parts_of_traces() -> None:
    tally = Tally()
    trace = agent_trace()
    for span in trace.spans:  # a parent and its child come in parts of their own
        tally.export([trace.with_spans([span])])
    assert trace.usage == Usage(2620, 88, 2708, 1024)
    assert (
        tally.words()
        == "1 trace, 8 spans, 2,620 in (1,024 cached) + 88 out = 2,708 tokens, $0.000231 + 1 unpriced call"
    )


@pytest.mark.parametrize(
    ("words", "program"),
    [
        (["x.py"], Program("script", "x.py", ())),
        (["--summary", "x.py", "--summary", "-m"], Program("script", "x.py", ("--summary", "-m"), summary=True)),
        (["--store=a.db", "-m", "pkg", "-c"], Program("module", "pkg", ("-c",), store="a.db")),
        (["--store", "a.db", "-mpkg"], Program("module", "pkg", (), store="a.db")),
        (["-c", "print()", "--store", "b"], Program("code", "print()", ("--store", "b"))),
        (["--", "-odd.py", "a"], Program("script", "-odd.py", ("a",))),
    ],
)
def test_what_stands_after_the_program_is_the_programs(words: list[str], program: Program) -> None:
    assert read_command_line(words) == program


@pytest.mark.parametrize("words", [[], ["--"], ["-"], ["-x", "y.py"], ["--summary"], ["-c"]])
def test_without_a_program_there_is_nothing_to_run(words: list[str]) -> None:
    with pytest.raises(CommandError):
        read_command_line(words)


def test_help_of_run_is_ours(capsys: pytest.CaptureFixture[str]) -> None:
    from autolog._cli import main

    with pytest.raises(SystemExit) as ended:
        main(["run", "--help"])
    assert ended.value.code == 0
    assert "(SCRIPT | -m MODULE | -c CODE) [ARGS...]" in capsys.readouterr().out
    assert sys.modules["__main__"].__name__ == "__main__"


def test_a_failure_of_ours_does_not_keep_the_program_from_running(tmp_path: Path) -> None:
    (tmp_path / "broken.py").write_text(
        "import autolog\ndef fails(**_): raise RuntimeError('ours')\nautolog.autolog = fails\n"
        "from autolog._cli import main\nmain(['--', 'run', '-c', 'print(1)'])\n",
        encoding="utf-8",
    )
    result = python("broken.py", cwd=tmp_path, AUTOLOG_RAISE_ERRORS="0")
    assert (result.code, result.out) == (0, "1\n")
    assert "Your program is not affected" in result.err
