"""What is said of a request that is not in the cassette: what comes closest, how it differs, and what to do."""

from __future__ import annotations

import heapq
import os
import re
import shlex
from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import urlsplit

from autolog._replay.cassette import Cassette, Interaction, RecordedRequest
from autolog._replay.differences import Difference, differences, similarity
from autolog._replay.match import key_of
from autolog._replay.normalise import NORMALISERS, Rules, body_of, normalised, place_of, query_of

__all__ = ["Hints", "explain_miss", "summary"]

MOST_SHOWN: Final = 6
MOST_COMPARED: Final = 200
VOCABULARIES: Final = re.compile(
    r"(?:.*\.)?(?:openaipublic\.blob\.core\.windows\.net|huggingface\.co|hf\.co|nltk\.org|raw\.githubusercontent\.com)"
)


@dataclass(frozen=True, slots=True)
class Hints:
    """The two commands that accept a change. ``{paths}`` in ``ignore`` stands for the list of JSON paths,
    ``{flags}`` for a flag ``--ignore`` for each of them.

    ``missing`` is what records a cassette that is not there yet.
    """

    accept: str = 'AUTOLOG_RECORD=all, or autolog.replay(..., mode="all")'
    ignore: str = "autolog.replay(..., ignore={paths})"
    missing: str = 'AUTOLOG_RECORD=missing, or autolog.replay(..., mode="missing")'
    normalize: str = 'autolog.replay(..., normalize="dates")'
    order: str = 'order="any"'
    repeats: str = "repeats=True"
    rules: Rules = field(default_factory=Rules)


def explain_miss(
    request: RecordedRequest,
    cassette: Cassette,
    taken: Collection[int],
    hints: Hints | None = None,
    *,
    expected: int | None = None,
    exists: bool = True,
) -> str:
    """Explain why a request has no (more) recording; of many interactions only the likeliest 200 are compared.

    ``taken`` are the numbers of the interactions that were replayed already; ``expected`` is the one whose turn it
    is, where the order counts.
    """
    hints = hints or Hints()
    what = f"{request.method.upper()} {_shown_uri(request)}"
    if VOCABULARIES.fullmatch(_host(request.uri)):
        return "\n".join((f"no recorded interaction matches {what}", *_side_traffic(request)))
    if not exists:
        return "\n".join(
            (f"no recorded interaction matches {what}", f"there is no cassette {shown_path(cassette)} yet",
             f"to record it:  {hints.missing}{_key_hint(request)}")
        )  # fmt: skip
    key = key_of(request, hints.rules)
    alike = [each for each in cassette.interactions if key_of(each.request, hints.rules) == key]
    lines = [f"no recorded interaction matches {what}"]
    ignorable: list[str] = []
    dates = False
    if alike and expected is None:
        lines = _already_replayed(what, alike, taken, hints)
    elif alike and expected is not None and any(each.index not in taken for each in alike):
        turn = cassette.interactions[expected]
        lines += [
            f"it is interaction #{alike[0].index + 1}, but in strict order it is the turn of #{expected + 1}: "
            f"{summary(turn)}",
            f"where the order does not matter: {hints.order}",
        ]
    else:
        told, ignorable, dates = _closest(request, cassette, hints.rules, taken)
        lines += told
    lines.append(f"cassette: {shown_path(cassette)} ({_count(len(cassette.interactions), 'interaction')}, "
                 f"{len(taken)} replayed)")  # fmt: skip
    lines += _left(cassette, taken) if alike else []
    lines.append(f"to accept the change:  {hints.accept}{_key_hint(request)}")
    if dates:
        lines.append(f"to ignore dates:       {hints.normalize}")
    if ignorable:
        lines.append(f"to ignore the field{'s' if len(ignorable) > 1 else ''}:".ljust(23) + _ignore(hints, ignorable))
    return "\n".join(lines)


def _ignore(hints: Hints, paths: list[str]) -> str:
    listed = "[" + ", ".join(f'"{path}"' for path in paths) + "]"
    flags = " ".join(f"--ignore {shlex.quote(path)}" for path in paths)
    return hints.ignore.replace("{paths}", listed).replace("{flags}", flags)


def shown_path(cassette: Cassette) -> str:
    """The path of a cassette as seen from the working folder."""
    try:
        relative = os.path.relpath(cassette.path)
    except ValueError:  # another drive
        return str(cassette.path)
    return str(cassette.path) if relative.startswith("..") else relative


def _shown_uri(request: RecordedRequest) -> str:
    from autolog._replay.scrub import scrub_uri

    return scrub_uri(request.uri)


def _host(uri: str) -> str:
    try:
        return urlsplit(uri).hostname or ""
    except ValueError:
        return ""


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"


_KEYS: Final = (
    ("openai.azure.com", "AZURE_OPENAI_API_KEY"),
    ("openai.com", "OPENAI_API_KEY"),
    ("anthropic.com", "ANTHROPIC_API_KEY"),
    ("googleapis.com", "GOOGLE_API_KEY"),
    ("mistral.ai", "MISTRAL_API_KEY"),
    ("groq.com", "GROQ_API_KEY"),
    ("cohere.com", "CO_API_KEY"),
)


