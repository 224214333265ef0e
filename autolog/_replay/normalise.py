"""What a request asks, without what differs from run to run: ids, timestamps in fields for them, temporary paths.

Each such text becomes a placeholder numbered by first appearance (``<uuid:1>``), so that what was the same id twice
has to be the same id twice again. What a model reads is not touched: a date in a prompt is part of the question.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any, Final, cast
from urllib.parse import parse_qsl, urlsplit

from autolog._replay.cassette import RecordedRequest
from autolog._replay.jsonpaths import Path, without
from autolog._replay.scrub import SECRET_FIELDS, SECRET_QUERY, scrub_text

__all__ = [
    "IGNORED",
    "NORMALISERS",
    "Normalise",
    "Rules",
    "body_of",
    "is_loopback",
    "normalised",
    "place_of",
    "query_of",
]

Normalise = Callable[[Any], Any]

IGNORED: Final[tuple[Path, ...]] = (("user",), ("safety_identifier",), ("prompt_cache_key",), ("metadata",))
"""Members of a body that say who asks, not what."""

_UUID = r"\b[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}\b"
# With a digit or both cases in it, which a word (call_customersupport) does not have.
# The look ahead ends soon, so that a text of a million letters is read once and not once for each of them.
_TAIL = r"(?=[A-Za-z_-]{0,64}\d|[a-z_-]{0,64}[A-Z])[A-Za-z0-9_-]{8,}"
_PREFIXES = (
    "call|toolu|srvtoolu|chatcmpl|cmpl|resp|msg|rs|fc|ci|ws|file|run|step|thread|asst|batch|vs|conv|item|ftjob|upload"
)
_ID = rf"\b(?P<prefix>{_PREFIXES})[-_]{_TAIL}"
_TEMP = (
    r"(?:/private)?/var/folders/[\w+]{2}/[\w+]+/T/[^\s\"'<>|:/]+"
    r"|/tmp/(?:pytest-of-[^/\s\"']+/pytest-\d+|tmp[\w.]{6,}|pytest-[^/\s\"']+)"
    r"|[A-Za-z]:\\Users\\[^\\\s\"']+\\AppData\\Local\\Temp\\[^\s\"'\\]+"
)
_VOLATILE = re.compile(rf"(?P<uuid>{_UUID})|{_ID}|(?P<tmp>{_TEMP})")
# A cheap look first: most text has nothing of the kind.
_MAYBE = re.compile(rf"-[0-9a-fA-F]{{4}}-|(?:{_PREFIXES})[-_]|/tmp/|/T/|Temp")
_REFERENCES: Final = frozenset(("tool_call_id", "call_id", "tool_use_id", "previous_response_id"))
_TIME_FIELD = re.compile(r"(?:.*_)?(?:created|updated|modified|expires|started|completed|timestamp|ts)(?:_at|_time)?")
_DATETIME = r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(?::\d\d(?:[.,]\d+)?)?(?:Z|[+-]\d\d:?\d\d)?"
_ISO = re.compile(_DATETIME)
_DATES = re.compile(
    rf"{_DATETIME}|\b\d{{4}}-\d\d-\d\d\b|\b\d{{1,2}}[./]\d{{1,2}}[./]\d{{4}}\b"
    r"|\b\d{1,2}:\d\d(?::\d\d)?(?: ?[AaPp][Mm])?\b"
    r"|\b(?:Mon|Tues?|Wed(?:nes)?|Thu(?:rs)?|Fri|Sat(?:ur)?|Sun)(?:day)?\b"
    r"|\b(?:\d{1,2}(?:st|nd|rd|th)? )?(?:Jan(?:uary)?|Feb(?:ruary)?|Mar(?:ch)?|Apr(?:il)?|May|June?|July?|Aug(?:ust)?"
    r"|Sept?(?:ember)?|Oct(?:ober)?|Nov(?:ember)?|Dec(?:ember)?)(?: \d{1,2}(?:st|nd|rd|th)?)?(?:,? \d{4})?\b"
)
_BOUNDARY = re.compile(r"boundary=\"?([^\";,]+)")
_LOOPBACK = re.compile(r"localhost|127(?:\.\d+){3}|\[?::1\]?|0\.0\.0\.0")


def without_dates(body: Any) -> Any:
    """Replace dates and times in all texts of a body, for prompts that say what day it is."""
    if isinstance(body, str):
        return _DATES.sub("<date>", body)
    if isinstance(body, dict):
        return {k: without_dates(v) for k, v in cast("dict[str, Any]", body).items()}
    if isinstance(body, list):
        return [without_dates(item) for item in cast("list[Any]", body)]
    return body


NORMALISERS: Final[dict[str, Normalise]] = {"dates": without_dates}
"""What ``normalize="..."`` may name."""


class Rules:
    """How requests are compared: paths that do not count, and a function over bodies."""

    __slots__ = ("ignore", "normalize", "query")

    def __init__(self, ignore: tuple[Path, ...] = (), normalize: Normalise | None = None, query: tuple[str, ...] = ()):
        self.ignore = (*IGNORED, *ignore)
        self.normalize = normalize
        self.query = frozenset(name.lower() for name in query) | SECRET_QUERY


class _Placeholders:
    """Numbers volatile texts by first appearance, each kind for itself."""

    def __init__(self) -> None:
        self._numbers: dict[tuple[str, str], int] = {}
        self._counts: dict[str, int] = {}

    def of(self, kind: str, text: str) -> str:
        number = self._numbers.get((kind, text))
        if number is None:
            number = self._counts[kind] = self._counts.get(kind, 0) + 1
            self._numbers[kind, text] = number
        return f"<{kind}:{number}>"

    def _found(self, found: re.Match[str]) -> str:
        if found["prefix"] is not None:
            return self.of("id", found[0])
        return self.of("uuid" if found["uuid"] is not None else "tmp", found[0])

    def text(self, text: str) -> str:
        """A text with its volatile parts replaced."""
        if not _MAYBE.search(text):
            return text
        return _VOLATILE.sub(self._found, scrub_text(text))


def _walk(value: Any, seen: _Placeholders, key: str) -> Any:
    if isinstance(value, str):
        if key in _REFERENCES and value:
            return seen.of("id", value)
        if _TIME_FIELD.fullmatch(key) and _ISO.fullmatch(value):
            return seen.of("time", value)
        if key.lower() in SECRET_FIELDS:
            return "<secret>"
        return seen.text(value)
    if isinstance(value, dict):
        members = cast("dict[str, Any]", value)
        # The id of a tool call is a reference too, whatever it looks like: servers make them up as they like.
        is_call = isinstance(members.get("id"), str) and ("function" in members or members.get("type") == "tool_use")
        return {
            k: seen.of("id", members[k]) if is_call and k == "id" else _walk(members[k], seen, k)
            for k in sorted(members)
        }
    if isinstance(value, list):
        return [_walk(item, seen, key) for item in cast("list[Any]", value)]
    if isinstance(value, int) and not isinstance(value, bool) and value > 10**9 and _TIME_FIELD.fullmatch(key):
        return seen.of("time", str(value))
    return value


def normalised(value: Any, rules: Rules) -> Any:
    """Give a parsed body as it is compared: sorted, without what does not count, volatile texts as placeholders."""
    value = without(value, rules.ignore)
    if rules.normalize is not None:
        value = rules.normalize(value)
    return _walk(value, _Placeholders(), "")


def body_of(request: RecordedRequest) -> Any:
    """Give a body as data: parsed JSON, or text with a fixed multipart boundary; bytes that are no text stay bytes."""
    if not request.body:
        return None
    body = request.body
    if found := _BOUNDARY.search(request.header("content-type") or ""):
        body = body.replace(found[1].encode(), b"boundary")
    if body.lstrip()[:1] in (b"{", b"["):
        try:
            return json.loads(body)
        except (ValueError, RecursionError):
            pass
    try:
        return body.decode()
    except UnicodeDecodeError:
        return body


def is_loopback(host: str | None) -> bool:
    """Whether a host is this machine."""
    return host is not None and bool(_LOOPBACK.fullmatch(host.lower()))


def place_of(uri: str) -> tuple[str, str]:
    """Give host (empty for this machine, whatever the port) and path of a URI."""
    try:
        parts = urlsplit(uri)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        return "", uri
    if is_loopback(host):
        return "", parts.path or "/"
    usual = {"http": 80, "https": 443}.get(parts.scheme.lower())
    return host if port in (None, usual) else f"{host}:{port}", parts.path or "/"


def query_of(uri: str, rules: Rules) -> tuple[tuple[str, str], ...]:
    """Give the parameters of a query in a fixed order, without keys and what is ignored."""
    try:
        query = urlsplit(uri).query
    except ValueError:
        return ()
    if not query:
        return ()
    return tuple(sorted((k, v) for k, v in parse_qsl(query, keep_blank_values=True) if k.lower() not in rules.query))
