"""Records the cassettes of the frameworks again: ``python cassettes/recorder/record_frameworks.py [FRAMEWORK/NAME ...]``.

Runs the programs of ``examples/langchain_*.py`` and ``examples/llama_index_*.py`` against small real models on loopback.
Needs what the chosen examples import and ``autolog-genai[replay]``.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parents[1] / "tests")]

from keeping import keep  # noqa: E402
from scenarios_frameworks import BASE_URL, LANGCHAIN, LLAMA_INDEX, Scenario, find  # noqa: E402
from server import CACHE, servers  # noqa: E402

import autolog  # noqa: E402

PACKAGES = {
    "langchain": ("openai", "langchain-core", "langchain-openai", "langchain", "langgraph"),
    "llama_index": ("openai", "llama-index-core"),
}


def record(scenario: Scenario, ports: dict[str, int]) -> str:
    """Runs an example against the servers and replaces its cassette; gives the example's answer."""
    with tempfile.TemporaryDirectory() as folder:
        new = Path(folder) / scenario.cassette.name
        with autolog.replay(new, mode="all"):
            answer = scenario.run(
                chat_url=f"http://127.0.0.1:{ports['chat']}/v1", embed_url=f"http://127.0.0.1:{ports['embed']}/v1"
            )
        made_by = f"examples/{scenario.example.name}"
        packages = PACKAGES[scenario.framework]
        keep(new, scenario.cassette, base_url=BASE_URL, scenario=made_by, packages=packages)
    return answer


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", metavar="FRAMEWORK/NAME", help="which to record (default: all)")
    parser.add_argument("--cache", type=Path, default=CACHE, help="folder of the server's environment and models")
    options = parser.parse_args()
    try:
        chosen = [find(name) for name in options.names] or [*LANGCHAIN, *LLAMA_INDEX]
    except KeyError as unknown:
        parser.error(unknown.args[0])
    with servers(options.cache) as ports:
        for scenario in chosen:
            start = time.monotonic()
            answer = record(scenario, ports)
            print(f"{time.monotonic() - start:6.1f} s  {scenario.path}: {answer!r}", flush=True)


if __name__ == "__main__":
    main()
