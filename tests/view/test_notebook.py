"""Traces under the cell that made them, in an IPython that is played."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

import autolog
from autolog import Trace, _control
from autolog._view import notebook


class Events:
    def __init__(self) -> None:
        self.callbacks: dict[str, list[Callable[..., None]]] = {"post_run_cell": []}

    def register(self, event: str, callback: Callable[..., None]) -> None:
        self.callbacks[event].append(callback)

    def unregister(self, event: str, callback: Callable[..., None]) -> None:
        self.callbacks[event].remove(callback)


class Kernel:
    """A shell with what it was asked to display."""

    def __init__(self) -> None:
        self.events = Events()
        self.shown: list[tuple[dict[str, Any], dict[str, Any]]] = []

    def run_cell(self, cell: Callable[[], Any]) -> None:
        result = SimpleNamespace(result=cell())
        for callback in list(self.events.callbacks["post_run_cell"]):
            callback(result)

    def display(self, data: dict[str, Any], **options: Any) -> None:
        self.shown.append((data, options))

    @property
    def trees(self) -> list[str]:
        return [data["text/plain"] for data, _ in self.shown]


@pytest.fixture
def kernel(monkeypatch: pytest.MonkeyPatch) -> Iterator[Kernel]:
    shell = Kernel()
    ipython, displays = ModuleType("IPython"), ModuleType("IPython.display")
    vars(ipython).update(get_ipython=lambda: shell, display=displays)
    vars(displays).update(display=shell.display)
    monkeypatch.setitem(sys.modules, "IPython", ipython)
    monkeypatch.setitem(sys.modules, "IPython.display", displays)
    autolog.configure(store=None)
    monkeypatch.setattr(_control, "_exporters", lambda _now: [notebook.arrivals])
    yield shell
    notebook.display(enabled=True, limit=notebook.LIMIT)
    notebook.detach()
    assert shell.events.callbacks["post_run_cell"] == []


def call(*names: str) -> None:
    for name in names:
        with autolog.start_span(name):
            pass


def test_each_cell_shows_its_own_traces(kernel: Kernel) -> None:
    notebook.attach()
    notebook.attach()
    kernel.run_cell(lambda: call("first"))
    kernel.run_cell(lambda: None)
    kernel.run_cell(lambda: call("second", "third"))
    assert len(kernel.shown) == 2
    assert "first" in kernel.trees[0]
    assert kernel.trees[1].index("third") < kernel.trees[1].index("second")
    assert all(options["raw"] for _, options in kernel.shown)


def test_what_was_there_before_it_was_turned_on_is_not_shown(kernel: Kernel) -> None:
    kernel.run_cell(lambda: call("before"))
    autolog.flush()
    notebook.attach()
    kernel.run_cell(lambda: None)
    assert kernel.shown == []


def test_a_limit(kernel: Kernel) -> None:
    notebook.attach()
    notebook.display(limit=2)
    kernel.run_cell(lambda: call("one", "two", "three"))
    assert "one" not in kernel.trees[0]
    assert "1 more trace: autolog.search_traces()" in kernel.trees[0]
    with pytest.raises(ValueError, match="enabled=False"):
        notebook.display(limit=0)


def test_turned_off_and_on(kernel: Kernel) -> None:
    notebook.attach()
    kernel.run_cell(lambda: notebook.display(enabled=False))
    notebook.attach()  # what turning a library on does
    kernel.run_cell(lambda: call("quiet"))
    assert kernel.shown == []
    notebook.display(enabled=True)
    kernel.run_cell(lambda: call("loud"))
    assert "loud" in kernel.trees[0] and "quiet" not in kernel.trees[0]


def test_a_span_that_ends_later_is_put_into_the_output_that_is_there(kernel: Kernel) -> None:
    notebook.attach()
    left: list[autolog.LiveSpan] = []

    def cell() -> None:
        with autolog.start_span("root") as root:
            left.append(type(root)("straggler", parent=root))

    kernel.run_cell(cell)
    kernel.run_cell(left[0].end)
    (_, first), (data, second) = kernel.shown
    assert second == {**first, "update": True}
    assert "straggler" in data["text/plain"]


def test_a_root_that_is_open_is_shown_by_the_cell_that_ends_it(kernel: Kernel) -> None:
    notebook.attach()
    block = autolog.start_span("stream")
    kernel.run_cell(lambda: (block.__enter__(), None)[1])
    assert kernel.shown == []
    kernel.run_cell(lambda: block.__exit__(None, None, None))
    assert "stream" in kernel.trees[0]


def test_a_trace_that_is_the_cells_value_is_shown_once(kernel: Kernel) -> None:
    notebook.attach()

    def cell() -> Trace:
        call("value")
        autolog.flush()
        trace_id = autolog.get_last_active_trace_id()
        assert trace_id is not None
        return Trace(trace_id, ())

    kernel.run_cell(cell)
    assert kernel.shown == []


def test_shown_by_hand(kernel: Kernel, rich: Trace, large: Callable[[int], Trace]) -> None:
    notebook.display(rich, [large(3)])
    assert "support agent" in kernel.trees[0] and "batch" in kernel.trees[0]
    with pytest.raises(TypeError, match=r"autolog\.get_trace\(\)"):
        notebook.display("0af7")  # type: ignore[arg-type]


def test_our_own_failure_is_not_the_cells(kernel: Kernel, monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[Exception] = []
    monkeypatch.setattr(notebook, "report", lambda _where, e: told.append(e))
    monkeypatch.setattr(notebook, "_publish", lambda: 1 / 0)
    notebook.attach()
    kernel.run_cell(lambda: None)
    assert [type(e) for e in told] == [ZeroDivisionError]


def test_a_terminal_is_left_alone(kernel: Kernel, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Kernel, "__module__", "IPython.terminal.interactiveshell")
    notebook.attach()
    assert kernel.events.callbacks["post_run_cell"] == []


def test_without_a_notebook_traces_are_printed(rich: Trace, capsys: pytest.CaptureFixture[str]) -> None:
    notebook.attach()
    notebook.display(rich)
    assert "support agent" in capsys.readouterr().out
