"""Reads YAML without executing anything in it, and remembers on which line each mapping stood."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import Any, Final, cast

from autolog._replay.cassette import CassetteError

__all__ = ["Lined", "read_yaml"]

MAX_DEPTH: Final = 200
"""libyaml builds its tree by recursion in C: a file nested deeper would end the process."""

MAX_VALUES: Final = 20_000_000
"""What aliases may expand a file to."""

yaml: Any = import_module("yaml")  # it has no types, and comes with vcrpy alone
_BaseLoader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class Lined(dict[str, Any]):
    """A mapping that knows its line (from 1)."""

    line: int


class _Loader(_BaseLoader):  # type: ignore[misc]
    """Plain data alone; of Python's tags those that vcrpy itself writes, as the text and bytes that they hold."""


def _map(loader: Any, node: Any) -> Any:
    value = Lined()
    value.line = node.start_mark.line + 1
    yield value
    value.update(loader.construct_mapping(node))


def _text(loader: Any, node: Any) -> Any:
    return loader.construct_scalar(node)


def _tuple(loader: Any, node: Any) -> Any:
    return loader.construct_sequence(node, deep=True)


def _file(loader: Any, node: Any) -> Any:
    state = loader.construct_mapping(node, deep=True).get("state") or [b""]
    return state[0] if isinstance(state[0], bytes) else str(state[0]).encode()


def _iterator(loader: Any, node: Any) -> Any:
    arguments: Any = loader.construct_mapping(node, deep=True).get("args") or [[]]
    parts: list[Any] = arguments[0] if isinstance(arguments[0], list) else [arguments[0]]
    return b"".join(part if isinstance(part, bytes) else str(part).encode() for part in parts)


_Loader.add_constructor("tag:yaml.org,2002:map", _map)
for _tag, _construct in {
    "python/str": _text,
    "python/unicode": _text,
    "python/tuple": _tuple,
    "python/object/new:_io.BytesIO": _file,
    "python/object/apply:builtins.iter": _iterator,
}.items():
    _Loader.add_constructor(f"tag:yaml.org,2002:{_tag}", _construct)


def read_yaml(text: str, path: Path) -> Any:
    """Read one YAML document; raises :class:`CassetteError` naming file and line."""
    try:
        _check_depth(text, path)
        value = yaml.load(text, Loader=_Loader)  # a SafeLoader
        _check_size(value, path)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        problem = error.problem or str(error)
        if "could not determine a constructor" in problem:
            problem += " (a cassette holds plain data; nothing was executed)"
        raise CassetteError(f"{path}{f':{mark.line + 1}' if mark else ''}: {problem}") from None
    except yaml.YAMLError as error:
        line = text.count("\n", 0, getattr(error, "position", 0) or 0) + 1
        raise CassetteError(f"{path}:{line}: {' '.join(str(error).split())}") from None
    except (RecursionError, ValueError, TypeError, OverflowError, AttributeError, LookupError) as error:
        if isinstance(error, CassetteError):
            raise
        raise CassetteError(f"{path}:1: not a cassette: {error}") from None
    return value


def _check_depth(text: str, path: Path) -> None:
    """Stop at what is nested too deeply, before a tree is built of it."""
    opening = text.count("[") + text.count("{")
    if opening < MAX_DEPTH and text.count("- ") + text.count("? ") + text.count("-\n") + text.count(":") < MAX_DEPTH:
        return
    depth = 0
    for event in yaml.parse(text, Loader=getattr(yaml, "CLoader", yaml.Loader)):
        if isinstance(event, (yaml.MappingStartEvent, yaml.SequenceStartEvent)):
            depth += 1
            if depth > MAX_DEPTH:
                raise CassetteError(f"{path}:{event.start_mark.line + 1}: nested more than {MAX_DEPTH} deep")
        elif isinstance(event, (yaml.MappingEndEvent, yaml.SequenceEndEvent)):
            depth -= 1


def _check_size(value: Any, path: Path) -> None:
    """Stop at aliases that would expand to more than memory holds, or that hold themselves."""
    sizes: dict[int, int] = {}
    open_now: set[int] = set()

    def size(item: Any) -> int:
        if not isinstance(item, dict | list):
            return 1
        key = id(cast("Any", item))
        if key in sizes:
            return sizes[key]
        if key in open_now:
            raise CassetteError(f"{path}:{getattr(cast('Any', item), 'line', 1)}: an alias that holds itself")
        open_now.add(key)
        items = cast("Any", item.values() if isinstance(item, dict) else item)
        sizes[key] = total = 1 + sum(map(size, items))
        open_now.discard(key)
        if total > MAX_VALUES:
            raise CassetteError(f"{path}:{getattr(cast('Any', item), 'line', 1)}: aliases that expand without end")
        return total

    size(value)
