"""Where LangChain is listened to. Nothing of it is imported here: each part waits for the module that it is about."""

from __future__ import annotations

from contextvars import ContextVar
from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING, Any

from autolog_langchain import _embeddings, _guards, _vectorstores
from autolog_langchain._runs import Runs

if TYPE_CHECKING:
    from types import ModuleType

    from autolog.integration import LiveSpan, Patcher

__all__ = ["install"]


@cache
def _runs() -> Runs:
    # One table for the process: a run that began before tracing was turned off and on again ends in the same one.
    return Runs()


@cache
def _handler() -> Any:
    from autolog_langchain._handler import make_handler

    return make_handler(import_module("langchain_core.tracers.base").BaseTracer, _runs())


def install(patcher: Patcher) -> None:
    """Listen, once there is something to listen to."""
    patcher.when_imported("langchain_core.tracers.context", lambda module: _listen(patcher, module))
    patcher.when_imported("langchain_core.runnables.config", lambda module: _locate(patcher, module))
    _guards.install(patcher, _runs(), _handler)
    _embeddings.install(patcher)
    _vectorstores.install(patcher)


def _listen(patcher: Patcher, module: ModuleType) -> None:
    """Enter our handler where LangChain looks for the handlers of every callback manager that it makes.

    The variable has the handler as its default, so that it is there in every thread and context. Patching the managers
    instead would need special cases for merged managers, batches and LangGraph's own (langchain-core 0.3 to 1.8).
    """
    handler = _handler()
    hooks: list[Any] = module._configure_hooks
    variable: ContextVar[Any] = ContextVar("autolog_langchain", default=handler)
    module.register_configure_hook(variable, True, None)
    entries = [entry for entry in hooks if entry[0] is variable]
    handler.recorder.on = True

    def undo() -> None:
        # Runs that go on have the handler still: it begins nothing, and ends what is open.
        handler.recorder.on = False
        hooks[:] = [entry for entry in hooks if not any(entry is ours for ours in entries)]

    patcher.on_undo(undo)


def _locate(patcher: Patcher, module: ModuleType) -> None:
    """Say in which run the program's own code is: LangChain carries that through threads and tasks itself."""
    variable: ContextVar[Any] = module.var_child_runnable_config
    span_of = _runs().span_of

    def locate() -> LiveSpan | None:
        config = variable.get()
        if config is None:
            return None
        return span_of(getattr(config.get("callbacks"), "parent_run_id", None))

    patcher.locate(locate)
