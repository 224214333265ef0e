"""Which names are those of keys, passwords and tokens, in an object's members and in the query of an address."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

__all__ = ["is_name_of_key", "is_name_of_key_in_query"]

# A name is one where its last words are these: with `openai_`, `x-` or `azure.search.` before them too.
_ENDS: Final = frozenset(
    {
        "apikey",
        "auth",
        "authorization",
        "connection string",
        "cookie",
        "credential",
        "credentials",
        "jwt",
        "passphrase",
        "passwd",
        "password",
        "secret",
        "token",
    }
    | {
        f"{of} key"
        for of in (
            "access",
            "account",
            "admin",
            "anthropic",
            "api",
            "auth",
            "azure",
            "encryption",
            "functions",
            "master",
            "openai",
            "private",
            "secret",
            "service",
            "shared",
            "signing",
            "ssh",
            "storage",
            "subscription",
        )
    }
)
# Tokens that give access to nothing: those of pages, of vocabularies, and those of which there is one "per token".
_PLAIN_TOKENS: Final = frozenset(
    (
        "audio",
        "bos",
        "by",
        "cancellation",
        "class",
        "cls",
        "continuation",
        "cursor",
        "each",
        "end",
        "eos",
        "first",
        "image",
        "last",
        "mask",
        "next",
        "pad",
        "page",
        "pagination",
        "per",
        "prev",
        "previous",
        "resume",
        "sep",
        "special",
        "start",
        "stop",
        "sync",
        "text",
        "unk",
        "video",
    )
)
# In a query these short words stand for keys as well: gateways, Azure's functions, signed addresses.
_ENDS_IN_QUERY: Final = frozenset({"key", "sig", "signature"})

_LONGEST: Final = 100
_WORDS: Final = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")


def _words(name: str) -> list[str]:
    words = [word.lower() for word in _WORDS.findall(name)]
    while words and words[-1].isdigit():  # api_key_2
        words.pop()
    return words


def _ends_as_key(words: list[str]) -> bool:
    if not words or not (words[-1] in _ENDS or " ".join(words[-2:]) in _ENDS):
        return False
    return words[-1] != "token" or len(words) == 1 or words[-2] not in _PLAIN_TOKENS


@lru_cache(maxsize=4096)
def is_name_of_key(name: str) -> bool:
    """Tell whether a member of this name is a key: in any case, with ``-``, ``_`` and ``camelCase`` alike."""
    return len(name) <= _LONGEST and _ends_as_key(_words(name))


def is_name_of_key_in_query(name: str) -> bool:
    """Tell whether a parameter of an address is a key."""
    words = _words(name[:_LONGEST])
    return _ends_as_key(words) or words == ["code"] or not _ENDS_IN_QUERY.isdisjoint(words[-1:])
