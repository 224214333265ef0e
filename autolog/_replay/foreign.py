"""Cassettes that others wrote: vcrpy (version 1), pytest-recording, bodies under ``parsed_body``, parallel lists."""

from __future__ import annotations

import base64
import binascii
from contextlib import suppress
from dataclasses import replace
from typing import Any, cast

from autolog._replay.bodies import is_event_stream, plain, render_json, split_events
from autolog._replay.cassette import Cassette, Headers, Interaction, RecordedRequest, RecordedResponse
from autolog._replay.encodings import decoder_for
from autolog._replay.read import Place, headers_of, metadata_of, status_of
from autolog._replay.write import reason_of

__all__ = ["foreign_cassette"]

PACKING = frozenset(("content-encoding", "content-length", "transfer-encoding"))
"""Headers that say how a body was packed, which it no longer is."""


def foreign_cassette(data: Any, place: Place) -> Cassette:
    """Read a cassette of vcrpy's kind; raises :class:`CassetteError`."""
    members = place.mapping(data)
    version = members.get("version", 1)
    if version != 1:
        raise place.fail(data, f"version {version!r} of a cassette is not known here (version 1 is)")
    read: list[Interaction] = []
    for n, (request, response) in enumerate(_pairs(members, place)):
        here = place.at(request, f"interactions[{n}]")
        read.append(
            Interaction(
                _request(request, here.at(request, "request")),
                _response(response, here.at(response, "response")),
                n,
                here.line,
            )
        )
    return Cassette(place.path, tuple(read), metadata_of(members, place), format="vcr")


def _pairs(members: dict[str, Any], place: Place) -> list[tuple[Any, Any]]:
    if "interactions" not in members and "requests" in members and "responses" in members:
        requests, responses = members["requests"], members["responses"]
        if not isinstance(requests, list) or not isinstance(responses, list):
            raise place.fail(members, "requests and responses are lists")
        if len(cast("list[Any]", requests)) != len(cast("list[Any]", responses)):
            raise place.fail(members, "there are not as many responses as requests")
        return list(zip(cast("list[Any]", requests), cast("list[Any]", responses), strict=True))
    interactions = members.get("interactions")
    if not isinstance(interactions, list):
        raise place.fail(members, "not a cassette: there is no list of interactions")
    pairs: list[tuple[Any, Any]] = []
    for n, item in enumerate(cast("list[Any]", interactions)):
        both = place.at(item, f"interactions[{n}]").mapping(item, needs=("request", "response"))
        pairs.append((both["request"], both["response"]))
    return pairs


def _request(value: Any, place: Place) -> RecordedRequest:
    members = place.mapping(value, needs=("method", "uri"))
    headers, body = unpacked(headers_of(members, place), _body(members, place))
    return RecordedRequest(place.text(members, "method"), place.text(members, "uri"), headers, body)


def _response(value: Any, place: Place) -> RecordedResponse:
    members = place.mapping(value)
    if "status_code" in members:  # vcrpy before 6 on httpx
        code, reason = members["status_code"], ""
        body = _bytes(members.get("content"), members, place)
    else:
        status = place.at(None, "status").mapping(members.get("status"), needs=("code",))
        code, message = status["code"], status.get("message")
        reason = message if isinstance(message, str) else ""
        body = _body(members, place)
    code = status_of(code, members, place)
    headers, body = unpacked(headers_of(members, place), body)
    response = RecordedResponse(code, reason or reason_of(code), headers, body)
    if is_event_stream(response.header("content-type")):
        try:
            return replace(response, events=split_events(body.decode()))
        except UnicodeDecodeError:
            return response
    return response


def _body(members: dict[str, Any], place: Place) -> bytes:
    if "parsed_body" in members:
        parsed = members["parsed_body"]
        if parsed is None:
            return b""
        try:
            # A text here was text on the wire too, as far as the files show.
            return parsed.encode() if isinstance(parsed, str) else render_json(plain(parsed), None).encode()
        except ValueError as error:
            raise place.fail(members, f"parsed_body: {error}") from None
    body = members.get("body")
    if isinstance(body, dict):
        inner = cast("dict[str, Any]", body)
        if "base64_string" in inner:
            return _base64(inner["base64_string"], members, place)
        if "string" in inner or not inner:
            return _bytes(inner.get("string"), members, place)
    return _bytes(cast("Any", body), members, place)


def _base64(value: Any, members: Any, place: Place) -> bytes:
    try:
        return base64.b64decode(value)
    except (binascii.Error, TypeError, ValueError):
        raise place.fail(members, "base64_string is not base64") from None


def _bytes(value: Any, members: Any, place: Place) -> bytes:
    try:
        if value is None:
            return b""
        if isinstance(value, bytes):
            return value
        if isinstance(value, str):
            return value.encode()
        if isinstance(value, list) and all(isinstance(p, bytes | str) for p in cast("list[Any]", value)):
            return b"".join(p if isinstance(p, bytes) else p.encode() for p in cast("list[Any]", value))
        if isinstance(value, dict | list):
            return render_json(plain(value), None).encode()
    except (UnicodeEncodeError, ValueError) as error:
        raise place.fail(members, f"the body cannot be read: {error}") from None
    raise place.fail(members, f"a body is text, bytes or nothing, not {type(value).__name__}")


def unpacked(headers: Headers, body: bytes) -> tuple[Headers, bytes]:
    """Undo a content encoding; a body that was kept decoded under its old headers stays as it is."""
    encoding = next((", ".join(v) for k, v in headers.items() if k.lower() == "content-encoding"), None)
    if encoding is not None:
        decode = decoder_for(encoding)
        if decode is None:
            return headers, body
        with suppress(Exception):  # every decoder has errors of its own
            body = decode(body) + decode(b"")
    return {k: v for k, v in headers.items() if k.lower() not in PACKING}, body
