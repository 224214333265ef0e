"""The replay proxy: a loopback server that answers from a cassette, for subprocesses and other languages.

A client reaches it through ``OPENAI_BASE_URL``. Host and port of recorded requests do not count here, all else is
matched as :func:`autolog.replay` matches it.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit, urlunsplit

from autolog._replay.cassette import Cassette, Interaction, RecordedRequest, RecordedResponse
from autolog._replay.format import load
from autolog._replay.modes import check_timing
from autolog._replay.proxy_server import HOST, Answer, header_pairs, serving
from autolog._replay.shelf import Shelf
from autolog._replay.tape import UnusedInteractionsError

__all__ = ["Proxy", "UnansweredError", "proxying", "replay_proxy"]

# What OpenAI's paths begin with below the base address.
_ROOTS: Final = frozenset(
    {
        "assistants",
        "audio",
        "batches",
        "chat",
        "completions",
        "containers",
        "conversations",
        "embeddings",
        "evals",
        "files",
        "fine_tuning",
        "images",
        "models",
        "moderations",
        "realtime",
        "responses",
        "threads",
        "uploads",
        "vector_stores",
        "videos",
    }
)
_MISSED: Final = 404  # which no client tries again


class UnansweredError(AssertionError):
    """Requests came to the proxy that the cassette does not have; the text is the explanation of each."""


@dataclass
class Proxy:
    """A running proxy: ``base_url`` is what a client is given, ``origin`` the same without a path.

    ``misses`` are the explanations of requests that the cassette does not have, ``notes`` what recording did.
    """

    origin: str
    base_url: str
    cassette: Cassette
    calls: int = 0
    misses: list[str] = field(default_factory=list[str])
    notes: list[str] = field(default_factory=list[str])
    unused: list[Interaction] = field(default_factory=list[Interaction])


@contextmanager
def replay_proxy(
    path: str | Path,
    *,
    port: int = 0,
    ignore: Iterable[str] = (),
    normalize: Callable[[Any], Any] | None = None,
    repeats: bool = False,
    timing: float = 0.0,
    record: bool = False,
    anew: bool = False,
    upstream: str | None = None,
    unused: str = "error",
) -> Generator[str]:
    """Answer HTTP requests from a cassette while the block runs, and give the base address for clients.

    ``port`` is one of 127.0.0.1, by default a free one. ``ignore``, ``normalize``, ``repeats``, ``timing`` and
    ``unused`` mean what they mean for :func:`autolog.replay`. With ``record`` what the cassette does not have is passed
    on to ``upstream`` and added to it; with ``anew`` all is, and takes the place of what was recorded before.

    A request that is not in the cassette is answered with status 404 and the explanation, and at the end of the block
    raises :class:`UnansweredError`; interactions that nobody asked for raise ``UnusedInteractionsError``.
    """
    with proxying(
        path,
        port=port,
        ignore=ignore,
        normalize=normalize,
        repeats=repeats,
        timing=timing,
        upstream=_upstream(upstream, record=record),
        anew=anew,
    ) as proxy:
        try:
            yield proxy.base_url
        except BaseException as e:
            for miss in proxy.misses:
                e.add_note(miss)
            raise
    if proxy.misses:
        raise UnansweredError("\n\n".join(proxy.misses))
    if proxy.unused and unused == "error" and not record:
        raise UnusedInteractionsError(unused_text(proxy))


def unused_text(proxy: Proxy) -> str:
    """Say what of the cassette nobody asked for."""
    lines = [f"  #{each.index + 1} {each.request.method} {each.request.uri}" for each in proxy.unused]
    return "\n".join([f"never asked for, of {proxy.cassette.path}:", *lines])


def _upstream(upstream: str | None, *, record: bool) -> str | None:
    if record and upstream is None:
        raise ValueError("recording needs upstream: the address to pass requests on to, as https://api.openai.com/v1")
    if upstream is not None and urlsplit(upstream).scheme not in ("http", "https"):
        raise ValueError(f"upstream is an address as https://api.openai.com/v1, not {upstream!r}")
    return upstream.rstrip("/") if record and upstream is not None else None


@contextmanager
def proxying(
    path: str | Path,
    *,
    port: int = 0,
    ignore: Iterable[str] = (),
    normalize: Callable[[Any], Any] | None = None,
    repeats: bool = False,
    timing: float = 0.0,
    upstream: str | None = None,
    anew: bool = False,
) -> Generator[Proxy]:
    """Run a proxy and give it; nothing is raised for misses. With ``upstream`` it records, with ``anew`` all again.

    Raises ``FileNotFoundError`` without a cassette to replay, ``CassetteError`` for a broken one, and ``OSError``
    where the port is taken.
    """
    check_timing(timing)
    path = Path(path)
    cassette = Cassette(path) if upstream is not None and (anew or not path.exists()) else load(path)
    origin = upstream or _origin(cassette)
    shelf = Shelf(_local(cassette), ignore=ignore, normalize=normalize, repeats=repeats, upstream=origin)
    room = _Room(cassette, shelf, timing, upstream, anew=anew)
    with serving(room.answer, port=port) as origin:
        base = urlsplit(upstream).path if upstream is not None else _base_path(cassette)
        room.proxy = proxy = Proxy(origin, origin + base, cassette)
        try:
            yield proxy
        finally:
            proxy.unused = [cassette.interactions[index] for index in room.shelf.left]
    room.save()


def _local(cassette: Cassette) -> Cassette:
    """The same with every request as it reaches a loopback server."""
    return replace(cassette, interactions=tuple(replace(i, request=_here(i.request)) for i in cassette.interactions))


def _here(request: RecordedRequest) -> RecordedRequest:
    parts = urlsplit(request.uri)
    return replace(request, uri=urlunsplit(("http", HOST, parts.path, parts.query, "")))


def _origin(cassette: Cassette) -> str:
    """Give the base address that the cassette was recorded from."""
    for interaction in cassette.interactions:
        parts = urlsplit(interaction.request.uri)
        if parts.scheme in ("http", "https") and parts.netloc:
            return f"{parts.scheme}://{parts.netloc}{_base_path(cassette)}"
    return "https://api.openai.com/v1"


def _base_path(cassette: Cassette) -> str:
    """Give what comes before OpenAI's own paths in the recorded addresses, mostly ``/v1``."""
    for interaction in cassette.interactions:
        segments = interaction.request.path.strip("/").split("/")
        place = next((i for i, segment in enumerate(segments) if segment in _ROOTS), None)
        if place is not None:
            return "".join(f"/{segment}" for segment in segments[:place])
    return ""


