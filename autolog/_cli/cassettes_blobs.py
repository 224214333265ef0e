"""Blobs that no cassette refers to any more: what is left of interactions that were dropped or recorded again."""

from __future__ import annotations

import gzip
import re
import zlib
from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Final

__all__ = ["delete", "orphans"]

_NAME: Final = re.compile(rb"blobs/([0-9a-f]{16}\.[a-z0-9]{1,8})")
_BLOB: Final = re.compile(r"[0-9a-f]{16}\.[a-z0-9]{1,8}")
_FOLDER: Final = "blobs"


def orphans(cassettes: Iterable[Path], changed: Mapping[Path, bytes]) -> list[Path]:
    """Give the blobs beside these cassettes that no file beside them names.

    ``changed`` are the texts that files are to have. Every file of the folder is looked through, whether it was named,
    is a cassette or can be read at all: a blob that anything speaks of stays.
    """
    found: list[Path] = []
    for folder in dict.fromkeys(path.parent for path in cassettes):
        blobs = folder / _FOLDER
        if not blobs.is_dir():
            continue
        named: set[str] = set()
        for file in folder.iterdir():
            if file.is_file():
                named.update(name.decode() for name in _NAME.findall(changed.get(file) or _content(file)))
        found += sorted(blob for blob in blobs.iterdir() if _BLOB.fullmatch(blob.name) and blob.name not in named)
    return found


def _content(file: Path) -> bytes:
    content = file.read_bytes()
    if content.startswith(b"\x1f\x8b"):
        with suppress(OSError, EOFError, zlib.error):
            return gzip.decompress(content)
    return content


def delete(blobs: Iterable[Path]) -> None:
    """Delete blobs, and the folders that this leaves empty."""
    for blob in blobs:
        blob.unlink(missing_ok=True)
        with suppress(OSError):  # others are in it
            blob.parent.rmdir()
