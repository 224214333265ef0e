"""``autolog demo``: a recorded program run through the real library, traced, without a key or a network."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

__all__ = ["NAMES", "run"]

NAMES = ("openai",)


def run(name: str = "openai") -> None:
    """Play a demo and print its trace.

    Raises ``ValueError`` for an unknown name and ``ImportError`` naming what to install.
    """
    if name not in NAMES:
        raise ValueError(f"there is no demo {name!r}; there are: {', '.join(NAMES)}")
    missing = [library for library in ("openai", "vcr") if find_spec(library) is None]
    if missing:
        raise ImportError(f"the demo needs {' and '.join(missing)}: pip install 'autolog-genai[demo]'")
    from rich.console import Console

    import autolog
    from autolog import _control
    from autolog._demo import weather
    from autolog._demo.player import play
    from autolog._render.tree import TraceTree

    memory = autolog.MemoryExporter()
    autolog.configure(prices=weather.PRICES, exporters=[memory])
    console = Console(soft_wrap=True, highlight=False)
    console.print("[bold]A recorded program, played through the real openai client: no key, no network.[/bold]")
    autolog.openai.autolog()
    with play(name):
        weather.main(lambda step: console.print(f"  {step}", markup=False))
    autolog.flush()
    (trace,) = memory.traces
    console.print()
    console.print(TraceTree(trace), soft_wrap=False)
    console.print()
    store = _control.settings().store
    if store is None:
        console.print("The store is turned off (AUTOLOG_STORE=none): the trace was kept in memory only.")
        return
    console.print(f"The trace is in {Path(store).resolve()}", markup=False)
    console.print("[bold]Next[/bold]   autolog traces show @last --messages   [dim]what was said[/dim]")
    console.print("       autolog traces search weather          [dim]full text[/dim]")
    console.print("       autolog run your_program.py            [dim]trace a program without changing it[/dim]")
    console.print("       import autolog; autolog.autolog()      [dim]or with one line in it[/dim]")
