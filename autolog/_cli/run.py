"""``autolog run``: a program as ``python`` would run it, with everything that autolog knows turned on."""

from __future__ import annotations

import atexit
import sys
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

from autolog._cli.errors import USAGE, CommandError
from autolog._tracing.guard import report

__all__ = ["Program", "read_command_line", "run_program"]


@dataclass(frozen=True, slots=True)
class Program:
    """What to run: a script's path, a module's name or code, and its arguments; and how autolog is to be set."""

    kind: Literal["script", "module", "code"]
    target: str
    args: tuple[str, ...]
    summary: bool = False
    store: str | None = None


_KINDS: Final[dict[str, Literal["module", "code"]]] = {"-m": "module", "-c": "code"}


def read_command_line(words: Sequence[str]) -> Program:
    """Read our options up to the program; everything after it is the program's. Raises ``CommandError``.

    By hand and not by argparse, which takes options of the program for its own.
    """
    rest = list(words)
    summary = False
    store: str | None = None
    while rest:
        word = rest.pop(0)
        flag, equals, value = word.partition("=")
        if word == "--summary":
            summary = True
        elif flag == "--store":
            store = value if equals else _value(rest, "--store", "PATH")
        elif word[:2] in _KINDS and not word.startswith("--"):
            target = word[2:] or _value(rest, word, "MODULE" if word == "-m" else "CODE")
            return Program(_KINDS[word[:2]], target, tuple(rest), summary, store)
        elif word == "--" and rest:
            return Program("script", rest[0], tuple(rest[1:]), summary, store)
        elif word.startswith("-"):
            raise CommandError(f"autolog run has no option {word} (options of the program stand after its name)")
        else:
            return Program("script", word, tuple(rest), summary, store)
    raise CommandError("autolog run needs a program: autolog run SCRIPT [ARGS...], or -m MODULE, or -c CODE")


def _value(rest: list[str], option: str, what: str) -> str:
    if not rest:
        raise CommandError(f"autolog run {option} needs a {what}")
    return rest.pop(0)


def run_program(words: Sequence[str]) -> int:
    """Run the program, which decides how it ends. Returns where it just ends, or where there is nothing to run."""
    if words[:1] in (["-h"], ["--help"]):
        from autolog._cli.parser import build_parser

        build_parser().parse_args(["run", "--help"])
    try:
        program = read_command_line(words)
        if program.kind == "script" and not Path(program.target).exists():
            raise CommandError(f"there is no file {program.target}: give the path of a script, or -m MODULE")
    except CommandError as e:
        sys.stderr.write(f"autolog: {e}\n")
        return USAGE
    try:
        _turn_on(program)
    except Exception as e:  # a failure of ours is no reason for the program not to run
        report("turning tracing on", e)
    from autolog._cli.python import run_code, run_module, run_script

    try:
        match program.kind:
            case "script":
                run_script(program.target, program.args)
            case "module":
                run_module(program.target, program.args)
            case "code":
                run_code(program.target, program.args)
    except KeyboardInterrupt:
        _interrupted.append(True)
        raise
    return 0


_interrupted: list[bool] = []


def _end_as_interrupted() -> None:
    """Have the interpreter end by the signal, as it does of itself after a Ctrl-C that nobody caught.

    It remembers that one in a flag which every later `exec` of a text resets (CPython's `run_eval_code_obj`), and
    modules that are imported for the last traces, at the exit, run some: dataclasses and named tuples are made so.
    """
    if _interrupted:
        with suppress(KeyboardInterrupt):
            exec("raise KeyboardInterrupt")  # noqa: S102


def _turn_on(program: Program) -> None:
    import autolog
    from autolog import _control

    atexit.register(_end_as_interrupted)  # the first to be registered is the last to run
    if program.summary:
        from autolog._cli.summary import summarise_at_exit

        summarise_at_exit()
    if program.store is not None:
        autolog.configure(store=program.store)
    # Made before the program runs, so that its callback at exit runs after all of the program's own.
    _control.pipeline()
    autolog.autolog()
