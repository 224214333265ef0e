"""The store: traces in, traces out."""

from __future__ import annotations

import functools
import logging
import os
import weakref
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import Any, Final

from autolog._model import Trace
from autolog._store import text_index
from autolog._store.blobs import Blob
from autolog._store.columns import TRACE_COLUMNS
from autolog._store.connection import Connections
from autolog._store.delete import delete_traces
from autolog._store.errors import StoreError
from autolog._store.filter import Compare, Value
from autolog._store.indexer import Indexer
from autolog._store.jsontext import clean
from autolog._store.opening import MEMORY
from autolog._store.query import Plan, Query, count, find, plan
from autolog._store.read import find_trace, load_blob, load_traces, trace_ids_of
from autolog._store.stats import grouping, load_stats
from autolog._store.summary import Summary, load_summaries
from autolog._store.waiting import Deadline
from autolog._store.write import chunks, fragments, write_blobs, write_fragments

DEFAULT_NAME: Final = "autolog.db"

_IDS_AT_ONCE: Final = 500
_MANY_SPANS: Final = 50_000  # some ten seconds

_log = logging.getLogger("autolog")


def open_store(target: str | os.PathLike[str] | None = None) -> Store:
    """Give a store for a file, or in memory for ``":memory:"``; by default ``autolog.db`` in the working folder.

    Nothing is opened before the first use, and a file that nobody writes to is not created.
    """
    name = os.fspath(target) if target is not None else DEFAULT_NAME
    name = name.removeprefix("sqlite:///") or DEFAULT_NAME
    if "://" in name:
        raise StoreError(f"a store is a file, and {name} is a URL: give a path such as {DEFAULT_NAME}")
    home = os.path.expanduser(name)  # noqa: PTH111  (which leaves a ~ that nobody has as it is)
    return Store(name if name == MEMORY else os.path.abspath(home))


