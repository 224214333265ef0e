"""Which distribution and versions an integration requires, and which version is installed.

Done on texts, without regular expressions, ``packaging`` and the parser of metadata: ``autolog()`` asks for this at the
start of a program, and they would cost more than the answer.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from importlib import metadata
from itertools import takewhile
from typing import Any

__all__ = ["installed", "library_of", "supports"]

# Those of two characters first: `>` begins `>=`, too.
_COMPARE: Mapping[str, Callable[[Any, Any], bool]] = {
    ">=": operator.ge,
    "<=": operator.le,
    "==": operator.eq,
    "!=": operator.ne,
    ">": operator.gt,
    "<": operator.lt,
}


def library_of(requires: str) -> tuple[str, str]:
    """Give the distribution's name and the supported range of a PEP 508 string."""
    wanted = requires.partition(";")[0].strip()
    name = "".join(takewhile(lambda c: c.isalnum() or c in "._-", wanted))
    rest = wanted[len(name) :].strip()
    if rest.startswith("["):
        rest = rest.partition("]")[2].strip()
    return name, rest.strip("()")


def supports(supported: str, version: str) -> bool:
    """Compare release numbers: enough for a warning."""
    for clause in map(str.strip, supported.split(",")):
        sign = next((sign for sign in _COMPARE if clause.startswith(sign)), "")
        wanted = clause.removeprefix(sign).strip()
        if not sign or not all(part.isdecimal() for part in wanted.split(".")):
            continue
        if not _COMPARE[sign](_release(version), _release(wanted)):
            return False
    return True


def _release(version: str) -> list[int]:
    numbers: list[int] = []
    for part in version.split("."):
        digits = "".join(takewhile(str.isdecimal, part))
        if digits:
            numbers.append(int(digits))
        if digits != part or not digits:  # 1.0rc1, 1.dev3
            break
    while numbers and numbers[-1] == 0:
        numbers.pop()
    return numbers


def installed(distribution: str) -> str | None:
    """Give the version that is installed, ``None`` where none is."""
    try:
        found = metadata.distribution(distribution)
    except metadata.PackageNotFoundError:
        return None
    headers = (found.read_text("METADATA") or "").replace("\r\n", "\n").partition("\n\n")[0]
    return headers.partition("\nVersion:")[2].partition("\n")[0].strip() or found.version
