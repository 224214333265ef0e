"""What a tape recorded, put into its file: scrubbed, checked, merged with what others wrote meanwhile."""

from __future__ import annotations

import hashlib
import json
import os
import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, cast
from uuid import uuid4

from autolog._model import Usage
from autolog._replay.cassette import Cassette, Interaction, RecordedRequest
from autolog._replay.files import locked
from autolog._replay.format import dump_with_blobs, load, write
from autolog._replay.gate import check
from autolog._replay.match import Key, key_of
from autolog._replay.normalise import Rules
from autolog._replay.scrub import scrub
from autolog._replay.session import Call
from autolog._replay.wire import model_of, usage_of

__all__ = ["Saved", "interactions_of", "save_recorded"]

_SDKS = ("openai", "anthropic", "google-genai", "mistralai", "cohere", "groq", "langchain-core", "llama-index-core")
_THIS_RUN = uuid4().hex


@dataclass
class Saved:
    """What became of a recording."""

    before: Cassette | None = None
    after: Cassette | None = None
    added: int = 0
    notes: list[str] = field(default_factory=list[str])


def _fits(call: Call, *, record_errors: bool) -> str | None:
    """Why a call is not kept, or ``None``."""
    response = call.response
    if response is None:
        return "it never got an answer"
    if record_errors:
        return None
    if response.error is not None:
        return f"{response.error.type}; record_errors=True keeps it"
    return f"status {response.status}; record_errors=True keeps it" if response.status >= 400 else None


def interactions_of(calls: Sequence[Call], *, record_errors: bool) -> tuple[list[Interaction], list[str]]:
    """Give what is to be kept of the recorded calls, scrubbed, in the order of their start, and notes on the rest."""
    kept: list[Interaction] = []
    notes: list[str] = []
    for call in calls:
        if not call.recorded:
            continue
        if why := _fits(call, record_errors=record_errors):
            notes.append(f"not kept: {call.request.method} {call.request.path} ({why})")
        elif call.response is not None:
            kept.append(scrub(Interaction(call.request, call.response)))
    return kept, notes


def save_recorded(
    path: Path,
    recorded: Sequence[Interaction],
    *,
    mode: str,
    loaded: Cassette,
    rules: Rules,
    owner: str,
) -> Saved:
    """Write what was recorded. In ``missing`` it is added, in ``all`` it takes the place of what was there.

    Other tests of the same run may have written to the file since it was read: what they added stays. Raises
    ``SecretError`` for what must not be written, and ``CassetteError`` where the file is no cassette (any more).
    """
    saved = Saved()
    if not recorded:
        if mode == "all" and loaded.interactions:
            saved.notes.append(f"{path} was left as it is: nothing was recorded")
        return saved
    with locked(path) as lock:
        current = load(path) if path.is_file() else Cassette(path)
        state = _state(lock, path)
        if mode == "all":
            kept = _of_others(current, state, owner)
            news = list(recorded)
        else:
            kept = list(current.interactions)
            news = _not_yet_there(recorded, current, loaded, rules)
        saved.before, saved.added = current, len(news)
        whole = Cassette(path).with_interactions(tuple(kept + news))
        whole = replace(whole, metadata=_metadata(current, whole))
        if not news and mode != "all":
            return saved
        text, blobs = dump_with_blobs(whole)
        check(text, os.environ, path, blobs)
        write(text, blobs, path)
        _remember(lock, path, state, owner, news if mode == "all" else None)
        saved.after = whole
        saved.notes.append(f"saved {len(news)} interaction{'' if len(news) == 1 else 's'} to {path}")
        if current.format == "vcr" and current.interactions:
            saved.notes.append(f"{path} was vcrpy's and is now in our format")
        return saved


def _not_yet_there(
    recorded: Sequence[Interaction], current: Cassette, loaded: Cassette, rules: Rules
) -> list[Interaction]:
    """The recordings without those that somebody else has added meanwhile: each is needed as often as one test makes it."""

    def count(interactions: Sequence[Interaction]) -> Counter[Key]:
        return Counter(key_of(each.request, rules) for each in interactions)

    there = count(current.interactions)
    there.subtract(count(loaded.interactions))
    news: list[Interaction] = []
    for each in recorded:
        key = key_of(each.request, rules)
        if there[key] > 0:
            there[key] -= 1
        else:
            news.append(each)
    return news


def _of_others(current: Cassette, state: dict[str, Any], owner: str) -> list[Interaction]:
    """In mode ``all``: what other tests recorded in this run stays, everything older goes."""
    waiting: Counter[str] = Counter()
    for name, marks in cast("dict[str, list[str]]", state.get("owners", {})).items():
        if name != owner:
            waiting.update(marks)
    kept: list[Interaction] = []
    for each in current.interactions:
        mark = _mark(each.request)
        if waiting[mark] > 0:
            waiting[mark] -= 1
            kept.append(each)
    return kept


def _mark(request: RecordedRequest) -> str:
    return hashlib.sha256(f"{request.method} {request.uri}\n".encode() + request.body).hexdigest()[:16]


def run_id() -> str:
    """The run that this process belongs to: all workers of pytest-xdist have one."""
    return os.environ.get("PYTEST_XDIST_TESTRUNUID") or os.environ.get("AUTOLOG_RUN_ID") or _THIS_RUN


def _state(lock: Path, path: Path) -> dict[str, Any]:
    """What this run wrote to the file so far, by test; nothing where somebody else has changed it since."""
    try:
        state = json.loads(lock.read_text() or "{}")
    except ValueError:
        return {}
    if not isinstance(state, dict):
        return {}
    known = cast("dict[str, Any]", state)
    return known if known.get("run") == run_id() and known.get("file") == _hash(path) else {}


def _hash(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else ""


def _remember(lock: Path, path: Path, state: dict[str, Any], owner: str, news: Sequence[Interaction] | None) -> None:
    if news is None:  # added to what there was: recording anew, later in this run, does not keep it for that
        lock.write_text("")
        return
    owners = dict(cast("dict[str, list[str]]", state.get("owners", {})))
    # As read back: what is written and what is loaded spell a body alike.
    owners[owner] = [_mark(each.request) for each in load(path).interactions[-len(news) :]]
    lock.write_text(json.dumps({"run": run_id(), "file": _hash(path), "owners": owners}))


def _metadata(current: Cassette, whole: Cassette) -> dict[str, Any]:
    from autolog import __version__

    metadata: dict[str, Any] = {**current.metadata, "recorded_at": datetime.now(UTC).date().isoformat()}
    metadata["autolog"] = __version__
    for name in _SDKS:
        if name.replace("-", "_").removeprefix("google_") in sys.modules or name.replace("-", ".") in sys.modules:
            try:
                metadata[name] = version(name)
            except PackageNotFoundError:
                continue
    responses = [each.response for each in whole.interactions]
    models = list(dict.fromkeys(model for each in responses if (model := model_of(each))))
    usage = sum(map(usage_of, responses), Usage())
    tokens = {"input": usage.input_tokens, "output": usage.output_tokens}
    for name, value in (("models", models), ("tokens", {k: v for k, v in tokens.items() if v is not None})):
        if value:
            metadata[name] = value
        else:
            metadata.pop(name, None)
    return metadata
