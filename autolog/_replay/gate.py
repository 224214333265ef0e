"""The last look at what is about to be written: no value of a secret variable, nothing that is shaped like a key."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

__all__ = ["Finding", "SecretError", "check", "gate", "gate_bytes", "secret_values"]

_NAMES = re.compile(r"KEY|TOKEN|SECRET|PASSW|CREDENTIAL", re.IGNORECASE)
MIN_SECRET: Final = 8
"""Shorter values (``dummy``, ``test``) stand in any text."""

_DUMMIES = re.compile(r"(?i)(?:true|false|none|null|disabled|enabled|default)|[\d.]+|(.)\1*")
_START, _END = r"(?<![A-Za-z0-9_-])", r"(?![A-Za-z0-9_-])"
_SHAPES: Final[dict[str, re.Pattern[str]]] = {
    "an OpenAI key": re.compile(rf"{_START}sk-(?!ant-|lf-)(?=[\w-]*\d)[A-Za-z0-9_-]{{20,}}"),
    "an Anthropic key": re.compile(rf"{_START}sk-ant-[A-Za-z0-9_-]{{16,}}"),
    "a Langfuse key": re.compile(rf"{_START}[sp]k-lf-[0-9a-f-]{{16,}}"),
    "an AWS key id": re.compile(rf"{_START}(?:AKIA|ASIA)[A-Z0-9]{{16}}{_END}"),
    "a Google key": re.compile(rf"{_START}AIza[A-Za-z0-9_-]{{35}}"),
    "a Google access token": re.compile(rf"{_START}ya29\.[A-Za-z0-9_-]{{20,}}"),
    "a GitHub token": re.compile(rf"{_START}(?:gh[pousr]_[A-Za-z0-9]{{36,}}|github_pat_[A-Za-z0-9_]{{22,}})"),
    "a GitLab token": re.compile(rf"{_START}glpat-[A-Za-z0-9_-]{{20,}}"),
    "a Slack token": re.compile(rf"{_START}xox[abeoprs]-[A-Za-z0-9-]{{10,}}"),
    "a Hugging Face token": re.compile(rf"{_START}hf_[A-Za-z0-9]{{30,}}"),
    "a Groq key": re.compile(rf"{_START}gsk_[A-Za-z0-9]{{40,}}"),
    "an xAI key": re.compile(rf"{_START}xai-[A-Za-z0-9]{{40,}}"),
    "a LangSmith key": re.compile(rf"{_START}lsv2_[a-z]{{2}}_[0-9a-f]{{20,}}"),
    "a JSON web token": re.compile(rf"{_START}eyJ[A-Za-z0-9_-]{{10,}}\.eyJ[A-Za-z0-9_-]{{10,}}\.[A-Za-z0-9_-]+"),
    "a bearer token": re.compile(r"(?i)\bbearer (?=[^\s\"']*\d)[A-Za-z0-9._~+/-]{20,}"),
    "a private key": re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----"),
}


class SecretError(Exception):
    """A cassette was not written: it would hold something secret. The text names the places, never the values."""

    def __init__(self, text: str, findings: Iterable[Finding] = ()) -> None:
        super().__init__(text)
        self.findings = tuple(findings)


@dataclass(frozen=True, slots=True)
class Finding:
    """Where something secret stands, and what it is: never the value itself."""

    place: str
    what: str

    def __str__(self) -> str:
        return f"{self.place} contains {self.what}"


def secret_values(environ: Mapping[str, str]) -> dict[str, str]:
    """Give the values of all variables that are named like a secret, with the name of each."""
    found: dict[str, str] = {}
    for name, value in sorted(environ.items()):
        value = value.strip()
        if _NAMES.search(name) and len(value) >= MIN_SECRET and not _DUMMIES.fullmatch(value):
            found.setdefault(value, name)
    return found


def _spellings(value: str) -> set[str]:
    return {value, json.dumps(value)[1:-1], json.dumps(value, ensure_ascii=False)[1:-1], quote(value, safe="")}


def _hits(text: str, environ: Mapping[str, str]) -> Iterator[tuple[int, str]]:
    for value, name in secret_values(environ).items():
        for spelling in sorted(_spellings(value)):
            at = text.find(spelling)
            while at >= 0:
                yield at, f"the value of ${name}"
                at = text.find(spelling, at + len(spelling))
    for what, shape in _SHAPES.items():
        for found in shape.finditer(text):
            yield found.start(), f"what looks like {what}"


def gate(text: str, environ: Mapping[str, str]) -> list[Finding]:
    """Give what must not be written, by its place in the YAML (``interactions[0].response.json.token (line 31)``).

    Looks for the values of variables of ``environ`` named like a secret (KEY, TOKEN, SECRET, PASSWORD, CREDENTIAL;
    from eight characters on), and for the shapes of well-known keys.
    """
    hits = sorted(set(_hits(text, environ)))
    if not hits:
        return []
    found: dict[Finding, None] = {}
    covered: set[int] = set()
    for offset, what in hits:
        if offset in covered and what.startswith("what looks"):
            continue  # it is named as the value of a variable already
        covered.add(offset)
        line = text.count("\n", 0, offset)
        column = offset - (text.rfind("\n", 0, offset) + 1)
        found[Finding(f"{_place(text, line, column)} (line {line + 1})".strip(), what)] = None
    return list(found)


def gate_bytes(content: bytes, environ: Mapping[str, str], place: str) -> list[Finding]:
    """The same for a blob."""
    return [Finding(place, what) for what in dict.fromkeys(w for _, w in _hits(content.decode("latin-1"), environ))]


def check(text: str, environ: Mapping[str, str], path: Path, blobs: Mapping[str, bytes] | None = None) -> None:
    """Raise :class:`SecretError` where a cassette's text or blobs must not be written."""
    findings = gate(text, environ)
    for name, content in (blobs or {}).items():
        findings += gate_bytes(content, environ, name)
    if not findings:
        return
    raise SecretError(
        "\n".join(
            (
                f"{path} was not written:",
                *(f"  {finding}" for finding in findings),
                "Take it out of what the program sends, or out of what the server echoes, and record again.",
            )
        ),
        findings,
    )


def _place(text: str, line: int, column: int) -> str:
    """The path of the YAML node at a position, empty for what is no YAML."""
    from importlib import import_module

    from autolog._replay.jsonpaths import path_text

    yaml: Any = import_module("yaml")
    try:
        node: Any = yaml.compose(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    except (yaml.YAMLError, RecursionError):
        return ""
    steps: list[str | int] = []
    while node is not None:
        node, step = _inside(node, (line, column))
        if step is not None:
            steps.append(step)
    return path_text(steps)


def _inside(node: Any, at: tuple[int, int]) -> tuple[Any, str | int | None]:
    """The child of a node that holds a position, and the step to it."""

    def holds(child: Any) -> bool:
        start, end = child.start_mark, child.end_mark
        return (start.line, start.column) <= at < (end.line, end.column)

    if node.id == "mapping":
        for key, value in node.value:
            if holds(value):
                return value, str(key.value)
            if holds(key):
                return None, str(key.value)
    elif node.id == "sequence":
        for number, value in enumerate(node.value):
            if holds(value):
                return value, number
    return None, None
