"""How a cassette file looks: plain vcrpy YAML (version 1) that a person can read and a diff can show.

Bodies are text. JSON is laid out with one short member a line, a stream's events stand as they came, and nothing is
sorted: what the server sent first is first. Writing a file that was read gives the same bytes.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import yaml

WIDTH = 100


class _Dumper(yaml.SafeDumper):
    """PyYAML's Python emitter: libyaml escapes every emoji, and then cannot use a block."""

    def ignore_aliases(self, data: Any) -> bool:  # noqa: ARG002
        return True


def _text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style="|" if "\n" in text else None)


_Dumper.add_representer(str, _text)


def _json(value: Any, indent: int = 0) -> str:
    flat = json.dumps(value, ensure_ascii=False)
    numbers = isinstance(value, list) and all(isinstance(item, int | float) for item in value)
    if not value or not isinstance(value, dict | list) or numbers or indent + len(flat) <= WIDTH:
        return flat
    pad = "\n" + " " * (indent + 2)
    if isinstance(value, dict):
        inside = [f"{json.dumps(key, ensure_ascii=False)}: {_json(item, indent + 2)}" for key, item in value.items()]
    else:
        inside = [_json(item, indent + 2) for item in value]
    opening, closing = "{}" if isinstance(value, dict) else "[]"
    return f"{opening}{pad}{f',{pad}'.join(inside)}\n{' ' * indent}{closing}"


def readable(body: Any, headers: dict[str, list[str]]) -> Any:
    """A body as it stands in the file: JSON laid out, everything else untouched (lines of JSON are not one JSON)."""
    if not isinstance(body, str) or not any("application/json" in kind for kind in headers.get("content-type", [])):
        return body
    try:
        return _json(json.loads(body))
    except ValueError:
        return body


def _interaction(raw: dict[str, Any]) -> dict[str, Any]:
    request, response = raw["request"], raw["response"]
    return {
        "request": {
            "method": request["method"],
            "uri": request["uri"],
            "headers": request["headers"],
            "body": readable(request["body"], request["headers"]),
        },
        "response": {
            "status": response["status"],
            "headers": response["headers"],
            "body": {"string": readable(response["body"]["string"], response["headers"])},
        },
    }


def serialize(cassette: dict[str, Any]) -> str:
    """The text of a cassette (vcrpy's serializer interface)."""
    ordered = {"version": cassette["version"]}
    if cassette.get("metadata"):
        ordered["metadata"] = cassette["metadata"]
    ordered["interactions"] = [_interaction(raw) for raw in cassette["interactions"]]
    return yaml.dump(ordered, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=2**31)


def deserialize(text: str) -> dict[str, Any]:
    """A cassette from its text (vcrpy's serializer interface)."""
    return yaml.load(text, Loader=yaml.CSafeLoader if hasattr(yaml, "CSafeLoader") else yaml.SafeLoader)


def tidy(path: Path) -> bool:
    """Lays out a file that was edited by hand; says whether that changed it."""
    before = path.read_text(encoding="utf-8")
    after = serialize(deserialize(before))
    if after != before:
        path.write_text(after, encoding="utf-8")
    return after != before
