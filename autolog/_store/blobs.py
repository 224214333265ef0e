"""Images, audio and files out of payloads: each kept once as bytes, with a small marker in its place."""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, cast

SMALLEST: Final = 4096
"""Characters of base64 from which on it is taken out."""

MARKER: Final = "$blob"

_DATA_URL: Final = re.compile(r"data:([\w.+-]+/[\w.+-]+);base64,")
_BASE64: Final = re.compile(r"[A-Za-z0-9+/]+={0,2}")
_SAMPLE: Final = 2048
_KEYS: Final = frozenset({MARKER, "mime_type", "size"})
_MAGIC: Final = (
    (b"\x89PNG\r\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF8", "image/gif"),
    (b"%PDF-", "application/pdf"),
    (b"OggS", "audio/ogg"),
    (b"ID3", "audio/mpeg"),
    (b"fLaC", "audio/flac"),
)


@dataclass(frozen=True, slots=True)
class Blob:
    """Bytes that several payloads may share: ``sha`` is the hex SHA-256 of ``data``."""

    sha: str
    mime_type: str
    data: bytes


def externalise(value: Any) -> tuple[Any, list[Blob]]:
    """Give the value with long base64 text replaced by markers, and the blobs; the value itself is not changed.

    A marker is ``{"$blob": sha, "mime_type": type, "size": bytes}``, with ``"bare": true`` where the text was base64
    alone rather than a ``data:`` URL. Only text that :func:`inline` gives back letter by letter is taken.
    """
    found: list[Blob] = []
    try:
        return _out(value, found), found
    except RecursionError:
        return value, []


def inline(value: Any, get_blob: Callable[[str], bytes | None]) -> Any:
    """Give the value with its markers replaced by the text they stand for, where ``get_blob`` knows the bytes."""
    if isinstance(value, Mapping):
        items = cast("Mapping[str, Any]", value)
        if items.keys() >= _KEYS:
            sha = items[MARKER]
            data = get_blob(sha) if isinstance(sha, str) else None
            if data is not None:
                text = base64.b64encode(data).decode("ascii")
                return text if items.get("bare") else f"data:{items.get('mime_type')};base64,{text}"
        return {k: inline(v, get_blob) for k, v in items.items()}
    if isinstance(value, (list, tuple)):
        return [inline(v, get_blob) for v in cast("list[Any]", value)]
    return value


def _out(value: Any, found: list[Blob]) -> Any:
    if isinstance(value, str):
        return _take(value, found) if len(value) >= SMALLEST else value
    if isinstance(value, Mapping):
        items = cast("Mapping[str, Any]", value)
        changed = {k: new for k, v in items.items() if (new := _out(v, found)) is not v}
        return {**items, **changed} if changed else items
    if isinstance(value, (list, tuple)):
        members = cast("list[Any]", value)
        new_members = [_out(v, found) for v in members]
        return new_members if any(a is not b for a, b in zip(members, new_members, strict=True)) else members
    return value


def _take(text: str, found: list[Blob]) -> Any:
    url = _DATA_URL.match(text)
    body = text[url.end() :] if url else text
    if len(body) % 4 or not (url or _looks_encoded(body)) or not _BASE64.fullmatch(body):
        return text
    try:
        data = base64.b64decode(body, validate=True)
    except binascii.Error:
        return text
    if base64.b64encode(data).decode("ascii") != body:
        return text  # stray bits in the last group: the bytes would not give the same text again
    blob = Blob(hashlib.sha256(data).hexdigest(), url[1] if url else _sniff(data), data)
    found.append(blob)
    marker: dict[str, Any] = {MARKER: blob.sha, "mime_type": blob.mime_type, "size": len(data)}
    return marker if url else {**marker, "bare": True}


def _looks_encoded(body: str) -> bool:
    """Encoded bytes mix capitals, small letters and digits; a long word, a hex digest or "aaaa..." does not."""
    sample = body[:_SAMPLE]
    return sample != sample.upper() and sample != sample.lower() and any(c.isdigit() for c in sample)


def _sniff(data: bytes) -> str:
    if data[:4] == b"RIFF":
        return {b"WEBP": "image/webp", b"WAVE": "audio/wav"}.get(data[8:12], "application/octet-stream")
    return next((mime for magic, mime in _MAGIC if data.startswith(magic)), "application/octet-stream")
