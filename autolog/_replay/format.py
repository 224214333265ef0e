"""Reading and writing cassette files."""

from __future__ import annotations

import gzip
import json
import zlib
from dataclasses import replace
from pathlib import Path
from typing import Any

from autolog._replay.blobs import Blobs
from autolog._replay.cassette import Cassette, CassetteError
from autolog._replay.files import locked, write_bytes
from autolog._replay.foreign import foreign_cassette
from autolog._replay.read import Place, cassette_of
from autolog._replay.write import tree_of
from autolog._replay.yamltext import yaml_text

__all__ = ["CassetteError", "dump", "dump_with_blobs", "load", "loads", "save", "write"]

_GZIP = b"\x1f\x8b"


def load(path: str | Path) -> Cassette:
    """Read a cassette: ours (``format: llm-1``), vcrpy's YAML or JSON, ``parsed_body`` files, any of them gzipped.

    Raises ``FileNotFoundError`` without such a file, :class:`CassetteError` naming file and line for one that is not
    a cassette. Nothing in the file is executed: only plain YAML is read.
    """
    path = Path(path)
    content = path.read_bytes()
    if content.startswith(_GZIP):
        try:
            content = gzip.decompress(content)
        except (OSError, EOFError, zlib.error) as error:
            raise CassetteError(f"{path}: the gzip file is damaged: {error}") from None
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise CassetteError(f"{path}:{line}: not UTF-8: {error.reason}") from None
    return loads(text, path)


def loads(text: str, path: Path) -> Cassette:
    """Read a cassette from its text; ``path`` is named in errors, and blobs are read from beside it."""
    if not text.strip():
        raise CassetteError(f"{path}:1: the file is empty; delete it and record it again")
    if text.lstrip().startswith("{"):
        data = _json(text, path)
    else:
        from autolog._replay.yamlread import read_yaml  # PyYAML comes with vcrpy, which is an extra

        data = read_yaml(text, path)
    place = Place(path, 1)
    if isinstance(data, list):
        raise place.fail(data, "not a cassette: a list (vcrpy before 1.0 wrote such files; record it again)")
    if isinstance(data, dict) and "format" in data:
        return cassette_of(data, place)
    return foreign_cassette(data, place)


def _json(text: str, path: Path) -> Any:
    try:
        return json.loads(text)
    except RecursionError:
        raise CassetteError(f"{path}:1: nested too deeply") from None
    except json.JSONDecodeError as error:
        raise CassetteError(f"{path}:{error.lineno}: {error.msg}") from None


def dump_with_blobs(cassette: Cassette) -> tuple[str, Blobs]:
    """Give the text of a cassette and the blobs that belong beside it, by name."""
    tree, blobs = tree_of(cassette)
    return yaml_text(tree), blobs


def dump(cassette: Cassette) -> str:
    """Give the text of a cassette in our format; the same cassette gives the same bytes."""
    return dump_with_blobs(cassette)[0]


def write(text: str, blobs: Blobs, path: Path) -> None:
    """Write a cassette's text and blobs; the lock is the caller's. A file that would stay the same is not touched."""
    for name, content in blobs.items():
        if not (path.parent / name).is_file():
            write_bytes(path.parent / name, content)
    content = text.encode()
    if path.suffix == ".gz":
        content = gzip.compress(content, mtime=0)
    if not path.is_file() or path.read_bytes() != content:
        write_bytes(path, content)


def save(cassette: Cassette, path: str | Path | None = None) -> None:
    """Write a cassette and its blobs in our format, atomically and under a file lock; gzipped if named ``.gz``."""
    path = Path(path or cassette.path)
    text, blobs = dump_with_blobs(replace(cassette, path=path))
    with locked(path):
        write(text, blobs, path)
