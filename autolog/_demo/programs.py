"""The demo's programs on the frameworks: the repository's examples, each with the recording of its model calls."""

from __future__ import annotations

import asyncio
import inspect
import sys
from collections.abc import Awaitable, Mapping
from dataclasses import dataclass, field
from importlib.util import find_spec, module_from_spec, spec_from_file_location
from typing import Any, Final

from autolog._demo.player import file

__all__ = ["FRAMEWORKS", "Framework", "Program", "missing", "play"]


@dataclass(frozen=True)
class Program:
    """An example; ``needs`` is what it imports beside its framework's packages: by module, what pip calls it."""

    name: str
    title: str
    needs: Mapping[str, str] = field(default_factory=dict[str, str])


@dataclass(frozen=True)
class Framework:
    """The demo of one integration: its programs, and what all of them import."""

    integration: str
    needs: Mapping[str, str]
    programs: tuple[Program, ...]


FRAMEWORKS: Final = {
    "langchain": Framework(
        "langchain",
        {"langchain_core": "langchain-core", "langchain_openai": "langchain-openai"},
        (
            Program("rag", "a chain that answers from documents", {"numpy": "numpy"}),
            Program("stream", "a chain that streams its answer"),
            Program("agent", "an agent with two tools", {"langchain.agents.middleware": "langchain"}),
            Program("graph", "a graph that waits for somebody's answer, and goes on", {"langgraph.graph": "langgraph"}),
        ),
    ),
    "llama-index": Framework(
        "llama_index",
        {
            "llama_index.core": "llama-index-core",
            "llama_index.llms.openai_like": "llama-index-llms-openai-like",
            "llama_index.embeddings.openai": "llama-index-embeddings-openai",
        },
        (
            Program("query", "a query engine over a few notes"),
            Program("streaming", "a query engine that streams its answer"),
            Program("agent", "an agent with a tool"),
        ),
    ),
}


def missing(needs: Mapping[str, str]) -> list[str]:
    """Give what pip has to install of what is needed."""
    return [package for module, package in needs.items() if not _found(module)]


def play(framework: Framework, program: Program) -> str:
    """Run a program, whose model calls somebody has to answer, and give what it answers."""
    name = f"{framework.integration}_{program.name}"
    spec = spec_from_file_location(f"autolog_demo_{name}", file("examples", f"{name}.py"))
    if spec is None or spec.loader is None:
        raise ImportError(f"the demo {name} is not among autolog's files")
    module = module_from_spec(spec)
    sys.modules[spec.name] = module  # where the names in its annotations are looked up
    spec.loader.exec_module(module)
    answer = module.run(*module.models())
    return str(asyncio.run(_wait(answer)) if inspect.isawaitable(answer) else answer)


async def _wait(answer: Awaitable[Any]) -> Any:
    return await answer


def _found(module: str) -> bool:
    try:
        return find_spec(module) is not None
    except ModuleNotFoundError:  # a package above it
        return False