def _key_hint(request: RecordedRequest) -> str:
    host = _host(request.uri)
    name = next((name for end, name in _KEYS if host == end or host.endswith(f".{end}")), None)
    return f"     (needs {name})" if name else ""


def _side_traffic(request: RecordedRequest) -> list[str]:
    return [
        f"{_host(request.uri)} serves vocabularies and models, which is no call to a model: it is never recorded",
        "download the file before (tiktoken: TIKTOKEN_CACHE_DIR, Hugging Face: HF_HOME and HF_HUB_OFFLINE=1),",
        f"or let it through:  allow_hosts=[{_host(request.uri)!r}]",
    ]


def _already_replayed(what: str, alike: list[Interaction], taken: Collection[int], hints: Hints) -> list[str]:
    numbers = ", ".join(f"#{each.index + 1}" for each in alike)
    played = sum(each.index in taken for each in alike)
    return [
        f"{what} was recorded {len(alike)}x and has been replayed {played}x already "
        f"(interaction{'s' if len(alike) > 1 else ''} {numbers})",
        f"to answer it again with the last recording:  {hints.repeats}",
    ]


def _left(cassette: Cassette, taken: Collection[int]) -> list[str]:
    left = [each for each in cassette.interactions if each.index not in taken]
    shown = [f"  #{each.index + 1} {summary(each)}" for each in left[:5]]
    more = [f"  and {len(left) - 5} more"] if len(left) > 5 else []
    return ["not replayed yet:", *shown, *more] if left else []


def summary(interaction: Interaction) -> str:
    """An interaction in a line: where it went and what was asked."""
    from autolog._replay.wire import asked

    said = asked(interaction.request)
    said = said if len(said) <= 60 else f"{said[:57]}..."
    return f"{interaction.request.method} {interaction.request.path}" + (f" {said!r}" if said else "")


def _closest(
    request: RecordedRequest, cassette: Cassette, rules: Rules, taken: Collection[int]
) -> tuple[list[str], list[str], bool]:
    """Lines on the closest interaction, the paths whose ignoring would make it match, and whether dates would."""
    place = (request.method.upper(), place_of(request.uri))
    same = [
        each for each in cassette.interactions if (each.request.method.upper(), place_of(each.request.uri)) == place
    ]
    if not same:
        return _nothing_there(request, cassette), [], False
    now = _normal(request, rules)
    likeliest = heapq.nsmallest(
        MOST_COMPARED, same, key=lambda each: (each.index in taken, abs(len(each.request.body) - len(request.body)))
    )
    scored = [
        (similarity(_normal(each.request, rules), now), each.index not in taken, -each.index) for each in likeliest
    ]
    score, _, number = max(scored)
    closest = cassette.interactions[-number]
    replayed = " (replayed already)" if closest.index in taken else ""
    lines = [
        f"closest is interaction #{closest.index + 1}{replayed}, {_percent(score)} of its fields equal; differs at:"
    ]
    found = differences(_normal(closest.request, rules), now)
    queries = query_of(closest.request.uri, rules), query_of(request.uri, rules)
    if queries[0] != queries[1]:
        found = [*differences({"?": dict(queries[0])}, {"?": dict(queries[1])}), *found]
    for each in found[:MOST_SHOWN]:
        lines += _shown(each)
    if len(found) > MOST_SHOWN:
        lines.append(f"  and at {len(found) - MOST_SHOWN} more places")
    paths = [each.path.replace("?.", "?", 1) for each in found if " of the recording" not in each.path]
    usable = len(paths) == len(found) <= 3 and isinstance(now, dict | list)
    dates = bool(found) and NORMALISERS["dates"](_normal(closest.request, rules)) == NORMALISERS["dates"](now)
    return lines, paths if usable else [], dates


def _percent(score: float) -> str:
    return f"{min(99, int(score * 100))}%"


def _normal(request: RecordedRequest, rules: Rules) -> Any:
    try:
        return normalised(body_of(request), rules)
    except RecursionError:
        return repr(request.body[:10_000])


def _shown(difference: Difference) -> list[str]:
    head = f"  {difference.path}" + (f"  {difference.note}" if difference.note else "")
    return [head, *(f"      {line}" for line in difference.lines)]


def _nothing_there(request: RecordedRequest, cassette: Cassette) -> list[str]:
    host, path = place_of(request.uri)
    there = dict.fromkeys(_where(each.request, host) for each in cassette.interactions)
    if not there:
        return ["the cassette holds no interaction"]
    shown = list(there)[:6]
    more = f" and {len(there) - 6} more" if len(there) > 6 else ""
    return [f"nothing recorded for {request.method.upper()} {path}; the cassette has: {', '.join(shown)}{more}"]


def _where(request: RecordedRequest, host: str) -> str:
    other, path = place_of(request.uri)
    return f"{request.method.upper()} {path if other == host else (other or 'loopback') + path}"
