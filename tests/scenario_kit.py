"""What a scenario is: a few calls to an OpenAI client, written once for the sync and the async client.

A scenario is a generator. It yields what each call to the client returned and is handed back the result: the value
itself with ``OpenAI``, what awaiting it gave with ``AsyncOpenAI``. An error of a call is raised where the call stands
in both, so ``try`` works as usual. Both clients send the same bytes, so one cassette serves both.
"""

from __future__ import annotations

import inspect
import warnings
from collections.abc import Callable, Generator, Iterable
from dataclasses import dataclass
from importlib.metadata import version
from typing import Any

from packaging.requirements import Requirement

__all__ = ["Scenario", "Steps", "consume", "drain", "quiet", "within"]

Steps = Generator[Any, Any, Any]


@dataclass(frozen=True, kw_only=True)
class Scenario:
    """A few calls to a client and the cassette that holds their traffic.

    ``cassette`` is the path under ``cassettes/`` without ``.yaml``; what a test expects is to be read from that file.
    ``requires`` is the PEP 508 requirement of the oldest ``openai`` that has the API.
    """

    name: str
    steps: Callable[[Any], Steps]
    cassette: str
    requires: str = "openai>=1.66"
    handwritten: bool = False
    azure: bool = False

    def run(self, client: Any) -> Any:
        """Makes the calls with an ``OpenAI`` client and returns what the scenario returns."""
        steps = self.steps(client)
        try:
            outcome = next(steps)
            while True:
                outcome = steps.send(outcome)
        except StopIteration as done:
            return done.value

    async def arun(self, client: Any) -> Any:
        """Makes the calls with an ``AsyncOpenAI`` client and returns what the scenario returns."""
        steps = self.steps(client)
        try:
            outcome = next(steps)
            while True:
                try:
                    value = await outcome if inspect.isawaitable(outcome) else outcome
                except Exception as error:
                    outcome = steps.throw(error)
                else:
                    outcome = steps.send(value)
        except StopIteration as done:
            return done.value

    @property
    def supported(self) -> bool:
        """Whether the installed ``openai`` has what the scenario calls."""
        return Requirement(self.requires).specifier.contains(version("openai"), prereleases=True)


def drain(stream: Any) -> Any:
    """Every chunk of a stream as a list."""

    async def collect() -> list[Any]:
        return [chunk async for chunk in stream]

    return collect() if hasattr(stream, "__aiter__") else list(stream)


def consume(manager: Any, final: str) -> Any:
    """Every event of a ``.stream()`` helper, then what its method ``final`` returns."""

    async def collect() -> Any:
        async with manager as stream:
            events = [event async for event in stream]
            return events, await getattr(stream, final)()

    if hasattr(manager, "__aenter__"):
        return collect()
    with manager as stream:
        return list(stream), getattr(stream, final)()


def within(manager: Any, body: Callable[[Any], Any]) -> Any:
    """What ``body`` returns for the object that a context manager gives, called inside its block."""

    async def enter() -> Any:
        async with manager as value:
            outcome = body(value)
            return await outcome if inspect.isawaitable(outcome) else outcome

    if hasattr(manager, "__aenter__"):
        return enter()
    with manager as value:
        return body(value)


def quiet(call: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
    """Makes a call whose method ``openai`` marks as deprecated: it warns when called, before anything is sent."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        return call(*args, **kwargs)


def table(room: str, steps: Iterable[Callable[[Any], Steps]], **fields: Any) -> list[Scenario]:
    """One scenario a function, its cassette named after the function."""
    return [Scenario(name=step.__name__, steps=step, cassette=f"{room}/{step.__name__}", **fields) for step in steps]
