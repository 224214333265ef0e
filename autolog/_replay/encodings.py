"""Content encodings undone: a cassette holds what a body says, not how it was packed."""

from __future__ import annotations

import zlib
from collections.abc import Callable
from importlib import import_module
from typing import Any

__all__ = ["decoder_for"]

Decode = Callable[[bytes], bytes]


def decoder_for(encoding: str | None) -> Decode | None:
    """Give a function that decodes piece by piece (give it ``b""`` at the end), ``None`` for what cannot be decoded.

    Knows gzip and deflate, and brotli and zstd where the packages that HTTP clients use for them are installed.
    """
    names = [name.strip().lower() for name in (encoding or "").split(",") if name.strip()]
    decoders: list[Decode] = []
    for name in reversed(names):
        if name == "identity":
            continue
        make = _MAKERS.get(name)
        decoder = make() if make else None
        if decoder is None:
            return None
        decoders.append(decoder)

    def decode(data: bytes) -> bytes:
        for step in decoders:
            data = step(data)
        return data

    return decode


def _gzip() -> Decode:
    stream = zlib.decompressobj(zlib.MAX_WBITS | 32)
    return lambda data: stream.decompress(data) if data else stream.flush()


def _deflate() -> Decode:
    state: list[Any] = []

    def decode(data: bytes) -> bytes:
        if not state:
            if not data:
                return b""
            # Some servers send raw deflate, without the header that the name promises.
            raw = data[0] & 0x0F != 8
            state.append(zlib.decompressobj(-zlib.MAX_WBITS if raw else zlib.MAX_WBITS))
        decoded: bytes = state[0].decompress(data) if data else state[0].flush()
        return decoded

    return decode


def _brotli() -> Decode | None:
    for name in ("brotli", "brotlicffi"):
        try:
            stream: Any = import_module(name).Decompressor()
        except ImportError:
            continue
        step = getattr(stream, "process", None) or stream.decompress
        return lambda data: step(data) if data else b""
    return None


def _zstd() -> Decode | None:
    try:
        stream: Any = import_module("compression.zstd").ZstdDecompressor()
    except ImportError:
        try:
            stream = import_module("zstandard").ZstdDecompressor().decompressobj()
        except ImportError:
            return None
    return lambda data: stream.decompress(data) if data else b""


_MAKERS: dict[str, Callable[[], Decode | None]] = {
    "gzip": _gzip,
    "x-gzip": _gzip,
    "deflate": _deflate,
    "br": _brotli,
    "zstd": _zstd,
}
