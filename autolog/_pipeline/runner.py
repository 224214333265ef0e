"""The thread of a pipeline: it sleeps until it is woken, lets a batch gather, and answers those who wait for it."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable
from queue import SimpleQueue

__all__ = ["Runner"]


class _Asked:
    """Somebody waits until all is done that was there before."""

    def __init__(self) -> None:
        self.done = threading.Event()
        self.error: Exception | None = None


class Runner:
    """Calls ``work`` for each batch, and ``finish`` once when it is told to stop.

    ``wake`` may be called by the garbage collector in the middle of anything: ``SimpleQueue.put`` is safe there.
    """

    def __init__(self, work: Callable[[], None], finish: Callable[[], None]) -> None:
        self.awake = False
        self._work = work
        self._finish = finish
        self._calls: SimpleQueue[None] = SimpleQueue()
        self._hurry = threading.Event()
        self._asked: deque[_Asked] = deque()
        self._thread: threading.Thread | None = None
        self._stopping = False
        self._over = False

    @property
    def started(self) -> bool:
        """Whether there is a thread."""
        return self._thread is not None

    @property
    def is_this_thread(self) -> bool:
        """Whether this is called in the thread itself."""
        return self._thread is not None and self._thread.ident == threading.get_ident()

    def start(self, gather_s: float) -> None:
        """Start the thread. Raises ``RuntimeError`` where there can be none."""
        thread = threading.Thread(target=self._run, args=(gather_s,), name="autolog", daemon=True)
        thread.start()
        self._thread = thread

    def wake(self) -> None:
        """Have it work soon."""
        self.awake = True
        self._calls.put(None)

    def ask(self, deadline: float) -> bool | None:
        """Have it work now, and wait for that: tell whether it is done in time; ``None`` where it has stopped."""
        asked = _Asked()
        self._asked.append(asked)
        self._wake_now()
        if self._over:  # it may not have seen that we ask
            return None
        done = asked.done.wait(max(0.0, deadline - time.monotonic()))
        if asked.error is not None:
            raise asked.error
        return done

    def stop(self) -> None:
        """Have it end when it has done what is there."""
        self._stopping = True
        self._wake_now()

    def _wake_now(self) -> None:
        self._hurry.set()
        self._calls.put(None)

    def _run(self, gather_s: float) -> None:
        while not self._stopping:
            self._calls.get()
            if not (self._asked or self._stopping):
                self._hurry.wait(gather_s)  # let a batch gather
            self._hurry.clear()
            self.awake = False
            self._answer(self._work)
        self._over = True
        self._answer(self._finish)

    def _answer(self, work: Callable[[], None]) -> None:
        asked = [self._asked.popleft() for _ in range(len(self._asked))]
        error = None
        try:
            work()
        except Exception as e:  # our own failures, which are raised in tests only: told to those who wait
            error = e
        for one in asked:
            one.error = error
            one.done.set()