class _Room:
    """What the threads of a proxy share."""

    def __init__(self, cassette: Cassette, shelf: Shelf, timing: float, upstream: str | None, *, anew: bool) -> None:
        self.shelf = shelf
        self.proxy = Proxy("", "", cassette)
        self._cassette = cassette
        self._timing = timing
        self._upstream = upstream
        self._anew = anew
        self._lock = threading.Lock()
        # By the number that a request got when it came: the order of the file is that of the requests.
        self._recorded: dict[int, Interaction] = {}

    def answer(self, request: RecordedRequest) -> Answer:
        here = _here(request)
        with self._lock:
            number = self.proxy.calls
            self.proxy.calls += 1
            index = self.shelf.take(here)
            missed = self.shelf.explain(here) if index is None and self._upstream is None else None
            if missed is not None:
                self.proxy.misses.append(missed)
        if index is not None:
            return _played(self._cassette.interactions[index].response, self._timing)
        if self._upstream is None:
            return _miss(missed or "")
        from autolog._replay.proxy_upstream import forward

        def keep(sent: RecordedRequest, response: RecordedResponse) -> None:
            with self._lock:
                if response.ok:
                    self._recorded[number] = Interaction(sent, response)
                else:
                    self.proxy.notes.append(f"not kept: {sent.method} {sent.uri} was answered with {response.status}")

        return forward(request, self._upstream, keep)

    def save(self) -> None:
        """Add what was recorded to the file."""
        if not self._recorded:
            return
        from autolog._replay.shelf import add_to_file

        new = [interaction for _, interaction in sorted(self._recorded.items())]
        self.proxy.notes += add_to_file(self._cassette, new, anew=self._anew)


def _miss(text: str) -> Answer:
    error = {"message": text, "type": "autolog_replay_miss", "param": None, "code": "replay_miss"}
    body = json.dumps({"error": error}, ensure_ascii=False).encode()
    headers = [("Content-Type", "application/json; charset=utf-8"), ("x-should-retry", "false")]
    return Answer(_MISSED, headers, body, reason="Not In The Cassette")


def _played(response: RecordedResponse, timing: float) -> Answer:
    headers = header_pairs(response.headers)
    delay = _wait(response.after_ms, timing)
    cut = response.truncated or response.error is not None
    pieces: Iterable[tuple[float, bytes]] | None = None
    if response.events is not None:
        pieces = [(_wait(event.after_ms, timing), event.text.encode()) for event in response.events]
    elif response.chunks is not None:
        pieces = list(_sized(response, timing))
    return Answer(response.status, headers, response.body, pieces, cut=cut, delay=delay, reason=response.reason)


def _wait(after_ms: int, timing: float) -> float:
    return after_ms / 1000 * timing


def _sized(response: RecordedResponse, timing: float) -> Iterator[tuple[float, bytes]]:
    start = 0
    for chunk in response.chunks or ():
        yield _wait(chunk.after_ms, timing), response.body[start : start + chunk.size]
        start += chunk.size
    if start < len(response.body):
        yield 0.0, response.body[start:]
