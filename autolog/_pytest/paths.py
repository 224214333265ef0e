"""Which file is a test's cassette."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path
from typing import Final

import pytest

__all__ = ["cassette_path", "file_name"]

# What some file system or shell does not take in a name, and blanks.
_UNSAFE: Final = re.compile(r"[^\w\[\]()=+,.@~^-]+")
_LONGEST: Final = 100


def cassette_path(item: pytest.Item, given: str | None) -> Path:
    """Give the cassette of a test.

    By default ``cassettes/<module>/<test>.yaml`` beside the test's file; with the ini value ``llm_cassette_dir``
    ``<dir>/<path of the module>/<test>.yaml`` below the rootdir. A path that the marker gives is relative to
    ``cassettes`` or to that folder.
    """
    root = str(item.config.getini("llm_cassette_dir") or "").strip()
    folder = item.config.rootpath / root if root else item.path.parent / "cassettes"
    if given is not None:
        return folder / given
    module = item.path.stem
    if root and item.path.is_relative_to(item.config.rootpath):
        module = item.path.relative_to(item.config.rootpath).with_suffix("").as_posix()
    return folder / module / f"{file_name(_test_name(item))}.yaml"


def _test_name(item: pytest.Item) -> str:
    """The test's name with its classes: what follows the file in its node id."""
    parts: list[str] = [item.name]
    parent = item.parent
    while isinstance(parent, pytest.Class):
        parts.insert(0, parent.name)
        parent = parent.parent
    return ".".join(parts)


def file_name(test: str) -> str:
    """Make a file name of a test's name: readable, and with a hash where something was replaced or cut off."""
    name = _UNSAFE.sub("_", test)
    if name == test and len(name) <= _LONGEST:
        return name
    digest = hashlib.sha256(test.encode()).hexdigest()[:8]
    return f"{name[:_LONGEST].rstrip('_.[')}-{digest}"
