"""The recorded LlamaIndex programs: each is an example, and the cassette that holds its traffic."""

from __future__ import annotations

import asyncio
import inspect
import sys
from collections.abc import Callable
from dataclasses import dataclass
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType
from typing import Any

__all__ = ["BASE_URL", "SCENARIOS", "Scenario", "find"]

ROOT = Path(__file__).resolve().parents[1]
BASE_URL = "http://model.test/v1"


@dataclass(frozen=True)
class Scenario:
    """An example, and its cassette ``cassettes/llama_index/NAME.yaml``."""

    name: str

    @property
    def cassette(self) -> Path:
        return ROOT / "cassettes" / "llama_index" / f"{self.name}.yaml"

    def load(self) -> ModuleType:
        name = f"llama_index_{self.name}"
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
        made: tuple[Any, ...] = module.models()
        made[0].api_base = chat_url
        if len(made) > 1:
            made[1].api_base = embed_url
        program: Callable[..., Any] = module.run
        answer = program(*made)
        if not inspect.isawaitable(answer):
            return str(answer)

        async def wait() -> str:
            return str(await answer)

        return asyncio.run(wait())


SCENARIOS = (Scenario("query"), Scenario("streaming"), Scenario("agent"))


def find(name: str) -> Scenario:
    """The scenario of this name; KeyError naming those that there are."""
    for scenario in SCENARIOS:
        if scenario.name == name:
            return scenario
    raise KeyError(f"no scenario {name!r}: there are {', '.join(s.name for s in SCENARIOS)}")