class Store:
    """Traces in one SQLite file that several processes and threads read and write at once.

    Every method raises :class:`StoreError` where the file cannot be used, saying why and what to do. A store that was
    inherited through a fork works in the child too: it opens the file anew there.
    """

    def __init__(self, path: str) -> None:
        self.path = path
        self._by_pid: dict[int, Connections] = {}
        self._indexers: dict[int, Indexer] = {}
        weakref.finalize(self, _release, self._by_pid, self._indexers)

    def write(self, traces: Sequence[Trace], *, until: Deadline | None = None) -> None:
        """Add traces, or spans to traces that are there: a span replaces the one with the same id.

        Tags and metadata are merged, a session and a user replace the ones before. Writing the same again changes
        nothing. What a span holds cannot make this fail. ``until`` gives the moment (of ``time.monotonic``) after which
        a file that another program holds is no longer waited for, 30 seconds at the most; it is asked again and again.
        """
        try:
            self._write(traces, until)
        except StoreError:
            raise
        except Exception as e:  # whatever a trace holds
            if len(traces) > 1:
                for trace in traces:
                    self.write((trace,), until=until)
                return
            _log.warning("a trace could not be stored (%s: %s); your program is not affected", type(e).__name__, e)

    def write_blobs(self, blobs: Iterable[Blob]) -> None:
        """Keep blobs for spans that will be written with their markers."""
        with self._connections.writing() as db:
            write_blobs(db, blobs)

    def get_trace(self, trace_id: str, *, blobs: bool = True) -> Trace | None:
        """Give a trace by its id, by the beginning of it if no other begins so, or by ``@last`` and ``@-2``.

        ``None`` if there is none. With ``blobs=False`` long base64 text stays a marker, see :func:`get_blob`.
        """
        with self._connections.reading() as db:
            number = find_trace(db, trace_id, self.path)
            return None if number is None else load_traces(db, [number], blobs=blobs)[0]

    def full_id(self, trace_id: str) -> str | None:
        """Give the whole id of a trace that is named as :meth:`get_trace` takes it, ``None`` if there is none."""
        with self._connections.reading() as db:
            number = find_trace(db, trace_id, self.path)
            return None if number is None else trace_ids_of(db, [number])[0]

    def delete_tag(self, trace_id: str, key: str) -> bool:
        """Take a tag from a trace; false where there is no such trace or tag."""
        with self._connections.writing() as db:
            number = find_trace(db, trace_id, self.path)
            removed = db.execute("DELETE FROM tags WHERE trace = ? AND key = ?", (number, clean(key)))
            return removed.rowcount > 0

    def get_blob(self, sha: str) -> bytes | None:
        """Give the bytes that a marker in a payload stands for."""
        with self._connections.reading() as db:
            return load_blob(db, sha)

    def search(self, query: Query, *, blobs: bool = True) -> list[Trace]:
        """Give the traces that a query finds. Raises ``FilterError`` for a query that is wrong."""
        if not query.include_spans:
            return [s.as_trace() for s in self.summaries(query, blobs=blobs)]
        wanted = plan(query)
        indexed = self._text_indexed(wanted)
        with self._connections.reading() as db:
            return load_traces(db, find(db, wanted, indexed_text=indexed), blobs=blobs)

    def summaries(self, query: Query, *, blobs: bool = False) -> list[Summary]:
        """Give one line for each trace that a query finds: totals, and the root's request and response."""
        wanted = plan(query)
        indexed = self._text_indexed(wanted)
        with self._connections.reading() as db:
            return load_summaries(db, find(db, wanted, indexed_text=indexed), blobs=blobs)

    def search_ids(self, query: Query) -> list[str]:
        """Give the ids of the traces that a query finds."""
        wanted = plan(query)
        indexed = self._text_indexed(wanted)
        with self._connections.reading() as db:
            return trace_ids_of(db, find(db, wanted, indexed_text=indexed))

    def count(self, query: Query) -> int:
        """Give how many traces a query finds, whatever its ``max_results`` and ``offset``."""
        wanted = plan(query)
        indexed = self._text_indexed(wanted)
        with self._connections.reading() as db:
            return count(db, wanted, indexed_text=indexed)

    def index_text(self) -> bool:
        """Bring the text index up to date, which a search with text does by itself; false where there can be none."""
        if not text_index.available():
            _note_no_fts5()
            return False
        if self.path != MEMORY and not Path(self.path).exists():
            return False
        with self._connections.reading() as db:
            missing = text_index.backlog(db)
        if missing > _MANY_SPANS:
            _log.warning("indexing %s spans for text search; only what is new is indexed the next time", f"{missing:,}")
        if missing:
            self._connections.in_steps(text_index.index_some)
        return True

    def index_soon(self) -> None:
        """Bring the text index up to date in the background, a tenth of the time, where much waits to be indexed."""
        if self.path != MEMORY and text_index.available():
            self._indexers.setdefault(os.getpid(), Indexer(self._connections)).start()

    def delete(
        self,
        *,
        trace_ids: Iterable[str] | None = None,
        older_than_ns: int | None = None,
        filter_string: str | None = None,
    ) -> int:
        """Delete the traces that meet every condition given, and say how many; ``older_than_ns`` is a moment.

        Raises ``ValueError`` where no condition is given.
        """
        if trace_ids is None and older_than_ns is None and filter_string is None:
            raise ValueError("say what to delete: trace_ids, older_than_ns or filter_string")
        wanted = plan(Query(filter_string=filter_string, until_ns=older_than_ns, max_results=None))
        with self._connections.reading() as db:
            found = [n for some in _with_ids(wanted, trace_ids) for n in find(db, some, indexed_text=False)]
        return delete_traces(self._connections, found) if found else 0

    def stats(
        self, *, by: str | Sequence[str], since_ns: int | None = None, filter_string: str | None = None
    ) -> list[dict[str, Any]]:
        """Give calls, errors, latency, tokens and cost of each group: see :func:`~autolog._store.stats.load_stats`.

        ``by`` is ``model``, ``provider``, ``integration``, ``operation``, ``span_name``, ``span_type``, ``session``,
        ``user``, ``day`` (local), ``tag:KEY``, or several of them in a list or with commas. Raises ``FilterError``.
        """
        groups, wanted = grouping(by), plan(Query(filter_string=filter_string))
        with self._connections.reading() as db:
            return load_stats(db, groups, since_ns=since_ns, wanted=wanted)

    def close(self) -> None:
        """Close the file; the next use opens it again."""
        indexer = self._indexers.pop(os.getpid(), None)
        if indexer is not None:
            indexer.stop()
        self._connections.close()

    def __enter__(self) -> Store:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"<Store {self.path}>"

    @property
    def _connections(self) -> Connections:
        pid = os.getpid()
        found = self._by_pid.get(pid)
        # Those of a parent process stay in the dictionary, unused: they must neither be used here nor closed
        return found if found is not None else self._by_pid.setdefault(pid, Connections(self.path))

    def _write(self, traces: Sequence[Trace], until: Deadline | None) -> None:
        batch = fragments(traces)
        if batch:
            with self._connections.writing(until) as db:
                write_fragments(db, batch)

    def _text_indexed(self, wanted: Plan) -> bool:
        """Bring the text index up to date, if the query has text; says whether it can be used."""
        if not wanted.words:
            return False
        try:
            return self.index_text()
        except StoreError as e:
            _log.info("searching text without an index, which is slower: %s", e)
            return False


@functools.cache
def _note_no_fts5() -> None:
    _log.warning("this Python's SQLite has no full-text search (FTS5): searching text reads every payload")


def _with_ids(wanted: Plan, trace_ids: Iterable[str] | None) -> Iterator[Plan]:
    if trace_ids is None:
        yield wanted
        return
    for some in chunks(sorted({clean(i) for i in trace_ids}), _IDS_AT_ONCE):
        only = Compare(TRACE_COLUMNS["trace_id"], "IN", tuple(Value(i, i) for i in some))
        yield replace(wanted, terms=(*wanted.terms, only))


def _release(by_pid: dict[int, Connections], indexers: dict[int, Indexer]) -> None:
    # At the exit this may come before the pipeline's own end, while its thread writes: it is no owner of anything.
    for indexer in indexers.values():
        indexer.stop(wait=False)
    for connections in by_pid.values():
        connections.release()
