"""Run a program inside this interpreter so that it cannot tell the difference from ``python PROGRAM``.

The same module name, ``sys.argv``, ``sys.path[0]``, ``__file__``, exit codes and tracebacks. What ends the program
(``SystemExit``, an exception, Ctrl-C) passes through us to the interpreter, which deals with it as always.
"""

from __future__ import annotations

import builtins
import io
import os
import sys
from collections.abc import Callable, Sequence
from importlib.machinery import SourceFileLoader, SourcelessFileLoader
from pathlib import Path
from types import CodeType, ModuleType, TracebackType
from typing import Any

__all__ = ["run_code", "run_module", "run_script"]

# The module that was __main__ before: kept, because our own callers' globals live in it.
_kept: list[ModuleType] = []


def run_script(path: str, args: Sequence[str]) -> None:
    """Run a file of Python source or byte code, or a folder or zip file with a ``__main__.py``."""
    sys.argv[:] = [path, *args]
    if Path(path).is_dir() or _is_archive(path):
        _set_path(os.path.abspath(path))
        _fresh_main()
        _transparently(lambda: _run_as_main("__main__", alter_argv=False))
        return
    _set_path(str(Path(path).resolve().parent))
    # Python gives the program its path made absolute, and argv[0] as it was typed.
    full = os.path.abspath(path)
    main = _fresh_main()
    main.__file__ = full
    if sys.version_info < (3, 15):
        main.__dict__["__cached__"] = None
    main.__loader__ = (SourcelessFileLoader if path.endswith(".pyc") else SourceFileLoader)("__main__", full)
    _transparently(lambda: _execute(_read(full), main))


def run_module(name: str, args: Sequence[str]) -> None:
    """Run a module or package by name."""
    sys.argv[:] = ["-m", *args]
    _set_path(str(Path.cwd()))
    _fresh_main()
    _transparently(lambda: _run_as_main(name, alter_argv=True))


def run_code(text: str, args: Sequence[str]) -> None:
    """Run a text of Python code."""
    sys.argv[:] = ["-c", *args]
    _set_path("")
    main = _fresh_main()
    _transparently(lambda: _execute(compile(text, "<string>", "exec", dont_inherit=True), main))


def _fresh_main() -> ModuleType:
    _kept.append(sys.modules["__main__"])
    main = ModuleType("__main__")
    main.__dict__["__builtins__"] = builtins
    if sys.version_info < (3, 14):
        main.__annotations__ = {}
    sys.modules["__main__"] = main
    return main


def _set_path(first: str) -> None:
    if not sys.flags.safe_path:
        # Ours: the folder of our own start script, or the working folder for `python -m autolog`.
        sys.path[0] = first


def _is_archive(path: str) -> bool:
    import zipfile

    return not path.endswith((".py", ".pyc")) and zipfile.is_zipfile(path)


def _read(path: str) -> CodeType:
    with io.open_code(path) as file:
        if path.endswith(".pyc"):
            from pkgutil import read_code

            code: CodeType | None = read_code(file)
            if code is None:
                raise RuntimeError("Bad magic number in .pyc file")
            return code
        return compile(file.read(), path, "exec", dont_inherit=True)


def _execute(code: CodeType, main: ModuleType) -> None:
    exec(code, main.__dict__)  # noqa: S102  (running the user's program is what this is for)


def _run_as_main(name: str, *, alter_argv: bool) -> None:
    import runpy

    # The function that the interpreter itself calls for `-m`; the public run_module() leaves __main__ as it was.
    run: Callable[..., Any] = vars(runpy)["_run_module_as_main"]
    run(name, alter_argv)


def _transparently(program: Callable[[], None]) -> None:
    try:
        program()
    except SystemExit:
        raise
    except BaseException as e:
        # The interpreter will show it, by the hook that the program may have set: without frames that are ours.
        ended_by, theirs = e, _without_ours(e.__traceback__)
        hook = sys.excepthook

        def shown(kind: type[BaseException], value: BaseException, traceback: TracebackType | None) -> None:
            if value is ended_by:
                traceback = theirs
                value.__traceback__ = theirs
            sys.excepthook = hook
            hook(kind, value, traceback)

        sys.excepthook = shown
        raise


def _without_ours(traceback: TracebackType | None) -> TracebackType | None:
    while traceback is not None and traceback.tb_frame.f_code.co_filename == __file__:
        traceback = traceback.tb_next
    return traceback
