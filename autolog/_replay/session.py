"""What happens to each call of a tape: the one lock, the tickets, what is played, sent, dropped or refused."""

from __future__ import annotations

import time
from collections.abc import Iterable
from contextlib import suppress
from contextvars import ContextVar
from dataclasses import dataclass, field
from threading import Lock
from typing import Any, Final

from autolog._replay.cassette import Cassette, Interaction, RecordedError, RecordedRequest, RecordedResponse
from autolog._replay.faults import Fault, cut, error_response
from autolog._replay.hosts import Hosts, host_of
from autolog._replay.match import Index
from autolog._replay.nearmiss import Hints, explain_miss
from autolog._replay.normalise import Rules, place_of, query_of
from autolog._replay.places import caller, caught_at

__all__ = ["Call", "Exchange", "Miss", "ReplayMiss", "Session", "inside"]

inside: Final[ContextVar[bool]] = ContextVar("autolog_replay_inside", default=False)
"""A call of ours is under way further up: what a client does below it (aiohttp under httpx) belongs to it."""

LIVE_MODES: Final = frozenset(("all", "verify"))


class ReplayMiss(BaseException):
    """A request that is not in the cassette. No ``Exception``: clients retry those and report a connection error.

    ``text`` is the whole explanation, ``request`` the one that was made.
    """

    text: str = ""
    request: RecordedRequest | None = None

    def __init__(self, text: str = "", *args: Any) -> None:
        super().__init__(text, *args)
        self.text = text


@dataclass
class Call:
    """A request that the program made. ``request`` is the live one, ``response`` what it got (``None`` until it is whole).

    ``interaction_index`` tells which interaction answered; ``live`` that it went to the network, ``recorded`` that it
    is to be saved; ``fault`` which fault answered it. A call that was refused has no response.
    """

    request: RecordedRequest
    response: RecordedResponse | None = None
    interaction_index: int | None = None
    recorded: bool = False
    live: bool = False
    fault: str | None = None


@dataclass(frozen=True)
class Miss:
    """A request that was refused: why, and where the program made it (``file:line in function``)."""

    text: str
    where: str
    request: RecordedRequest | None = None
    error: BaseException | None = field(default=None, compare=False, repr=False)

    @property
    def caught(self) -> str | None:
        """Where the error ended that told the program, as far as that can be seen."""
        return caught_at(self.error) if self.error is not None else None


@dataclass
class Exchange:
    """What to do about one request: answer with ``response``, end in a time-out, or send it (neither).

    ``call`` is ``None`` where the tape has nothing to do with it. ``wait_s`` is how long to wait first.
    """

    call: Call | None = None
    response: RecordedResponse | None = None
    timeout: bool = False
    wait_s: float = 0.0
    interaction: Interaction | None = None
    started: float = 0.0
    recording: Any = None

    @property
    def live(self) -> bool:
        """Whether the request is to be sent."""
        return self.response is None and not self.timeout


