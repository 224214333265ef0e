"""What the commands over cassettes share: which files are meant, reading them, and their facts."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, date, datetime
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from autolog._cli import output
from autolog._cli.errors import NOTHING, USAGE, CommandError
from autolog._model import Usage

if TYPE_CHECKING:
    from autolog._pipeline.prices import Pricer
    from autolog._replay.cassette import Cassette
    from autolog._replay.dialogue import Exchange

__all__ = ["age_days", "cassettes_in", "cost_of", "exchanges", "facts", "find_files", "read_cassette", "recorded_on"]

_ENDINGS: Final = (".yaml", ".yml", ".json", ".yaml.gz", ".yml.gz", ".json.gz")
_MARK: Final = re.compile(rb"(?m)^interactions\s*:|\"interactions\"\s*:\s*\[")
_NOT_LOOKED_INTO: Final = frozenset({"node_modules", "site-packages", "__pycache__", "build", "dist", "venv", "blobs"})


def find_files(paths: Sequence[str]) -> list[Path]:
    """Give the files that are named, and all cassettes in the folders that are; without any, those of this folder.

    Raises ``CommandError`` for a path that does not exist, and where nothing is found.
    """
    found: dict[Path, None] = {}
    for name in paths or ["."]:
        path = Path(name)
        if path.is_dir():
            found |= dict.fromkeys(sorted(_below(path)))
        elif path.is_file():
            found[path] = None
        else:
            raise CommandError(f"there is no file or folder {name}")
    if not found:
        where = " ".join(paths) or "this folder"
        raise CommandError(f"no cassette in {where}: name the files, or the folder that holds them", code=NOTHING)
    return list(found)


def _below(folder: Path) -> Iterator[Path]:
    for parent, folders, names in os.walk(folder):
        folders[:] = [f for f in folders if not f.startswith(".") and f not in _NOT_LOOKED_INTO]
        for name in names:
            path = Path(parent, name)
            if name.lower().endswith(_ENDINGS) and _looks_like_one(path):
                yield path


def _looks_like_one(path: Path) -> bool:
    """Whether a file of a folder speaks of interactions at all: other YAML and JSON lies there too."""
    import gzip
    import zlib

    try:
        if path.suffix == ".gz":
            with gzip.open(path) as file:
                return bool(_MARK.search(file.read(1 << 16)))
        with path.open("rb") as file:
            return bool(_MARK.search(file.read(1 << 16)))
    except (OSError, EOFError, zlib.error):
        return path.suffix == ".gz"


def read_cassette(path: Path) -> Cassette:
    """Read a cassette. Raises ``CommandError`` saying what is wrong with it, or what to install."""
    try:
        from autolog._replay.cassette import CassetteError
        from autolog._replay.format import load
    except ModuleNotFoundError as e:
        raise CommandError(f"cassettes need {e.name}: pip install 'autolog-genai[replay]'") from e
    try:
        return load(path)
    except CassetteError as e:
        raise CommandError(str(e)) from e
    except ModuleNotFoundError as e:
        raise CommandError(f"cassettes need {e.name}: pip install 'autolog-genai[replay]'") from e
    except OSError as e:
        raise CommandError(f"{path} cannot be read: {e.strerror or e}") from e


def cassettes_in(paths: Sequence[str]) -> tuple[list[Cassette], int]:
    """Read all that are meant. One that cannot be read is said on standard error; the exit code tells of it."""
    found: list[Cassette] = []
    code = 0
    for path in find_files(paths):
        try:
            found.append(read_cassette(path))
        except CommandError as e:
            output.note(str(e))
            code = USAGE
    return found, code


def exchanges(cassette: Cassette) -> list[Exchange]:
    """Give what the interactions of a cassette say."""
    from autolog._replay.dialogue import exchange

    return [exchange(interaction) for interaction in cassette.interactions]


def cost_of(told: Exchange) -> float | None:
    """Give what a call cost in US dollars; ``None`` where nobody knows."""
    if told.usage is None or told.model is None:
        return None
    return _pricer().list_price(told.usage, told.model, _PROVIDERS.get(told.host))


@cache
def _pricer() -> Pricer:
    from autolog._pipeline.prices import Pricer

    return Pricer()


_PROVIDERS: Final = {"api.openai.com": "openai"}


def recorded_on(cassette: Cassette) -> date | None:
    """Give the day on which a cassette says that it was recorded."""
    for name in ("recorded_at", "recorded"):
        said = cassette.metadata.get(name)
        if isinstance(said, datetime):
            return said.date()
        if isinstance(said, date):
            return said
        if isinstance(said, str):
            try:
                return datetime.fromisoformat(said).date()
            except ValueError:
                continue
    return None


def age_days(cassette: Cassette) -> int | None:
    """Give how many days ago a cassette was recorded."""
    day = recorded_on(cassette)
    return None if day is None else max((datetime.now(UTC).date() - day).days, 0)


def total_usage(told: Iterable[Exchange]) -> Usage:
    """Add up the tokens."""
    return sum((one.usage for one in told if one.usage is not None), Usage())


def total_cost(told: Iterable[Exchange]) -> float | None:
    """Add up the known costs; ``None`` where none is known."""
    known = [cost for one in told if (cost := cost_of(one)) is not None]
    return sum(known) if known else None


def facts(cassette: Cassette) -> dict[str, Any]:
    """Give the facts of a cassette as plain values."""
    told = exchanges(cassette)
    day = recorded_on(cassette)
    return {
        "path": str(cassette.path),
        "format": cassette.format,
        "interactions": len(told),
        "models": sorted({one.model for one in told if one.model is not None}),
        "usage": total_usage(told).to_dict(),
        "cost": total_cost(told),
        "recorded": None if day is None else day.isoformat(),
        "age_days": age_days(cassette),
        "bytes": cassette.path.stat().st_size,
    }


def saved(cassette: Cassette, path: Path) -> None:
    """Write a cassette in our format, if nothing secret is in it. Raises ``CommandError`` naming the place."""
    from autolog._replay.cassette import CassetteError
    from autolog._replay.format import dump_with_blobs, save
    from autolog._replay.gate import SecretError, check
    from autolog._replay.scrub import scrub

    clean = cassette.with_interactions(tuple(scrub(interaction) for interaction in cassette.interactions))
    try:
        text, blobs = dump_with_blobs(clean)
        check(text, os.environ, path, blobs)
        save(clean, path)
    except SecretError as e:
        raise CommandError(str(e), code=NOTHING) from e
    except CassetteError as e:
        raise CommandError(str(e)) from e
    except OSError as e:
        raise CommandError(f"{path} cannot be written: {e.strerror or e}") from e
