"""Records the cassettes of ``cassettes/langchain`` again: ``python cassettes/recorder/record_langchain.py [NAME ...]``.

Runs the programs of ``examples/langchain_*.py`` against small real models on loopback. Needs what the examples import
and ``autolog-genai[replay]``.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path
from urllib.parse import urlsplit

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parents[1] / "tests")]

from scenarios_langchain import BASE_URL, SCENARIOS, Scenario, find  # noqa: E402
from server import CACHE, server_version, servers  # noqa: E402

import autolog  # noqa: E402
from autolog._replay.cassette import Interaction  # noqa: E402
from autolog._replay.format import load, save  # noqa: E402

PACKAGES = ("openai", "langchain-core", "langchain-openai", "langchain", "langgraph")


def _at_base_url(interaction: Interaction) -> Interaction:
    """The same at the address that the example knows, whatever port the server had."""
    where, address = urlsplit(interaction.request.uri), urlsplit(BASE_URL)
    uri = where._replace(scheme=address.scheme, netloc=address.netloc).geturl()
    return replace(interaction, request=replace(interaction.request, uri=uri))


def record(scenario: Scenario, ports: dict[str, int]) -> str:
    """Runs an example against the servers and replaces its cassette; gives the example's answer."""
    with tempfile.TemporaryDirectory() as folder:
        new = Path(folder) / scenario.cassette.name
        with autolog.replay(new, mode="all"):
            answer = scenario.run(
                chat_url=f"http://127.0.0.1:{ports['chat']}/v1", embed_url=f"http://127.0.0.1:{ports['embed']}/v1"
            )
        cassette = load(new)
    metadata = {"source": "recorded", "scenario": f"examples/langchain_{scenario.name}.py", **cassette.metadata}
    metadata |= {package: version(package) for package in PACKAGES}
    metadata["server"] = server_version()
    scenario.cassette.parent.mkdir(exist_ok=True)
    save(
        replace(cassette, metadata=metadata, interactions=tuple(_at_base_url(each) for each in cassette.interactions)),
        scenario.cassette,
    )
    return answer


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", metavar="NAME", help="which to record (default: all)")
    parser.add_argument("--cache", type=Path, default=CACHE, help="folder of the server's environment and models")
    options = parser.parse_args()
    try:
        chosen = [find(name) for name in options.names] or list(SCENARIOS)
    except KeyError as unknown:
        parser.error(unknown.args[0])
    with servers(options.cache) as ports:
        for scenario in chosen:
            start = time.monotonic()
            answer = record(scenario, ports)
            print(f"{time.monotonic() - start:6.1f} s  {scenario.cassette.name}: {answer!r}", flush=True)


if __name__ == "__main__":
    main()
