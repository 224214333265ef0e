"""``autolog replay-proxy``: a cassette as an OpenAI-compatible server, alone or around a command."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from argparse import Namespace
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from autolog._cli import output
from autolog._cli.errors import USAGE, CommandError

if TYPE_CHECKING:
    from autolog._replay.proxy import Proxy

__all__ = ["run"]

FINE: Final = 0
AMISS: Final = 1


def run(arguments: Namespace) -> int:
    """Serve until the command ends, or until this is interrupted; then say what was amiss."""
    from autolog._replay.cassette import CassetteError
    from autolog._replay.gate import SecretError
    from autolog._replay.proxy import proxying

    upstream = _upstream(arguments)
    try:
        with proxying(
            Path(arguments.cassette),
            port=arguments.port,
            ignore=arguments.ignore,
            repeats=arguments.repeats,
            timing=arguments.timing,
            upstream=upstream,
        ) as proxy:
            code = _around(proxy, arguments)
    except FileNotFoundError as e:
        raise CommandError(f"there is no cassette {arguments.cassette} (--record --upstream URL makes one)") from e
    except CassetteError as e:
        raise CommandError(str(e)) from e
    except SecretError as e:
        raise CommandError(str(e), code=AMISS) from e
    except OSError as e:
        raise CommandError(f"port {arguments.port} cannot be used: {e.strerror or e}") from e
    return _judged(proxy, code, unused="ignore" if upstream else arguments.unused)


def _upstream(arguments: Namespace) -> str | None:
    address: str | None = arguments.upstream
    if not arguments.record:
        if address is not None:
            raise CommandError("--upstream is for recording: add --record, or leave it out")
        return None
    if address is None or not address.startswith(("http://", "https://")):
        raise CommandError("--record needs --upstream URL, as --upstream https://api.openai.com/v1")
    return address.rstrip("/")


def _around(proxy: Proxy, arguments: Namespace) -> int:
    if arguments.program:
        try:
            return subprocess.run(arguments.program, env=_environment(proxy), check=False).returncode  # noqa: S603
        except OSError as e:
            raise CommandError(f"{arguments.program[0]} cannot be run: {e.strerror or e}", code=USAGE) from e
    if arguments.json:
        said: dict[str, Any] = {"base_url": proxy.base_url, "pid": os.getpid(), "cassette": str(arguments.cassette)}
        sys.stdout.write(output.json_text(said) + "\n")
    else:
        sys.stdout.write(f"OPENAI_BASE_URL={proxy.base_url}\n")
    # Whoever started this reads the address from a pipe before anything else happens.
    sys.stdout.flush()
    _wait_for_the_end()
    return FINE


def _environment(proxy: Proxy) -> Mapping[str, str]:
    near = ",".join(filter(None, (os.environ.get("NO_PROXY"), "127.0.0.1")))
    return {
        **os.environ,
        "OPENAI_BASE_URL": proxy.base_url,
        "OPENAI_API_BASE": proxy.base_url,
        "AZURE_OPENAI_ENDPOINT": proxy.origin,
        # Clients do not start without one.
        "OPENAI_API_KEY": os.environ.get("OPENAI_API_KEY") or "replayed",
        "NO_PROXY": near,
        "no_proxy": near,
    }


def _wait_for_the_end() -> None:
    ended = threading.Event()

    def end(_number: int, _frame: object) -> None:
        ended.set()

    before = {number: signal.signal(number, end) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        ended.wait()
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _judged(proxy: Proxy, code: int, *, unused: str) -> int:
    """Say what was amiss, and give the exit code: the command's own one where it failed by itself."""
    from autolog._replay.proxy import unused_text

    for note in proxy.notes:
        output.note(note)
    for miss in proxy.misses:
        output.note(miss)
    amiss = bool(proxy.misses)
    if proxy.unused and unused != "ignore":
        output.note(unused_text(proxy))
        amiss = amiss or unused == "error"
    return code or (AMISS if amiss else FINE)
