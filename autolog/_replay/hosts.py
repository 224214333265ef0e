"""Which hosts a replay has to do with: let through, dropped because they carry telemetry, or played."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final
from urllib.parse import urlsplit

from autolog._replay.cassette import RecordedRequest
from autolog._replay.nearmiss import VOCABULARIES
from autolog._replay.normalise import is_loopback

__all__ = ["Hosts", "host_of"]

# What reports on the program, and is no part of it. Each answers whatever is sent.
_TELEMETRY: Final = re.compile(
    r"(?:.*\.)?(?:smith\.langchain\.com|posthog\.com|traceloop\.com|langfuse\.com|sentry\.io|honeycomb\.io"
    r"|telemetry\.crewai\.com|app\.phoenix\.arize\.com|otlp\.arize\.com|logfire\.pydantic\.dev"
    r"|logfire-(?:us|eu)\.pydantic\.dev|segment\.io|mixpanel\.com|amplitude\.com|datadoghq\.(?:com|eu))",
    re.IGNORECASE,
)
_OTLP_PATHS: Final = ("/v1/traces", "/v1/metrics", "/v1/logs")


def host_of(uri: str) -> tuple[str, int | None]:
    """Give host and port of a URI; an empty host for what is none."""
    try:
        parts = urlsplit(uri)
        return (parts.hostname or "").lower(), parts.port or {"http": 80, "https": 443}.get(parts.scheme)
    except ValueError:
        return "", None


class Hosts:
    """The hosts that are let through: names, ``name:port``, or regular expressions over either."""

    def __init__(self, allowed: Iterable[str] = ()) -> None:
        if isinstance(allowed, str):
            raise ValueError(f"allow_hosts is a list: [{allowed!r}]")
        patterns: list[re.Pattern[str]] = []
        self._names = frozenset(name.lower() for name in allowed)
        for name in self._names:
            try:
                patterns.append(re.compile(name, re.IGNORECASE))
            except re.error as error:
                if not re.fullmatch(r"[\w.:-]+", name):
                    raise ValueError(f"allow_hosts: {name!r} is no regular expression: {error}") from None
        self._patterns = tuple(patterns)

    def allows(self, host: str, port: int | None) -> bool:
        """Whether calls to a host go through, unrecorded."""
        if not self._names:
            return False
        spelled = (host.lower(), f"{host.lower()}:{port}")
        return any(s in self._names for s in spelled) or any(p.fullmatch(s) for p in self._patterns for s in spelled)

    def drops(self, request: RecordedRequest) -> bool:
        """Whether a request is telemetry, answered at once and sent nowhere."""
        host, _ = host_of(request.uri)
        if _TELEMETRY.fullmatch(host):
            return True
        if not request.path.endswith(_OTLP_PATHS):
            return False
        kind = request.header("content-type") or ""
        return "protobuf" in kind or (is_loopback(host) and request.method.upper() == "POST")

    @staticmethod
    def is_telemetry(host: str) -> bool:
        """Whether a host collects telemetry."""
        return bool(_TELEMETRY.fullmatch(host))

    @staticmethod
    def is_vocabulary(request: RecordedRequest) -> bool:
        """Whether a request fetches a vocabulary or a model's files, which is no call to a model."""
        return bool(VOCABULARIES.fullmatch(host_of(request.uri)[0]))
