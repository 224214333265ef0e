"""Where in the program something happened: the line that made a call, and the line that caught an error."""

from __future__ import annotations

import ast
import linecache
import os
import site
import sys
import sysconfig
from functools import lru_cache
from importlib.metadata import entry_points
from pathlib import Path
from types import CodeType, FrameType, TracebackType

__all__ = ["caller", "caught_at"]

_OURS = str(Path(__file__).parents[1]) + os.sep
_INTEGRATIONS = "autolog.integrations"


@lru_cache(maxsize=1)
def _ours() -> tuple[str, ...]:
    """The folders of this package and of its integrations, which in a checkout are no library's."""
    folders = [_OURS]
    for entry in entry_points(group=_INTEGRATIONS):
        file = getattr(sys.modules.get(entry.module), "__file__", None)
        if isinstance(file, str) and Path(file).name == "__init__.py":
            folders.append(str(Path(file).parent) + os.sep)
    return tuple(folders)


@lru_cache(maxsize=1)
def _libraries() -> tuple[str, ...]:
    paths = {*sysconfig.get_paths().values(), *site.getsitepackages(), site.getusersitepackages()}
    data = sysconfig.get_paths()["data"]  # the environment itself, which may hold the program too
    return tuple(str(Path(path)) + os.sep for path in paths - {data, sysconfig.get_paths().get("scripts", data)})


@lru_cache(maxsize=4096)
def _is_program(code: CodeType) -> bool:
    name = code.co_filename
    return not (name.startswith(("<", *_ours(), *_libraries())) or f"{os.sep}site-packages{os.sep}" in name)


def _spelled(code: CodeType, line: int) -> str:
    try:
        name = os.path.relpath(code.co_filename)
    except ValueError:  # another drive
        name = code.co_filename
    name = code.co_filename if name.startswith("..") else name
    return f"{name}:{line} in {code.co_qualname}"


def caller() -> str:
    """Where the program's own code (no library's) made the call that is under way."""
    frame: FrameType | None = sys._getframe(1)  # pyright: ignore[reportPrivateUsage]
    outermost = ""
    while frame is not None:
        if _is_program(frame.f_code):
            return _spelled(frame.f_code, frame.f_lineno)
        if not frame.f_code.co_filename.startswith(_ours()):
            outermost = _spelled(frame.f_code, frame.f_lineno)
        frame = frame.f_back
    return outermost or "a place that is not known"


def caught_at(error: BaseException) -> str | None:
    """Where an error that was raised ended: the outermost line that it passed, and what caught it there."""
    traceback = error.__traceback__
    if traceback is None:
        return None
    place = _spelled(traceback.tb_frame.f_code, traceback.tb_lineno)
    handler = _handler(traceback.tb_frame.f_code, traceback.tb_lineno)
    if handler is None and "asyncio" in traceback.tb_frame.f_code.co_filename:
        handler = "asyncio kept it as a result"
    if not _is_program(traceback.tb_frame.f_code):
        step: TracebackType | None = traceback
        while step is not None and not _is_program(step.tb_frame.f_code):
            step = step.tb_next
        if step is not None:
            place += f", below it {_spelled(step.tb_frame.f_code, step.tb_lineno)}"
    return f"{place} ({handler})" if handler else place


def _handler(code: CodeType, line: int) -> str | None:
    """The ``except`` clause around a line, as it is written."""
    try:
        tree = ast.parse("".join(linecache.getlines(code.co_filename)))
    except (SyntaxError, ValueError, RecursionError):
        return None
    found: tuple[int, str] | None = None
    for node in ast.walk(tree):
        if not isinstance(node, ast.Try | ast.TryStar) or not node.handlers or not node.body:
            continue
        first, last = node.body[0].lineno, node.body[-1].end_lineno or node.body[-1].lineno
        if first <= line <= last and (found is None or first > found[0]):
            handler = next((h for h in node.handlers if _catches_all(h)), node.handlers[-1])
            found = first, linecache.getline(code.co_filename, handler.lineno).strip().rstrip(":")
    return found[1] if found else None


def _catches_all(handler: ast.ExceptHandler) -> bool:
    return handler.type is None or "BaseException" in ast.unparse(handler.type)
