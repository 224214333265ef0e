"""Traces as people name them: an id, the beginning of one, ``@last``, ``@-2``."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from autolog._cli.errors import NOTHING, CommandError

if TYPE_CHECKING:
    from autolog._store import Store

__all__ = ["resolve"]

_NTH: Final = re.compile(r"@-([1-9]\d{0,8})", re.ASCII)
_ID: Final = re.compile(r"[0-9A-Za-z_-]+", re.ASCII)


def resolve(store: Store, wanted: str) -> str:
    """Give the whole id. Raises ``CommandError`` where no trace or several traces are meant."""
    from autolog._store import Query

    if wanted.startswith("@"):
        nth = _NTH.fullmatch("@-1" if wanted == "@last" else wanted)
        if nth is None:
            raise CommandError(f"{wanted} names no trace: @last is the newest, @-2 the one before it")
        ids = store.search_ids(Query(max_results=1, offset=int(nth[1]) - 1))
        if not ids:
            raise CommandError(f"there is no trace {wanted} in {store.path}", code=NOTHING)
        return ids[0]
    if not _ID.fullmatch(wanted):
        raise CommandError(f"{wanted!r} is no trace id: an id is 32 hex digits, of which the first few do")
    start = wanted.lower()
    # "~" sorts behind every character of an id.
    ids = store.search_ids(Query(f"trace_id >= '{start}' AND trace_id < '{start}~'", max_results=3))
    if start in ids:
        return start
    if not ids:
        raise CommandError(f"no trace with the id {wanted} in {store.path}", code=NOTHING)
    if len(ids) > 1:
        raise CommandError(f"several traces begin with {wanted} ({', '.join(ids[:2])}...): give more of the id")
    return ids[0]
