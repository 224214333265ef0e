"""Keys and passwords inside texts, as error messages and lines of source have them: they are never recorded."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from typing import Any, Final, cast

__all__ = ["HIDDEN", "hide_keys", "hide_keys_in"]

HIDDEN: Final = "[REDACTED]"

# Each with the part to keep as its first group.
_PATTERNS: Final = (
    # A header that the HTTP library refuses is part of its error: a key read from a file ends in a line end.
    r"""(header value:? +)b?(?:'[^']*'|"[^"]*")""",
    r"""(\b(?:bearer|basic) +)[^\s'"\\,;)]{6,}""",
    r"""(\w://)[^/\s'"@]+(?=@[\w.\[])""",
    r"""((?:api[-_]?key|authorization|access[-_]?token|ad[-_]?token|secret|password)['"]?\s*[:=]\s*b?)"""
    r"""(?:'[^']+'|"[^"]+"|(?=\S*\d)[^\s'"(){}\[\],&]{8,}(?![\w(.]))""",
    # OpenAI, Anthropic, DeepSeek, OpenRouter; Groq; xAI; Perplexity; Hugging Face; NVIDIA; Google.
    r"""()\b(?:sk-|gsk_|xai-|pplx-|hf_|nvapi-|AIza)[\w-]{12,}""",
)


@cache
def _compiled() -> tuple[re.Pattern[str], ...]:
    return tuple(re.compile(pattern, re.IGNORECASE) for pattern in _PATTERNS)


def hide_keys(text: str) -> str:
    """Give a text with what looks like a key hidden."""
    for pattern in _compiled():
        text = pattern.sub(rf"\1{HIDDEN}", text)
    return text


def hide_keys_in(value: Any) -> Any:
    """Give a value of dicts, lists and scalars with the keys in its texts hidden."""
    if isinstance(value, str):
        return hide_keys(value)
    if isinstance(value, Mapping):
        return {key: hide_keys_in(v) for key, v in cast("Mapping[Any, Any]", value).items()}
    if isinstance(value, (list, tuple)):
        return [hide_keys_in(v) for v in cast("list[Any]", value)]
    return value
