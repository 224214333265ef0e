"""The text index: built off the write path, up to a watermark, little by little or when somebody searches.

Writing a span costs nothing here. The index keeps words without the text they came from (contentless FTS5), so it
stays small; to forget a span it must be told the same text again.
"""

from __future__ import annotations

import functools
import sqlite3
import time
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final, cast

from autolog._store.blobs import MARKER
from autolog._store.jsontext import loads, without_surrogates
from autolog._store.write import marks

_CREATE: Final = (
    "CREATE VIRTUAL TABLE IF NOT EXISTS terms USING fts5 (body, content='', tokenize='unicode61 remove_diacritics 2')"
)
# What is indexed in one transaction is gathered in memory: from a few large pieces the index is built in two thirds of
# the time that many small ones take.
_GATHER: Final = "INSERT INTO terms (terms, rank) VALUES ('hashsize', 16777216)"
# The index of schema 1, whose text was another.
_FORMER: Final = ("DROP TABLE IF EXISTS words", "DELETE FROM meta WHERE key = 'indexed'")
_TEXTS: Final = (
    "SELECT s.id, s.name, p.inputs, p.outputs, p.attributes, p.exception "
    "FROM spans s LEFT JOIN payload p ON p.span = s.id"
)
_SOME: Final = 500


@functools.cache
def available() -> bool:
    """Whether this Python's SQLite has full-text search."""
    db = sqlite3.connect(":memory:")
    try:
        db.execute("CREATE VIRTUAL TABLE probe USING fts5 (x)")
    except sqlite3.OperationalError:
        return False
    finally:
        db.close()
    return True


def backlog(db: sqlite3.Connection) -> int:
    """Give about how many spans wait to be indexed; more than 0 where there is no index at all yet."""
    last = db.execute("SELECT max(id) FROM spans").fetchone()[0] or 0
    if not _exists(db):
        return max(1, last)
    return max(0, last - _watermark(db))


def index_some(db: sqlite3.Connection) -> bool:
    """Index the next spans in the order they were written; says whether those were the last."""
    if not _exists(db):
        for statement in (_CREATE, _GATHER, *_FORMER):
            db.execute(statement)
    rows = db.execute(f"{_TEXTS} WHERE s.id > ? ORDER BY s.id LIMIT ?", (_watermark(db), _SOME)).fetchall()
    if rows:
        db.executemany("INSERT INTO terms (rowid, body) VALUES (?, ?)", ((r[0], _words(r[1:])) for r in rows))
        db.execute("INSERT OR REPLACE INTO meta VALUES ('indexed', ?)", (rows[-1][0],))
    return len(rows) < _SOME


def claim(db: sqlite3.Connection, name: str, *, seconds: float) -> bool:
    """Say that this name is indexing, for a while; false where another one is."""
    if not unclaimed(db, name):
        return False
    db.execute("INSERT OR REPLACE INTO meta VALUES ('indexer', ?)", (f"{time.time() + seconds:.3f} {name}",))
    return True


def give_up_claim(db: sqlite3.Connection) -> None:
    """Say that nobody is indexing."""
    db.execute("DELETE FROM meta WHERE key = 'indexer'")


def unclaimed(db: sqlite3.Connection, name: str) -> bool:
    """Whether nobody else is indexing."""
    row = db.execute("SELECT value FROM meta WHERE key = 'indexer'").fetchone()
    until, _, other = str(row[0]).partition(" ") if row else ("0", "", name)
    # A time that is far away is of a clock that was set back since
    return other == name or not time.time() < float(until) < time.time() + 3600


def forget(db: sqlite3.Connection, traces: Sequence[int]) -> None:
    """Take the words of traces (row ids) out of the index; their spans are still stored."""
    last = _watermark(db)
    if not last or not available() or not _exists(db):
        return  # without full-text search the words stay, and point at ids that no span will have again
    rows = db.execute(f"{_TEXTS} WHERE s.trace IN ({marks(traces)}) AND s.id <= ?", (*traces, last)).fetchall()
    db.executemany(
        "INSERT INTO terms (terms, rowid, body) VALUES ('delete', ?, ?)", ((r[0], _words(r[1:])) for r in rows)
    )


def _exists(db: sqlite3.Connection) -> bool:
    return db.execute("SELECT 1 FROM sqlite_master WHERE name = 'terms'").fetchone() is not None


def _watermark(db: sqlite3.Connection) -> int:
    """The highest span (row id) in the index; all up to it are in it."""
    row = db.execute("SELECT value FROM meta WHERE key = 'indexed'").fetchone()
    return row[0] if row else 0


def _words(row: tuple[Any, ...]) -> str:
    """Give the text of a span. An indexed span must give the same again: a change needs another name of the index.

    Each text once: what was asked is in the inputs and again in the attributes, under the conventions' names.
    """
    found: list[str] = [row[0]]
    for column in row[1:]:
        if column is not None:
            found += _strings(loads(column))
    return without_surrogates("\n".join(dict.fromkeys(found)))


def _strings(value: Any) -> Iterator[str]:
    """Yield the text in a value, and its whole numbers; not the members of a list of numbers, such as an embedding."""
    waiting = [value]
    while waiting:
        one = waiting.pop()
        if isinstance(one, str):
            yield one
        elif isinstance(one, int):
            yield str(one)
        elif isinstance(one, list):
            members = cast("list[object]", one)
            waiting.extend(x for x in reversed(members) if not isinstance(x, (int, float)))
        elif isinstance(one, Mapping):
            items = cast("Mapping[str, Any]", one)
            if MARKER not in items:
                waiting.extend(reversed(list(items.values())))
