"""``autolog demo``: recorded programs run through the real libraries, traced, without a key or a network."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import Console

    import autolog

__all__ = ["NAMES", "run"]

NAMES = ("openai", "langchain", "llama-index", "all")


def run(name: str = "openai") -> None:
    """Play a demo, or ``all`` those whose library is installed, and print the traces.

    Raises ``ValueError`` for an unknown name and ``ImportError`` naming what to install.
    """
    name = name.replace("_", "-")
    if name not in NAMES:
        raise ValueError(f"there is no demo {name!r}; there are: {', '.join(NAMES)}")
    lacking = {each: _lacks(each) for each in NAMES[:-1] if name in (each, "all")}
    playable = [each for each, lack in lacking.items() if not lack]
    if not playable:
        raise ImportError(next(iter(lacking.values())))

    from rich.console import Console

    import autolog
    from autolog._demo import weather

    memory = autolog.MemoryExporter()
    autolog.configure(prices=weather.PRICES, exporters=[memory])
    autolog.openai.autolog()
    console = Console(soft_wrap=True, highlight=False)
    for each, lack in lacking.items():
        if lack:
            console.print(f"\n{each} is left out: {lack}", markup=False)
        elif each == "openai":
            _weather(console, memory)
        else:
            _framework(each, console, memory)
    _next(console, "weather" if "openai" in playable else "Paris")


def _lacks(name: str) -> str:
    """Say what a demo lacks and how to get it: nothing, where it lacks nothing."""
    from autolog._demo.programs import FRAMEWORKS, missing

    framework = FRAMEWORKS.get(name)
    core = [library for library in ("openai", "vcr") if find_spec(library) is None]
    others = missing(framework.needs) if framework is not None else []
    if not core and not others:
        return ""
    # The programs' own needs too, so that one command is enough.
    own = [p for each in framework.programs for p in missing(each.needs)] if framework is not None else []
    command = " ".join(["'autolog-genai[demo]'"] * bool(core) + others + own)
    return f"the demo needs {' and '.join([*core, *others])}: pip install {command}"


def _weather(console: Console, memory: autolog.MemoryExporter) -> None:
    import autolog
    from autolog._demo import weather
    from autolog._demo.player import play

    console.print("[bold]A recorded program, played through the real openai client: no key, no network.[/bold]")
    seen = len(memory.traces)
    with play("openai"):
        weather.main(lambda step: console.print(f"  {step}", markup=False))
    autolog.flush()
    _show(console, memory.traces[seen:])


def _framework(name: str, console: Console, memory: autolog.MemoryExporter) -> None:
    import autolog
    from autolog._demo.player import play as answered
    from autolog._demo.programs import FRAMEWORKS, missing, play

    framework = FRAMEWORKS[name]
    getattr(autolog, framework.integration).autolog()
    console.print(f"[bold]Recorded programs, played through the real {name}: no key, no network.[/bold]")
    for program in framework.programs:
        console.print(f"\n[bold]{program.title[0].upper()}{program.title[1:]}[/bold]")
        if lacks := missing(program.needs):
            console.print(f"  is left out: pip install {' '.join(lacks)}", markup=False)
            continue
        seen = len(memory.traces)
        with answered(framework.integration, program.name):
            answer = play(framework, program)
        console.print(f"  answers: {' '.join(answer.split())}", markup=False)
        autolog.flush()
        _show(console, memory.traces[seen:])


def _show(console: Console, traces: list[autolog.Trace]) -> None:
    from autolog._render.tree import TraceTree

    for trace in sorted(traces, key=lambda each: each.start_time_ns):
        console.print()
        console.print(TraceTree(trace), soft_wrap=False)
    console.print()


def _next(console: Console, word: str) -> None:
    from autolog import _control

    store = _control.settings().store
    if store is None:
        console.print("The store is turned off (AUTOLOG_STORE=none): the traces were kept in memory only.")
        return
    search = f"autolog traces search {word}"
    console.print(f"The traces are in {Path(store).resolve()}", markup=False)
    console.print("[bold]Next[/bold]   autolog traces show @last --messages   [dim]what was said[/dim]")
    console.print(f"       {search:<37}  [dim]full text[/dim]")
    console.print("       autolog run your_program.py            [dim]trace a program without changing it[/dim]")
    console.print("       import autolog; autolog.autolog()      [dim]or with one line in it[/dim]")
