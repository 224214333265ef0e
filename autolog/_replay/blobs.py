"""Large base64 texts and binary bodies, kept beside the cassette under the hash of what they hold."""

from __future__ import annotations

import base64
import binascii
import re
from hashlib import sha256
from pathlib import Path
from typing import Any, Final, cast

from autolog._replay.cassette import CassetteError

__all__ = ["Blobs", "blob_name", "read_blob", "with_blobs", "without_blobs"]

Blobs = dict[str, bytes]
"""Contents by name (``blobs/0123456789abcdef.png``)."""

MIN_BASE64: Final = 4096
MARK: Final = "$blob"
_NAME = re.compile(r"blobs/([0-9a-f]{16})\.[a-z0-9]{1,8}")
_BASE64 = re.compile(r"[A-Za-z0-9+/]{64,}={0,2}")
_DATA_URL = re.compile(r"data:([\w.+-]+/[\w.+-]+)?(?:;[\w=.+-]+)*;base64,")
_MAGIC: Final = (
    (b"\x89PNG", "png"),
    (b"\xff\xd8\xff", "jpg"),
    (b"GIF8", "gif"),
    (b"%PDF", "pdf"),
    (b"ID3", "mp3"),
    (b"\xff\xfb", "mp3"),
    (b"OggS", "ogg"),
    (b"fLaC", "flac"),
    (b"PK\x03\x04", "zip"),
    (b"RIFF", "wav"),
)


def blob_name(content: bytes) -> str:
    """Name a blob by its hash and by what it begins with."""
    kind = next((kind for magic, kind in _MAGIC if content.startswith(magic)), "bin")
    if kind == "wav" and content[8:12] == b"WEBP":
        kind = "webp"
    return f"blobs/{sha256(content).hexdigest()[:16]}.{kind}"


def keep(content: bytes, blobs: Blobs) -> str:
    """Add a blob and give its name."""
    name = blob_name(content)
    blobs[name] = content
    return name


def read_blob(name: object, folder: Path, place: str) -> bytes:
    """Read a blob from beside a cassette; raises :class:`CassetteError` where it is missing or was changed."""
    found = _NAME.fullmatch(name) if isinstance(name, str) else None
    if not found:
        raise CassetteError(f"{place}: {name!r} is no name of a blob (blobs/<16 hexadecimal digits>.<ext>)")
    file = folder / found[0]
    try:
        content = file.read_bytes()
    except OSError as error:
        raise CassetteError(f"{place}: the blob {file} cannot be read: {error.strerror}") from None
    if sha256(content).hexdigest()[:16] != found[1]:
        raise CassetteError(f"{place}: the blob {file} is not what was recorded: its hash is another")
    return content


def without_blobs(value: Any, blobs: Blobs, *, key: str = "") -> Any:
    """Give JSON with its large base64 texts replaced by references; embeddings stay where they are."""
    if isinstance(value, dict):
        return {k: without_blobs(v, blobs, key=k) for k, v in cast("dict[str, Any]", value).items()}
    if isinstance(value, list):
        return [without_blobs(item, blobs, key=key) for item in cast("list[Any]", value)]
    if not isinstance(value, str) or len(value) < MIN_BASE64 or key == "embedding":
        return value
    head = _DATA_URL.match(value)
    prefix = head[0] if head else ""
    content = _decoded(value[len(prefix) :])
    if content is None:
        return value
    reference = {MARK: keep(content, blobs)}
    return {**reference, "prefix": prefix} if prefix else reference


def _decoded(text: str) -> bytes | None:
    if not _BASE64.fullmatch(text):
        return None
    try:
        content = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return None
    return content if base64.b64encode(content).decode() == text else None


def with_blobs(value: Any, folder: Path, place: str) -> Any:
    """Give JSON with the references replaced by what they stand for."""
    if isinstance(value, dict):
        members = cast("dict[str, Any]", value)
        if MARK in members:
            prefix = members.get("prefix", "")
            if not isinstance(prefix, str) or set(members) - {MARK, "prefix"}:
                raise CassetteError(f"{place}: a reference to a blob is {{{MARK}: name}} with an optional prefix")
            return prefix + base64.b64encode(read_blob(members[MARK], folder, place)).decode()
        return {k: with_blobs(v, folder, place) for k, v in members.items()}
    if isinstance(value, list):
        return [with_blobs(item, folder, place) for item in cast("list[Any]", value)]
    return value
