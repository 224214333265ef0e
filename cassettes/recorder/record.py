"""Records the cassettes of ``cassettes/openai`` again: ``python cassettes/recorder/record.py [SCENARIO ...]``.

Without names all recorded scenarios are run against a small real model on loopback, each into its own file; needs
openai 3, vcrpy and packaging, nothing of autolog. ``--tidy FILE ...`` only lays out files that were edited by hand.
"""

from __future__ import annotations

import argparse
import datetime
import sys
import time
from importlib.metadata import version
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
CASSETTES = HERE.parent
sys.path[:0] = [str(HERE), str(CASSETTES.parent / "tests")]

import layout  # noqa: E402
import openai  # noqa: E402
import vcr  # noqa: E402
from scenarios import BASE_URL, SCENARIOS, Scenario, client_for, find  # noqa: E402
from server import CACHE, server_version, servers  # noqa: E402
from vcr.request import Request  # noqa: E402

REQUEST_HEADERS = {"content-type"}
RESPONSE_HEADERS = {"content-type", "retry-after"}


def _request(request: Request) -> Request:
    headers = {name.lower(): value for name, value in request.headers.items() if name.lower() in REQUEST_HEADERS}
    path = request.uri.partition("/v1/")[2]
    return Request(request.method, f"{BASE_URL}/{path}", request.body, headers)


def _response(response: dict[str, Any]) -> dict[str, Any]:
    kept = {name.lower(): list(v) for name, v in response["headers"].items() if name.lower() in RESPONSE_HEADERS}
    return {**response, "headers": kept}


def _client(scenario: Scenario, ports: dict[str, int]) -> openai.OpenAI:
    """A client of both servers: the scenario knows one base URL, the path says which server answers."""

    def route(request: Any) -> None:
        kind = "embed" if request.url.path.endswith("/embeddings") else "chat"
        request.url = request.url.copy_with(host="127.0.0.1", port=ports[kind])

    return client_for(scenario, http_client=openai.DefaultHttpxClient(event_hooks={"request": [route]}), timeout=120)


def record(scenario: Scenario, ports: dict[str, int]) -> Path:
    """Runs a scenario against the servers and replaces its cassette, if the scenario came to its end."""
    target = CASSETTES / f"{scenario.cassette}.yaml"
    part = target.with_suffix(".part")
    part.unlink(missing_ok=True)
    recorder = vcr.VCR(before_record_request=_request, before_record_response=_response)
    recorder.register_serializer("layout", layout)
    with recorder.use_cassette(
        str(part), serializer="layout", record_mode="all", record_on_exception=False, decode_compressed_response=True
    ) as tape:
        tape.get_metadata("source", "recorded")
        tape.get_metadata("scenario", scenario.name)
        tape.get_metadata("recorded_at", datetime.datetime.now(datetime.UTC).date().isoformat())
        tape.get_metadata("openai", version("openai"))
        tape.get_metadata("server", server_version())
        with _client(scenario, ports) as client:
            scenario.run(client)
    return part.replace(target)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", metavar="SCENARIO", help="which to record (default: all)")
    parser.add_argument("--cache", type=Path, default=CACHE, help="folder of the server's environment and models")
    parser.add_argument("--tidy", action="store_true", help="take NAMES as files and only lay them out")
    options = parser.parse_args()
    if options.tidy:
        for name in options.names:
            print(f"{'laid out' if layout.tidy(Path(name)) else 'unchanged':9} {name}")
        return
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
