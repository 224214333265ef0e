"""The recorded LangChain programs: each is an example, and the cassette that holds its traffic."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType

__all__ = ["BASE_URL", "SCENARIOS", "Scenario", "find"]

ROOT = Path(__file__).resolve().parents[1]
BASE_URL = "http://model.test/v1"


@dataclass(frozen=True)
class Scenario:
    """The example ``examples/langchain_NAME.py``, and its cassette ``cassettes/langchain/NAME.yaml``."""

    name: str

    @property
    def cassette(self) -> Path:
        return ROOT / "cassettes" / "langchain" / f"{self.name}.yaml"

    def load(self) -> ModuleType:
        name = f"langchain_{self.name}"
        if name not in sys.modules:
            spec = spec_from_file_location(name, ROOT / "examples" / f"{name}.py")
            assert spec is not None
            assert spec.loader is not None
            module = module_from_spec(spec)
            sys.modules[name] = module
            spec.loader.exec_module(module)
        return sys.modules[name]

    def run(self, *, chat_url: str = BASE_URL, embed_url: str = BASE_URL) -> str:
        """Runs the example's program against these servers, and gives its answer."""
        module = self.load()
        answer: str = module.run(*module.models(chat_url, embed_url))
        return answer


SCENARIOS = (Scenario("rag"), Scenario("stream"), Scenario("agent"), Scenario("graph"))


def find(name: str) -> Scenario:
    """The scenario of this name; KeyError naming those that there are."""
    for scenario in SCENARIOS:
        if scenario.name == name:
            return scenario
    raise KeyError(f"no scenario {name!r}: there are {', '.join(s.name for s in SCENARIOS)}")
