"""The text index in the background: the first search finds it nearly ready."""

from __future__ import annotations

import logging
import os
import threading
import time
from typing import Final

from autolog._store import text_index
from autolog._store.connection import Connections
from autolog._store.errors import StoreError

__all__ = ["Indexer"]

_WORTH_A_THREAD: Final = 2_000  # spans, which a search indexes in a fifth of a second
_REST: Final = 9  # times as long as it worked, so that the program has nine tenths of the time to itself
_LONGEST_REST_S: Final = 5.0
_SHORTEST_REST_S: Final = 0.05
_CLAIM_S: Final = 20.0  # after which another process takes over from one that was killed

_log = logging.getLogger("autolog")


class Indexer:
    """One thread of one process, which ends when nothing is left to index or another process is indexing."""

    def __init__(self, connections: Connections) -> None:
        self._connections = connections
        self._working = threading.Lock()
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None
        self._calls = 0
        self._name = f"{os.getpid()} {time.time_ns()}"

    def start(self) -> None:
        """Start if there is enough to do; looking costs a little, so not at every call."""
        self._calls += 1
        if self._calls % 16 or self._stop.is_set() or (self._thread is not None and self._thread.is_alive()):
            return
        try:
            with self._connections.reading() as db:
                if text_index.backlog(db) < _WORTH_A_THREAD or not text_index.unclaimed(db, self._name):
                    return
            self._thread = threading.Thread(target=self._run, name="autolog-index", daemon=True)
            self._thread.start()
        except (StoreError, RuntimeError):  # no file to read, or no threads here: a search will index
            self._thread = None

    def stop(self, *, wait: bool = True) -> None:
        """Begin no further step, and wait for the one that is under way."""
        self._stop.set()
        if wait:
            with self._working:
                pass

    def _run(self) -> None:
        done = False
        while not done:
            began = time.monotonic()
            try:
                with self._working:
                    if self._stop.is_set():
                        return
                    # Never in a queue for the file: who writes traces or closes the store would stand behind us.
                    with self._connections.writing_if_free() as db:
                        if db is not None:
                            if not text_index.claim(db, self._name, seconds=_CLAIM_S):
                                return
                            done = text_index.index_some(db)
                            if done:
                                text_index.give_up_claim(db)
            except StoreError as e:
                _log.info("the text index is left to the next search: %s", e)
                return
            self._stop.wait(max(_SHORTEST_REST_S, min(_LONGEST_REST_S, _REST * (time.monotonic() - began))))
