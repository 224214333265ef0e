"""Traces under the cell that made them: in IPython kernels, and only where autolog is turned on in one.

Once loaded, it is told by `_control.on_switch` when tracing is turned on.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable
from importlib import import_module
from typing import Any, Final
from uuid import uuid4

from autolog import _control
from autolog._model import Trace
from autolog._tracing.guard import report
from autolog._view.arrivals import Arrivals

__all__ = ["arrivals", "attach", "detach", "display"]

LIMIT: Final = 10
"""Traces that are shown under one cell, by default."""
_WAIT_S: Final = 5.0
"""What the end of a cell may wait for its traces."""

arrivals: Final = Arrivals(LIMIT)

_shell: Any = None
_last_output: str | None = None


def attach() -> None:
    """Show the traces of every cell that ends from now on. Does nothing outside of a kernel."""
    global _shell
    shell = _kernel_shell()
    if shell is None or _shell is shell or not _control.settings().display:
        return
    detach()
    # A pipeline that exists already has opened its exporters without ours; and what waits in it is not to be shown.
    _control.configure({})
    _shell = shell
    arrivals.enabled = True
    shell.events.register("post_run_cell", _after_cell)


def _switched(on: bool) -> None:  # noqa: FBT001  (as on_switch calls it)
    attach() if on and _control.settings().enabled else detach()


def detach() -> None:
    """Show nothing any more, and leave nothing behind."""
    global _shell, _last_output
    shell, _shell = _shell, None
    arrivals.enabled = False
    arrivals.clear()
    _last_output = None
    if shell is not None and _after_cell in shell.events.callbacks.get("post_run_cell", ()):
        shell.events.unregister("post_run_cell", _after_cell)


def _kernel_shell() -> Any:
    ipython = sys.modules.get("IPython")
    get = getattr(ipython, "get_ipython", None)
    shell = get() if get is not None else None
    # A terminal has no place under a command that is not in the way of the next.
    return None if shell is None or type(shell).__module__.startswith("IPython.terminal") else shell


def _after_cell(result: Any = None) -> None:
    """Runs after each cell; whatever goes wrong here is ours and not the cell's."""
    try:
        if not _control.settings().display:  # as configure() has said since
            arrivals.clear()
            return
        _control.pipeline().flush(_WAIT_S, each_s=0.0)
        value = getattr(result, "result", None)
        if isinstance(value, Trace):
            arrivals.drop(value.trace_id)  # it is the cell's value, which the notebook shows
        _publish()
    except Exception as e:
        report("showing traces in the notebook", e)


def _publish() -> None:
    global _last_output
    from autolog._view.output import mimebundle

    show = _ipython_display()
    late = arrivals.late()
    if late and _last_output is not None:
        show(mimebundle(late), raw=True, display_id=_last_output, update=True)
    traces, more = arrivals.take()
    if traces:
        _last_output = f"autolog-{uuid4().hex}"
        show(mimebundle(traces, more=more), raw=True, display_id=_last_output)


def _ipython_display() -> Any:
    return import_module("IPython.display").display


def display(*traces: Trace | Iterable[Trace], enabled: bool | None = None, limit: int | None = None) -> None:
    """Show traces under the running cell; or say whether cells show the traces that they made by themselves.

    ``enabled=False`` stops that, ``enabled=True`` begins it (turning an integration on in a notebook does, too); it is
    the setting ``display`` of :func:`autolog.configure`.
    ``limit`` is how many traces one cell shows, the newest of them (10 by default). Outside of a notebook, traces are
    printed as trees. Raises ``TypeError`` for what is no trace and ``ValueError`` for a limit below 1.
    """
    if limit is not None:
        if limit < 1:
            raise ValueError(f"limit is at least 1, not {limit!r}; display(enabled=False) shows none")
        arrivals.limit = limit
    if enabled is not None:
        _control.configure({"display": enabled})
        attach() if enabled else detach()
    shown = [t for given in traces for t in ([given] if isinstance(given, Trace) else given)]
    for trace in shown:
        if not isinstance(trace, Trace):  # pyright: ignore[reportUnnecessaryIsInstance]  (who calls it may not check)
            raise TypeError(f"display() shows traces, as autolog.get_trace() gives them, not {type(trace).__name__}")
        arrivals.drop(trace.trace_id)
    if shown:
        _show(shown)


def _show(traces: list[Trace]) -> None:
    from autolog._view.output import mimebundle

    if _kernel_shell() is not None:
        _ipython_display()(mimebundle(traces), raw=True)
    elif _marimo_runs():
        marimo: Any = sys.modules["marimo"]
        marimo.output.append(marimo.Html(mimebundle(traces)["text/html"]))
    else:
        sys.stdout.write(mimebundle(traces, html=False)["text/plain"] + "\n")


def _marimo_runs() -> bool:
    marimo: Any = sys.modules.get("marimo")
    return marimo is not None and bool(marimo.running_in_notebook())


_control.on_switch.append(_switched)
_control.more_exporters.append(arrivals)
