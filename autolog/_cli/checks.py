"""What the doctor looks at in this process, its environment and its store."""

from __future__ import annotations

import os
import platform
import sys
from argparse import Namespace
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal
from urllib.parse import urlsplit

from autolog._cli.errors import CommandError
from autolog._cli.stores import chosen_store
from autolog._render.numbers import clock

if TYPE_CHECKING:
    from autolog._store import Store

__all__ = ["Finding", "environment", "otlp", "store", "version_of", "versions"]

State = Literal["ok", "note", "warn", "bad"]

_SHOWN_VERSIONS: Final = ("wrapt", "rich", "genai-prices", "pandas", "opentelemetry-sdk", "vcrpy")
_ENDPOINTS: Final = ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT")
# Set for our own tests and for OpenTelemetry and providers: told by name, because their values may be secrets.
_BY_NAME: Final = ("OTEL_", "OPENAI_", "AZURE_OPENAI_", "ANTHROPIC_")
_TEST_VARIABLES: Final = frozenset({"AUTOLOG_RAISE_ERRORS"})
_REACH_TIMEOUT_S: Final = 3.0
_DEFAULT_PORTS: Final = {"http": 80, "https": 443}


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at: ``bad`` must be mended, ``fix`` says how."""

    section: str
    subject: str
    state: State
    text: str
    fix: str | None = None


def version_of(distribution: str) -> str | None:
    """Give the installed version, ``None`` where there is none."""
    try:
        return metadata.version(distribution)
    except metadata.PackageNotFoundError:
        return None


def versions() -> Iterator[Finding]:
    """Look at autolog, Python and what autolog works with."""
    from autolog import __version__

    section = "versions"
    yield Finding(section, "autolog", "ok", f"{__version__} ({Path(__file__).parents[1]})")
    if version_of("autolog-genai") is None:
        yield Finding(
            section, "autolog-genai", "bad", "not installed as a distribution, so no integration is found",
            "pip install autolog-genai (or `pip install -e .` in a checkout)",
        )  # fmt: skip
    yield Finding(section, "python", "ok", f"{platform.python_version()} on {platform.platform()} ({sys.executable})")
    for name in _SHOWN_VERSIONS:
        version = version_of(name)
        yield Finding(section, name, "ok" if version else "note", version or "not installed")


def environment() -> Iterator[Finding]:
    """Look at the environment variables that set anything, and at those that look as if they should."""
    from autolog._settings import ENVIRONMENT, from_environment

    section = "settings"
    settings, complaints = from_environment()
    for complaint in complaints:
        yield Finding(section, complaint.partition("=")[0], "bad", complaint, "set it to what is named, or unset it")
    for name in sorted(os.environ):
        if name in ENVIRONMENT:
            if not any(c.startswith(f"{name}=") for c in complaints):
                yield Finding(section, name, "ok", os.environ[name] or "(empty)")
        elif name.startswith("AUTOLOG_") and name not in _TEST_VARIABLES:
            yield Finding(section, name, "warn", "is no setting of autolog", _nearest(name, list(ENVIRONMENT)))
        elif name.startswith(_BY_NAME):
            yield Finding(section, name, "note", "is set")
    if not settings.enabled:
        yield Finding(
            section, "tracing", "bad", "is turned off (AUTOLOG_TRACING_ENABLED or OTEL_SDK_DISABLED)",
            "unset both, or AUTOLOG_TRACING_ENABLED=true",
        )  # fmt: skip
    if settings.sample_rate == 0:
        yield Finding(section, "sampling", "bad", "keeps no trace (AUTOLOG_SAMPLE_RATE=0)", "AUTOLOG_SAMPLE_RATE=1")
    elif settings.sample_rate < 1:
        yield Finding(section, "sampling", "warn", f"keeps {settings.sample_rate:.2%} of the traces")
    if not settings.capture_content:
        yield Finding(section, "content", "note", "messages, arguments and documents are not kept")


def _nearest(name: str, known: list[str]) -> str:
    from difflib import get_close_matches

    near = get_close_matches(name, known, n=1)
    return f"{near[0]} is meant?" if near else f"there are: {', '.join(known)}"


def store(arguments: Namespace) -> Iterator[Finding]:
    """Look at the store: where it is, whether it can be read and written, what is in it."""
    from autolog._store import StoreError

    section = "store"
    try:
        chosen = chosen_store(arguments)
    except CommandError:
        yield Finding(section, "path", "note", "no store is set (AUTOLOG_STORE=none): traces go to exporters alone")
        return
    except StoreError as e:
        yield Finding(section, "path", "bad", str(e), "set AUTOLOG_STORE to the path of a file")
        return
    path = Path(chosen.path)
    folder = path.parent
    if not path.exists():
        if folder.is_dir() and os.access(folder, os.W_OK):
            yield Finding(section, "path", "note", f"{path} is not there yet: the first trace makes it")
        else:
            yield Finding(
                section,
                "path",
                "bad",
                f"{path} cannot be made: its folder is missing or not writable",
                f"mkdir -p {folder}, or set AUTOLOG_STORE to a file that can be written",
            )
        return
    yield Finding(section, "path", "ok", str(path))
    if not os.access(path, os.W_OK) or not os.access(folder, os.W_OK):
        yield Finding(
            section,
            "writable",
            "bad",
            "this user may not write it (SQLite writes the folder too)",
            f"chmod u+w {path} {folder}, or set AUTOLOG_STORE to another file",
        )
    yield from _content(section, chosen)


def _content(section: str, chosen: Store) -> Iterator[Finding]:
    from autolog._store import Query, StoreError
    from autolog._store.schema import MIGRATIONS

    try:
        with chosen:
            count = chosen.count(Query())
            newest = chosen.summaries(Query(max_results=1))
            spans = sum(row["calls"] for row in chosen.stats(by="span_type"))
    except StoreError as e:
        yield Finding(section, "readable", "bad", str(e), "move it away, or set AUTOLOG_STORE to another file")
        return
    size = sum(p.stat().st_size for end in ("", "-wal") if (p := Path(f"{chosen.path}{end}")).exists())
    yield Finding(section, "size", "ok", f"{size / 1e6:,.1f} MB, schema {len(MIGRATIONS)}")
    last = f", the newest of {clock(newest[0].start_time_ns)}: {newest[0].name}" if newest else ""
    yield Finding(section, "traces", "ok" if count else "note", f"{count:,} with {spans:,} spans{last}")


def otlp() -> Iterator[Finding]:
    """Look at where traces are sent over OTLP, and whether anybody listens there."""
    section = "OTLP export"
    variable = next((v for v in _ENDPOINTS if os.environ.get(v)), None)
    if variable is None:
        yield Finding(section, "endpoint", "note", "none is set (OTEL_EXPORTER_OTLP_ENDPOINT)")
        return
    if version_of("opentelemetry-exporter-otlp-proto-http") is None:
        yield Finding(
            section, "exporter", "bad", f"{variable} is set and the exporter is not installed",
            "pip install 'autolog-genai[otlp]'",
        )  # fmt: skip
    try:
        url = urlsplit(os.environ[variable])
        host, port = url.hostname, url.port or _DEFAULT_PORTS.get(url.scheme)
    except ValueError:
        host = port = None
    if not host or not port:
        yield Finding(section, "endpoint", "bad", f"{variable} is no URL", f"{variable}=http://localhost:4318")
        return
    # Not the whole URL: it may carry a key.
    problem = _unreachable(host, port)
    if problem is None:
        yield Finding(section, "endpoint", "ok", f"{host}:{port} answers")
    else:
        yield Finding(
            section, "endpoint", "bad", f"{host}:{port} cannot be reached: {problem}",
            f"start the backend, or set {variable} to where it listens",
        )  # fmt: skip


def _unreachable(host: str, port: int) -> str | None:
    import socket

    try:
        socket.create_connection((host, port), timeout=_REACH_TIMEOUT_S).close()
    except OSError as e:
        return e.strerror or str(e)
    return None
