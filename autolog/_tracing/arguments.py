"""The arguments of a call under the names of its parameters."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from typing import Any, Final

__all__ = ["Parameters", "parameters_of", "unnamed"]

# What a method is called on is not what it was given.
_OWNERS: Final = ("self", "cls")
# Defaults that say something; what is an object of some class would be its repr on every call.
_SHOWN_DEFAULTS: Final = frozenset({str, int, float, bool, type(None), list, tuple, dict})
_MISSING: Final = object()


class Parameters:
    """A signature, read once, so that binding a call costs a dictionary."""

    __slots__ = ("_by_keyword", "_defaults", "_names", "_owner", "_rest", "_rest_by_keyword")

    def __init__(self, signature: inspect.Signature) -> None:
        names: list[str] = []
        by_keyword: set[str] = set()
        self._defaults: dict[str, Any] = {}
        self._rest: str | None = None
        self._rest_by_keyword: str | None = None
        for name, parameter in signature.parameters.items():
            if parameter.kind is parameter.VAR_POSITIONAL:
                self._rest = name
                continue
            if parameter.kind is parameter.VAR_KEYWORD:
                self._rest_by_keyword = name
                continue
            if parameter.kind is not parameter.KEYWORD_ONLY:
                names.append(name)
            if parameter.kind is not parameter.POSITIONAL_ONLY:
                by_keyword.add(name)
            default = parameter.default
            self._defaults[name] = _MISSING if default is parameter.empty else default
        self._names = tuple(names)
        self._by_keyword = frozenset(by_keyword)
        self._owner = names[0] if names and names[0] in _OWNERS else None

    def named(self, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> tuple[dict[str, Any], bool]:
        """Give the arguments by name, with the defaults that were used, and whether the call fits the signature.

        Of a call that does not fit, what has no name is under ``args``.
        """
        names = self._names
        found: dict[str, Any] = dict(zip(names, args))  # noqa: B905  (naming `strict` costs as much as the rest)
        fits = True
        more: dict[str, Any] | None = None
        for name in kwargs:
            if name not in self._by_keyword:
                more = more or {}
                more[name] = kwargs[name]
            elif name in found:  # given twice
                fits = False
            else:
                found[name] = kwargs[name]
        if len(found) < len(self._defaults):
            for name, default in self._defaults.items():
                if name in found:
                    continue
                if default is _MISSING:
                    fits = False
                elif type(default) in _SHOWN_DEFAULTS:
                    found[name] = default
        if len(args) > len(names):
            fits = fits and self._rest is not None
            found[self._rest or "args"] = args[len(names) :]
        if more is not None and self._rest_by_keyword is not None:
            found[self._rest_by_keyword] = more
        elif more is not None:
            fits = False
            found.update(more)
        if self._owner is not None:
            found.pop(self._owner, None)
        return found, fits


def parameters_of(function: Callable[..., Any]) -> Parameters | None:
    """Read a signature; ``None`` for a callable that does not tell it, as some written in C do not."""
    try:
        return Parameters(inspect.signature(function))
    except Exception:  # whatever the __signature__ of somebody's callable raises
        return None


def unnamed(args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> dict[str, Any]:
    """Give the arguments of a callable without a signature."""
    found: dict[str, Any] = {"args": args} if args else {}
    found.update(kwargs)
    return found
