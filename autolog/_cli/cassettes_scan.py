"""``autolog cassettes scan``: keys, cookies and account names in files that are committed."""

from __future__ import annotations

import os
import re
from argparse import Namespace
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from autolog._cli import output
from autolog._cli.cassettes import find_files, read_cassette
from autolog._cli.errors import USAGE, CommandError
from autolog._replay.cassette import Headers

__all__ = ["run"]

CLEAN: Final = 0
DIRTY: Final = 1

_REDIRECT: Final = frozenset({"location"})
_BLOB: Final = re.compile(r"blobs/[0-9a-f]{16}\.[a-z0-9]{1,8}")


def run(arguments: Namespace) -> int:
    """Look through cassettes; the place of what is found is named, its value never."""
    found: list[dict[str, Any]] = []
    code = CLEAN
    files = find_files(arguments.paths)
    for path in files:
        try:
            found += _findings(path)
        except CommandError as e:
            output.note(str(e))
            code = USAGE
    if arguments.json:
        output.print_json(found)
    else:
        charset = output.charset()
        output.emit(
            [(charset.one_line(row["path"]), "bold"), (f" {charset.one_line(row['place'])}", "yellow"),
             (f"  {charset.one_line(row['what'])}", "red")]
            for row in found
        )  # fmt: skip
        count = f"{len(files):,} file{'s' * (len(files) != 1)}"
        things = (
            f"{len(found)} thing{'s' * (len(found) != 1)} that should not be committed" if found else "nothing found"
        )
        output.note(f"{count}: {things}")
    return code or (DIRTY if found else CLEAN)


def _findings(path: Path) -> Iterator[dict[str, Any]]:
    from autolog._replay.format import dump
    from autolog._replay.gate import Finding, gate, gate_bytes
    from autolog._replay.scrub import REQUEST_HEADERS, RESPONSE_HEADERS

    cassette = read_cassette(path)
    found = gate(_text(path), os.environ)
    if cassette.format != "llm-1":
        # Bodies that are packed or encoded in the file show what is in them only when they are read.
        known = {finding.what for finding in found}
        for finding in gate(dump(cassette), os.environ):
            if finding.what not in known:
                found.append(Finding(finding.place.partition(" (line")[0], finding.what))
    for name, content in _blobs_of(path).items():
        found += gate_bytes(content, os.environ, name)
    for finding in found:
        yield {"path": str(path), "place": finding.place, "what": finding.what}
    for interaction in cassette.interactions:
        for side, headers, allowed in (
            ("request", interaction.request.headers, REQUEST_HEADERS),
            ("response", interaction.response.headers, RESPONSE_HEADERS | _REDIRECT),
        ):
            for name in _outside(headers, allowed):
                place = f"interaction #{interaction.index + 1} {side} header {name}"
                yield {"path": str(path), "place": place, "what": "a header that is not kept on recording"}


def _blobs_of(path: Path) -> dict[str, bytes]:
    """Give the blobs that a cassette names."""
    names = set(_BLOB.findall(_text(path)))
    return {name: (path.parent / name).read_bytes() for name in sorted(names) if (path.parent / name).is_file()}


def _outside(headers: Headers, allowed: frozenset[str]) -> list[str]:
    return [name for name in headers if name.lower() not in allowed]


def _text(path: Path) -> str:
    import gzip

    content = path.read_bytes()
    if content.startswith(b"\x1f\x8b"):
        content = gzip.decompress(content)
    return content.decode("utf-8", "replace")
