"""Records the cassettes of ``cassettes/openai`` again: ``python cassettes/recorder/record.py [SCENARIO ...]``.

Without names all recorded scenarios are run against a small real model on loopback, each into its own file, by
``autolog.replay``. Needs openai 3 and ``autolog-genai[replay]``.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
CASSETTES = HERE.parent
sys.path[:0] = [str(HERE), str(CASSETTES.parent / "tests")]

import openai  # noqa: E402
from keeping import keep  # noqa: E402
from scenarios import BASE_URL, SCENARIOS, Scenario, client_for, find  # noqa: E402
from server import CACHE, servers  # noqa: E402

import autolog  # noqa: E402


def _client(scenario: Scenario, ports: dict[str, int]) -> openai.OpenAI:
    """A client of both servers: the scenario knows one base URL, the path says which server answers."""

    def route(request: Any) -> None:
        kind = "embed" if request.url.path.endswith("/embeddings") else "chat"
        request.url = request.url.copy_with(host="127.0.0.1", port=ports[kind])

    return client_for(scenario, http_client=openai.DefaultHttpxClient(event_hooks={"request": [route]}), timeout=120)


def record(scenario: Scenario, ports: dict[str, int]) -> Path:
    """Runs a scenario against the servers and replaces its cassette, if the scenario came to its end."""
    target = CASSETTES / f"{scenario.cassette}.yaml"
    with tempfile.TemporaryDirectory() as folder:
        new = Path(folder) / target.name
        with autolog.replay(new, mode="all", record_errors=True), _client(scenario, ports) as client:
            scenario.run(client)
        keep(new, target, base_url=BASE_URL, scenario=scenario.name, packages=["openai"])
    return target


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", metavar="SCENARIO", help="which to record (default: all)")
    parser.add_argument("--cache", type=Path, default=CACHE, help="folder of the server's environment and models")
    options = parser.parse_args()
    try:
        chosen = [find(name) for name in options.names] or list(SCENARIOS)
    except KeyError as unknown:
        parser.error(unknown.args[0])
    # A scenario that reads another one's traffic in another way has no cassette of its own.
    own = [s for s in chosen if not s.handwritten and s.cassette.endswith(f"/{s.name}")]
    if not own:
        parser.error("nothing to record: these scenarios are hand-written or read another scenario's cassette")
    with servers(options.cache) as ports:
        for scenario in own:
            start = time.monotonic()
            target = record(scenario, ports)
            print(f"{time.monotonic() - start:6.1f} s  {target.relative_to(CASSETTES)}", flush=True)


if __name__ == "__main__":
    main()
