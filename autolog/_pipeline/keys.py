"""Keys in what is recorded of a call: looked for by the names of members, and in texts that are nothing but a key.

The one rule for every span, whatever made it. Texts are not searched: a prompt of any size costs a look at its
beginning.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any, Final, cast
from urllib.parse import urlsplit, urlunsplit

from autolog._pipeline.key_names import is_name_of_key, is_name_of_key_in_query
from autolog._tracing.keys import HIDDEN, hide_keys

__all__ = ["address_without_keys", "without_keys"]

# A signed address or a JSON web token is a few thousand characters long; what is longer is content.
_LONGEST: Final = 16_384
_SHORTEST: Final = 8
# Addresses in which a user and a password stand, or a key.
_SCHEMES: Final = (
    *("http", "https", "ws", "wss", "ftp", "sftp", "ssh", "git", "s3", "jdbc", "odbc", "smtp", "imap", "ldap"),
    *("postgres", "mysql", "mariadb", "mssql", "oracle", "mongodb", "redis", "valkey", "amqp", "kafka", "nats", "mqtt"),
    *("neo4j", "bolt", "clickhouse", "snowflake", "databricks", "elasticsearch", "couchbase", "cassandra", "duckdb"),
)
_KEYS: Final = (
    "sk",
    "gs",
    "xa",
    "pp",
    "hf",
    "nv",
    "AI",
    "gh",
    "gi",
    "xo",
    "ey",
    "ls",
    "tv",
    "Be",
    "be",
    "BE",
    "Ba",
    "ba",
    "BA",
)
# How a text begins that may be a key: two characters, for every text is looked at.
_STARTS: Final = frozenset(_KEYS) | {start for name in _SCHEMES for start in (name[:2], name[:2].upper())}
_SCHEME: Final = re.compile(r"[A-Za-z][\w+.-]*://\S+")
# OpenAI, Anthropic, DeepSeek, OpenRouter; Groq; xAI; Perplexity; Hugging Face; NVIDIA; Google; GitHub; Slack; LangSmith;
# Tavily. A digit tells them from words with dashes.
_KEY: Final = re.compile(
    r"(?=\S*\d)(?:sk[-_]|gsk_|xai-|pplx-|hf_|nvapi-|AIza|gh[opsu]_|github_pat_|xox[abps]-|lsv2_|tvly-)[\w-]{12,}"
    r"|eyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]+"
    r"|(?i:bearer|basic) +(?=\S*[\d=]|\S*[a-z][A-Z])[\w.~+/=-]{6,}"
)
_NO_KEYS: Final = frozenset({int, float, bool, type(None)})
_MANY: Final = 16
_DEEPEST: Final = 200


def without_keys(value: Any) -> Any:
    """Give a value of dicts, lists and scalars with its keys hidden: the same object where it holds none."""
    return _hidden(value, 0) if _holds_keys(value) else value


def address_without_keys(url: str) -> str:
    """Give an address without the user and password in it, and with its keys hidden: as it was where it has none."""
    try:
        parts = urlsplit(url)
    except ValueError:  # it only looks like one
        return hide_keys(url)
    pairs = [pair.partition("=") for pair in parts.query.split("&")]
    if "@" not in parts.netloc and not any(value and is_name_of_key_in_query(name) for name, _, value in pairs):
        return url
    query = "&".join(
        f"{name}={HIDDEN}" if value and is_name_of_key_in_query(name) else f"{name}{sep}{value}"
        for name, sep, value in pairs
    )
    return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2], query=query))


def _text_without_keys(text: str) -> str:
    """Give a text as it is, unless all of it is a key, or an address with one."""
    if not _SHORTEST <= len(text) <= _LONGEST:
        return text
    if text[:2] in _STARTS and _KEY.fullmatch(text):
        return HIDDEN
    if text.find("://", 1, 24) > 0 and _SCHEME.fullmatch(text):
        return address_without_keys(text)
    return text


def _is_key(name: str, value: Any, siblings: Mapping[Any, Any]) -> bool:
    """Tell whether a member is a key: a text, or several. A schema has an object under the name of a password."""
    if not value or not is_name_of_key(name):
        return False
    if name == "token" and "logprob" in siblings:  # a piece of text
        return False
    if isinstance(value, (list, tuple)):
        return all(isinstance(item, (str, bytes)) for item in cast("Iterable[Any]", value))
    if isinstance(value, str):
        return re.search(r"\w", value) is not None  # else it is masked already, with asterisks
    return isinstance(value, bytes)


def _holds_keys(value: Any) -> bool:
    """Look for keys, without a copy and without recursion: of nearly every span this is all that is done."""
    waiting: list[Any] = [value]
    take, put, starts, known = waiting.pop, waiting.append, _STARTS, _plain_names
    while waiting:
        found = take()
        kind: Any = type(found)  # pyright: ignore[reportUnknownVariableType]
        if kind is dict:
            if not found.keys() <= known and _has_key_member(found):
                return True
            items: Any = found.values()
        elif kind is list or kind is tuple:
            if len(found) > _MANY and _NO_KEYS.issuperset(map(type, found)):  # an embedding
                continue
            items = found
        elif isinstance(found, Mapping):
            put(dict(cast("Mapping[Any, Any]", found)))
            continue
        else:
            items = (str.__str__(found),) if isinstance(found, str) else ()
        for item in items:
            kind = type(item)  # pyright: ignore[reportUnknownVariableType]
            if kind is str:
                if item[:2] in starts and _text_without_keys(item) is not item:
                    return True
            elif kind not in _NO_KEYS:
                put(item)
    return False


def _has_key_member(members: Mapping[Any, Any]) -> bool:
    for name, item in members.items():
        if name in _plain_names or not isinstance(name, str):
            continue
        if not is_name_of_key(name):
            if len(_plain_names) < _MOST_NAMES:
                _plain_names.add(name)
        elif item != HIDDEN and _is_key(name, item, members):
            return True
    return False


# Names that were looked at before: those of members are the same in every call.
_plain_names: set[Any] = set()
_MOST_NAMES: Final = 10_000


def _hidden(value: Any, depth: int) -> Any:
    if isinstance(value, str):
        return _text_without_keys(value)
    if depth > _DEEPEST:
        return HIDDEN
    if isinstance(value, Mapping):
        members = cast("Mapping[Any, Any]", value)
        return {
            name: HIDDEN if isinstance(name, str) and _is_key(name, item, members) else _hidden(item, depth + 1)
            for name, item in members.items()
        }
    if isinstance(value, (list, tuple)):
        return [_hidden(item, depth + 1) for item in cast("Iterable[Any]", value)]
    return value