class Session:
    """The state of one tape."""

    def __init__(
        self,
        cassette: Cassette,
        mode: str,
        rules: Rules,
        *,
        exists: bool,
        strict: bool,
        repeats: bool,
        timing: float,
        faults: Iterable[Fault],
        hosts: Hosts,
        miss_error: type[BaseException],
        hints: Hints,
    ) -> None:
        self.cassette = cassette
        self.mode = mode
        self.timing = timing
        self.hosts = hosts
        self.calls: list[Call] = []
        self.misses: list[Miss] = []
        self.exchanges: list[Exchange] = []
        self.index = Index(cassette.interactions, rules, strict=strict, repeats=repeats)
        self._exists = exists
        self._hints = hints
        self._miss_error = miss_error
        self._lock = Lock()
        self._each = [fault for fault in faults if fault.n is None]
        self._nth = {(fault.n, fault.kind): fault for fault in faults if fault.n is not None}

    def start(self, request: RecordedRequest) -> Exchange:
        """Give a request its number and decide about it; raises the miss for one that has no recording."""
        if inside.get() or self.hosts.allows(*host_of(request.uri)):
            return Exchange()
        if self.hosts.drops(request):
            return Exchange(response=_DROPPED)
        if self.hosts.is_vocabulary(request) and self.mode != "replay":
            return Exchange()
        call = Call(request)
        exchange = Exchange(call, started=time.perf_counter())
        # The number is given before the body is looked at: equal prompts are answered in the order of their start.
        with self._lock:
            self.calls.append(call)
            self.exchanges.append(exchange)
            number = len(self.calls)
        faults = self._faults(number)
        exchange.wait_s = sum(fault.seconds for fault in faults if fault.kind == "slow")
        for fault in faults:
            if fault.kind in ("error_at", "timeout_at"):
                call.fault = str(fault)
                exchange.timeout = fault.kind == "timeout_at"
                exchange.response = None if exchange.timeout else error_response(fault)
                call.response = exchange.response
                return exchange
        self._decide(exchange, call)
        for fault in faults:
            if fault.kind == "cut_stream_at" and exchange.response is not None:
                call.fault = str(fault)
                exchange.response = cut(exchange.response, fault)
        call.response = exchange.response
        return exchange

    def _faults(self, number: int) -> list[Fault]:
        if not self._nth and not self._each:
            return []
        kinds = ("slow", "error_at", "timeout_at", "cut_stream_at")
        return [*self._each, *(self._nth[number, kind] for kind in kinds if (number, kind) in self._nth)]

    def _decide(self, exchange: Exchange, call: Call) -> None:
        taken: int | None = None
        expected: int | None = None
        if self.mode != "all":
            keys = self.index.keys_of(call.request)
            with self._lock:
                taken = self.index.take(keys)
                expected = self.index.next_in_order
        if taken is not None:
            exchange.interaction = self.cassette.interactions[taken]
            if self.mode != "verify":
                call.interaction_index = taken
                exchange.response = exchange.interaction.response
                return
        if self.mode == "replay":
            raise self.miss(call.request, expected)
        call.live = True
        call.recorded = self.mode in ("missing", "all")

    def miss(self, request: RecordedRequest, expected: int | None = None, text: str | None = None) -> BaseException:
        """Note a request that has no recording, and give the error to raise."""
        with self._lock:
            taken = frozenset(self.index.taken)
        text = text or explain_miss(request, self.cassette, taken, self._hints, expected=expected, exists=self._exists)
        error = self._miss_error(text)
        with suppress(AttributeError, TypeError):
            error.text, error.request = text, request  # type: ignore[attr-defined]
        with self._lock:
            self.misses.append(Miss(text, caller(), request, error))
        return error

    def ran_out(self, exchange: Exchange) -> BaseException:
        """The error of a program that reads a stream further than the one did that recorded it."""
        number = exchange.interaction.index + 1 if exchange.interaction else 0
        request = exchange.call.request if exchange.call else RecordedRequest("", "")
        text = (
            f"the recording of {request.method} {request.uri} (interaction #{number}) ends here: the program that "
            f"recorded it had left the stream\ncassette: {self.cassette.path}\nto record all of it:  {self._hints.accept}"
        )
        return self.miss(request, text=text)

    def finish(self, exchange: Exchange, response: RecordedResponse) -> None:
        """A live call has its response, whole or as far as it came."""
        if exchange.call is not None and exchange.call.response is None:
            exchange.call.response = response

    def fail(self, exchange: Exchange, error: BaseException) -> None:
        """A live call ended without a response."""
        if isinstance(error, Exception):
            self.finish(
                exchange,
                RecordedResponse(0, error=RecordedError(type(error).__name__, str(error)), after_ms=ms_since(exchange)),
            )

    def waiting_at(self, uri: str) -> Interaction | None:
        """The first interaction of a URI that answered nothing yet, whatever it was asked with."""
        here = place_of(uri), query_of(uri, self.index.rules)
        for each in self.unused:
            if (place_of(each.request.uri), query_of(each.request.uri, self.index.rules)) == here:
                return each
        return None

    def end(self) -> None:
        """End the recordings of streams that are still open."""
        for exchange in self.exchanges:
            if exchange.recording is not None and exchange.call is not None and exchange.call.response is None:
                exchange.recording.stop()

    @property
    def unused(self) -> list[Interaction]:
        """The interactions that answered nothing."""
        with self._lock:
            taken = frozenset(self.index.taken)
        return [each for each in self.cassette.interactions if each.index not in taken]


def ms_since(exchange: Exchange) -> int:
    """Milliseconds since a call started."""
    return max(0, round((time.perf_counter() - exchange.started) * 1000))


_DROPPED: Final = RecordedResponse(200, "OK", {"content-type": ("application/json",)}, b"{}")
