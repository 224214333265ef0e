"""The recorded programs on LangChain and LlamaIndex: each is an example, and the cassette that holds its traffic."""

from __future__ import annotations

import asyncio
import inspect
import sys
from collections.abc import Awaitable
from dataclasses import dataclass
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType
from typing import Any

__all__ = ["BASE_URL", "LANGCHAIN", "LLAMA_INDEX", "ROOT", "Scenario", "find"]

ROOT = Path(__file__).resolve().parents[1]
BASE_URL = "http://model.test/v1"


@dataclass(frozen=True)
class Scenario:
    """The example ``examples/FRAMEWORK_NAME.py``, and its cassette ``cassettes/FRAMEWORK/NAME.yaml``."""

    framework: str
    name: str

    @property
    def path(self) -> str:
        return f"{self.framework}/{self.name}"

    @property
    def example(self) -> Path:
        return ROOT / "examples" / f"{self.framework}_{self.name}.py"

    @property
    def cassette(self) -> Path:
        return ROOT / "cassettes" / f"{self.path}.yaml"

    def load(self) -> ModuleType:
        name = self.example.stem
        if name not in sys.modules:
            spec = spec_from_file_location(name, self.example)
            assert spec is not None
            assert spec.loader is not None
            module = module_from_spec(spec)
            sys.modules[name] = module
            spec.loader.exec_module(module)
        return sys.modules[name]

    def run(self, *, chat_url: str = BASE_URL, embed_url: str = BASE_URL) -> str:
        """Runs the example's program against these servers, and gives its answer."""
        module = self.load()
        answer = module.run(*module.models(chat_url, embed_url))
        return str(asyncio.run(_settled(answer)) if inspect.isawaitable(answer) else answer)


async def _settled(answer: Awaitable[Any]) -> Any:
    return await answer


LANGCHAIN = tuple(Scenario("langchain", name) for name in ("rag", "stream", "agent", "graph"))
LLAMA_INDEX = tuple(Scenario("llama_index", name) for name in ("query", "streaming", "agent"))


def find(path: str) -> Scenario:
    """The scenario ``framework/name``; KeyError naming those that there are."""
    for scenario in (*LANGCHAIN, *LLAMA_INDEX):
        if scenario.path == path:
            return scenario
    raise KeyError(f"no scenario {path!r}: there are {', '.join(s.path for s in (*LANGCHAIN, *LLAMA_INDEX))}")
