"""What is left out before a cassette is written: headers but a few, account ids, keys in URLs and in fields."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any, Final, cast
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from autolog._replay.bodies import event_of, render_json, style_of
from autolog._replay.cassette import Headers, Interaction, RecordedRequest, RecordedResponse, SseEvent
from autolog._replay.gate import Finding, SecretError, check, gate

__all__ = [
    "SECRET_FIELDS",
    "SECRET_QUERY",
    "Finding",
    "SecretError",
    "check",
    "gate",
    "kept_headers",
    "scrub",
    "scrub_text",
    "scrub_uri",
]

REQUEST_HEADERS: Final = frozenset(("content-type", "openai-beta", "anthropic-version", "anthropic-beta"))
RESPONSE_HEADERS: Final = frozenset(("content-type", "retry-after", "retry-after-ms"))
SECRET_QUERY: Final = frozenset(
    (
        "key",
        "api_key",
        "api-key",
        "apikey",
        "token",
        "access_token",
        "sig",
        "signature",
        "client_secret",
        "code",
        "x-amz-signature",
        "x-amz-credential",
        "x-amz-security-token",
        "x-goog-signature",
        "x-goog-credential",
    )
)
SECRET_FIELDS: Final = frozenset(
    (
        "authorization",
        "api_key",
        "api-key",
        "apikey",
        "x-api-key",
        "access_token",
        "refresh_token",
        "id_token",
        "client_secret",
        "password",
        "private_key",
        "cookie",
        "set-cookie",
        "proxy-authorization",
    )
)
"""Members of JSON whose text is not written. ``token`` is not one: a log probability has it."""

REDACTED: Final = "REDACTED"
_ACCOUNT = re.compile(r"\b(org-|proj_|req_)(?!redacted\b)(?=[A-Za-z]*\d|[a-z]*[A-Z])[A-Za-z0-9]{8,}\b")


def scrub_text(text: str) -> str:
    """Replace ids of organisations, projects and requests."""
    return _ACCOUNT.sub(r"\1redacted", text) if "org-" in text or "proj_" in text or "req_" in text else text


def kept_headers(headers: Mapping[str, Iterable[str]], allowed: Iterable[str]) -> Headers:
    """Give the headers that are kept, by their names in small letters, in a fixed order."""
    lower = {name.lower(): tuple(values) for name, values in headers.items()}
    return {name: lower[name] for name in sorted(allowed) if name in lower}


def scrub_uri(uri: str) -> str:
    """Take user and password out of a URI, and the values of parameters that are keys."""
    try:
        parts = urlsplit(uri)
    except ValueError:
        return uri
    query = parts.query
    pairs = parse_qsl(query, keep_blank_values=True)
    if any(name.lower() in SECRET_QUERY for name, _ in pairs):
        query = urlencode([(k, REDACTED if k.lower() in SECRET_QUERY else v) for k, v in pairs])
    return scrub_text(urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2], query=query)))


def scrub_json(value: Any, key: str = "") -> Any:
    """Give JSON without secrets in fields named for them and without account ids; the same object where it has none."""
    if isinstance(value, str):
        return REDACTED if key.lower() in SECRET_FIELDS and value else scrub_text(value)
    if isinstance(value, dict):
        members = cast("dict[str, Any]", value)
        made = {k: scrub_json(v, k) for k, v in members.items()}
        return made if any(made[k] is not v for k, v in members.items()) else members
    if isinstance(value, list):
        items = cast("list[Any]", value)
        listed = [scrub_json(item, key) for item in items]
        return listed if any(a is not b for a, b in zip(listed, items, strict=True)) else items
    return value


def _scrub_json_text(text: str) -> str | None:
    """The text of JSON scrubbed in its own style, ``None`` where it is no JSON object or list."""
    from autolog._replay.bodies import parse_json

    if text.lstrip()[:1] not in ("{", "["):
        return None
    try:
        value = parse_json(text)
        scrubbed = scrub_json(value)
    except (ValueError, RecursionError):
        return None
    return text if scrubbed is value else render_json(scrubbed, style_of(value, text))


def _scrub_body(body: bytes) -> bytes:
    try:
        text = body.decode()
    except UnicodeDecodeError:
        return body
    scrubbed = _scrub_json_text(text)
    return (scrub_text(text) if scrubbed is None else scrubbed).encode()


def _scrub_event(event: SseEvent) -> SseEvent:
    if event.raw is not None:
        raw = scrub_text(event.raw)
        return event if raw == event.raw else event_of(raw, event.after_ms)
    data = _scrub_json_text(event.data)
    data = scrub_text(event.data) if data is None else data
    return event if data == event.data else replace(event, data=data)


def _scrub_response(response: RecordedResponse) -> RecordedResponse:
    allowed = RESPONSE_HEADERS | {"location"} if 300 <= response.status < 400 else RESPONSE_HEADERS
    headers = kept_headers(response.headers, allowed)
    if response.events is not None:
        return replace(response, headers=headers, events=tuple(map(_scrub_event, response.events)), body=b"")
    body = _scrub_body(response.body)
    return replace(response, headers=headers, body=body, chunks=response.chunks if body == response.body else None)


def scrub(interaction: Interaction) -> Interaction:
    """Give an interaction as it may be written."""
    request = interaction.request
    return replace(
        interaction,
        request=RecordedRequest(
            request.method,
            scrub_uri(request.uri),
            kept_headers(request.headers, REQUEST_HEADERS),
            _scrub_body(request.body),
        ),
        response=_scrub_response(interaction.response),
    )
