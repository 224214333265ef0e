"""The tool calls of one streamed message, put together from their pieces."""

from __future__ import annotations

from typing import Any

from autolog_openai._json import Json, as_dict, as_str, is_dict, join, loads

__all__ = ["ToolCalls"]


class _Called:
    """The function or custom tool of one call; what is not text (a parsed object of some servers) is taken whole."""

    __slots__ = ("key", "name", "rest", "texts", "value")

    def __init__(self, key: str) -> None:
        self.key = key
        self.name: str | None = None
        self.texts: list[str] = []
        self.value: Any = None
        self.rest: Json = {}

    def add(self, called: Json) -> None:
        for key, value in called.items():
            if value is None:
                continue
            if key == "name":
                if isinstance(value, str) and value != self.name:  # some servers repeat the name in each piece
                    self.name = (self.name or "") + value
            elif key == self.key:
                if isinstance(value, str):
                    self.texts.append(value)
                else:
                    self.value = value
            else:
                self.rest[key] = value

    def is_whole(self) -> bool:
        """Whether nothing can follow: all of a JSON object has come."""
        if self.value is not None:
            return True
        if not self.texts or not self.texts[-1].rstrip().endswith("}"):
            return False
        try:
            return is_dict(loads(join(self.texts).encode()))
        except ValueError:
            return False

    def whole(self) -> Json:
        said = join(self.texts) if self.texts or self.value is None else self.value
        return {"name": self.name, self.key: said, **self.rest}


class _Call:
    __slots__ = ("called", "id", "kind", "rest")

    def __init__(self) -> None:
        self.id: Any = None
        self.kind: str | None = None
        self.called: dict[str, _Called] = {}
        self.rest: Json = {}

    def add(self, call: Json) -> None:
        for key, value in call.items():
            if value is None or key == "index":
                continue
            if key == "id":
                self.id = self.id or value
            elif key == "type":
                self.kind = self.kind or as_str(value)
            elif key in ("function", "custom"):
                known = self.called.get(key)
                if known is None:
                    known = self.called[key] = _Called("arguments" if key == "function" else "input")
                known.add(as_dict(value))
            else:
                self.rest[key] = value

    def is_whole(self) -> bool:
        return bool(self.called) and all(called.is_whole() for called in self.called.values())

    def whole(self) -> Json:
        found: Json = {"id": self.id, "type": self.kind or next(iter(self.called), "function")}
        return found | {key: called.whole() for key, called in self.called.items()} | self.rest


def _name(call: Json) -> str | None:
    return as_str(as_dict(call.get("function")).get("name")) or as_str(as_dict(call.get("custom")).get("name"))


def _begins(call: Json) -> bool:
    """Whether a piece holds a name and the beginning of a JSON object; some servers repeat the name in each piece."""
    said = as_dict(call.get("function")).get("arguments")
    return _name(call) is not None and (is_dict(said) or (isinstance(said, str) and said.lstrip().startswith("{")))


class ToolCalls:
    """Calls by their index, by their id where a server sends no index, and the older single function call."""

    __slots__ = ("_by_id", "_by_index", "_calls", "_function")

    def __init__(self) -> None:
        self._calls: list[tuple[int, _Call]] = []
        self._by_index: dict[int, _Call] = {}
        self._by_id: dict[str, _Call] = {}
        self._function: _Called | None = None

    def add(self, delta: Json) -> None:
        """Take one piece."""
        index, identifier = delta.get("index"), as_str(delta.get("id"))
        at = index if type(index) is int else None
        known = self._by_index.get(at) if at is not None else self._by_id.get(identifier or "")
        if known is None and at is None and identifier is None and self._calls and _name(delta) is None:
            known = self._calls[-1][1]  # neither index nor id nor name: it goes on where the last one stopped
        if known is not None and identifier and known.id and identifier != known.id and _name(delta):
            known = None  # Gemini gives all calls of a message the index 0
        if known is not None and not identifier and _begins(delta) and known.is_whole():
            known = None  # and did so without ids
        if known is None:
            known = _Call()
            self._calls.append((len(self._calls) if at is None else at, known))
        if at is not None:
            self._by_index[at] = known
        if identifier is not None:
            self._by_id[identifier] = known
        known.add(delta)

    def add_function(self, delta: Json) -> None:
        """Take one piece of ``function_call``."""
        self._function = self._function or _Called("arguments")
        self._function.add(delta)

    def whole(self) -> Json:
        """Give the members of the message."""
        found: Json = {}
        if self._calls:
            found["tool_calls"] = [call.whole() for _, call in sorted(self._calls, key=lambda entry: entry[0])]
        if self._function is not None:
            found["function_call"] = self._function.whole()
        return found
