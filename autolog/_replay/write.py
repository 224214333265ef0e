"""A cassette as the mapping that is written to its file."""

from __future__ import annotations

import base64
from http import HTTPStatus
from typing import Any, Final, cast

from autolog._replay.blobs import MARK, Blobs, keep, without_blobs
from autolog._replay.bodies import DEFAULT_STYLE, is_event_stream, parse_json, split_events, style_of
from autolog._replay.cassette import Cassette, Headers, Interaction, RecordedRequest, RecordedResponse
from autolog._replay.events import events_tree
from autolog._replay.yamltext import MAX_KEY

__all__ = ["FORMAT", "VERSION", "tree_of"]

FORMAT: Final = "llm-1"
VERSION: Final = 1
# Of what a file may hold in all; the rest is for the members around a body.
MAX_BODY_DEPTH: Final = 150
SMALL_BINARY: Final = 64


def tree_of(cassette: Cassette) -> tuple[dict[str, Any], Blobs]:
    """Give what stands in the file, and the blobs beside it."""
    blobs: Blobs = {}
    tree: dict[str, Any] = {"version": VERSION, "format": FORMAT}
    if cassette.metadata:
        tree["metadata"] = dict(cassette.metadata)
    tree["interactions"] = [_interaction(each, blobs) for each in cassette.interactions]
    return tree, blobs


def _interaction(interaction: Interaction, blobs: Blobs) -> dict[str, Any]:
    return {"request": _request(interaction.request, blobs), "response": _response(interaction.response, blobs)}


def _headers(headers: Headers) -> dict[str, Any]:
    if not headers:
        return {}
    return {"headers": {name: list(v) if len(v) != 1 else v[0] for name, v in headers.items()}}


def _request(request: RecordedRequest, blobs: Blobs) -> dict[str, Any]:
    head = {"method": request.method, "uri": request.uri, **_headers(request.headers)}
    return {**head, **_body(request.body, blobs)}


def reason_of(status: int) -> str:
    """The usual phrase of a status, empty for one that has none."""
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return ""


def _response(response: RecordedResponse, blobs: Blobs) -> dict[str, Any]:
    tree: dict[str, Any] = {"status": response.status}
    if response.reason not in ("", reason_of(response.status)):
        tree["reason"] = response.reason
    tree |= _headers(response.headers)
    if response.after_ms:
        tree["after_ms"] = response.after_ms
    events = response.events
    if events is None and response.body and is_event_stream(response.header("content-type")):
        events = _split(response.body)
    if events is not None:
        tree["sse"] = events_tree(events, storable)
    else:
        tree |= _body(response.body, blobs)
        if response.chunks:
            tree["chunks"] = [[chunk.after_ms, chunk.size] for chunk in response.chunks]
    if response.truncated:
        tree["truncated"] = True
    if response.error is not None:
        tree["error"] = {"type": response.error.type, "message": response.error.message}
    return tree


def _split(body: bytes) -> Any:
    try:
        return split_events(body.decode())
    except UnicodeDecodeError:
        return None


def _body(body: bytes, blobs: Blobs) -> dict[str, Any]:
    if not body:
        return {}
    try:
        text = body.decode()
    except UnicodeDecodeError:
        if len(body) <= SMALL_BINARY:
            return {"base64": base64.b64encode(body).decode()}
        return {"blob": keep(body, blobs)}
    if text.lstrip()[:1] in ("{", "["):
        try:
            value = parse_json(text)
        except ValueError:
            return {"text": text}
        if storable(value):
            style = style_of(value, text)
            kept = without_blobs(value, blobs)
            return {"json": kept} if style in (None, DEFAULT_STYLE) else {"json": kept, "style": style}
    return {"text": text}


def storable(value: Any, depth: int = 0) -> bool:
    """Whether JSON can stand in the file as data: not too deep, no key that YAML cannot read, none of ours."""
    if depth > MAX_BODY_DEPTH:
        return False
    if isinstance(value, dict):
        members = cast("dict[str, Any]", value)
        if MARK in members or any(len(key) > MAX_KEY for key in members):
            return False
        return all(storable(item, depth + 1) for item in members.values())
    if isinstance(value, list):
        return all(storable(item, depth + 1) for item in cast("list[Any]", value))
    return True
