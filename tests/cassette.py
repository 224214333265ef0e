"""Plays a cassette to whatever HTTP client the code under test uses: every call must be in it, all of it be used."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import vcr
from vcr.cassette import Cassette
from vcr.request import Request

__all__ = ["CASSETTES", "CassetteMissError", "play"]

CASSETTES = Path(__file__).resolve().parents[1] / "cassettes"


class CassetteMissError(BaseException):
    """A call that is not in the cassette; no ``Exception``, which clients retry and report as a connection error."""


def body_of(request: Request) -> Any:
    """A request's body in a form in which key order, spacing and the random multipart boundary do not matter."""
    body = request.body or b""
    if boundary := re.search(r"boundary=\"?([^\";]+)", request.headers.get("content-type", "")):
        return body.replace(boundary[1].encode(), b"boundary")
    try:
        return json.loads(body)
    except ValueError:
        return body


def same_body(now: Request, recorded: Request) -> None:
    assert body_of(now) == body_of(recorded), f"{body_of(now)!r}\nis not the recorded\n{body_of(recorded)!r}"


PLAYER = vcr.VCR(record_mode="none", match_on=["method", "path", "query", "same_body"])
PLAYER.register_matcher("same_body", same_body)


def explain(tape: Cassette, request: Request) -> str:
    """What was asked for, and how it differs from the recorded requests that come closest."""
    lines = [f"{request.method} {request.uri} is not in {tape.path}, or was played already"]
    for recorded, _, failures in tape.find_requests_with_most_matches(request):
        lines += [f"{recorded.method} {recorded.uri} differs in {name}: {text}" for name, text in failures]
    return "\n".join(lines)


@contextmanager
def play(name: str) -> Iterator[Cassette]:
    """Answers all HTTP calls in the block from ``cassettes/NAME.yaml``.

    Raises FileNotFoundError without such a file, CassetteMissError for a call that is not in it (again at the end,
    should the code under test have caught it), and AssertionError if an interaction was not played.
    """
    path = CASSETTES / f"{name}.yaml"
    if not path.is_file():
        raise FileNotFoundError(f"no cassette {path}: record it with cassettes/recorder/record.py")
    misses: list[CassetteMissError] = []
    with PLAYER.use_cassette(str(path)) as tape:
        known = tape.can_play_response_for

        def can_play(request: Request) -> bool:
            if not known(request):
                misses.append(CassetteMissError(explain(tape, request)))
                raise misses[-1]
            return True

        tape.can_play_response_for = can_play
        yield tape
    if misses:
        raise misses[0]
    unplayed = [f"{r.method} {r.uri}" for index, r in enumerate(tape.requests) if not tape.play_counts[index]]
    assert not unplayed, f"not played from {path}: {', '.join(unplayed)}"
