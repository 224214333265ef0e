"""Our handlers on the root dispatcher, which every other dispatcher passes its spans and events on to."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from autolog.integration import report
from autolog_llama_index._tracker import Tracker

if TYPE_CHECKING:
    from types import ModuleType

    from autolog.integration import Patcher

__all__ = ["attach"]


def attach(patcher: Patcher, module: ModuleType) -> None:
    """Register with the library; the undo takes out exactly what was put in."""
    tracker = Tracker(import_module("llama_index_instrumentation.span").active_span_id)
    root: Any = module.root_dispatcher
    span_handler, event_handler = _make_span_handler(tracker), _make_event_handler(tracker)
    # The dispatcher can add handlers and has no way to take one out again. New lists: one that is being walked in
    # another thread is left alone.
    root.span_handlers = [*root.span_handlers, span_handler]
    root.event_handlers = [*root.event_handlers, event_handler]

    def detach() -> None:
        root.span_handlers = [h for h in root.span_handlers if h is not span_handler]
        root.event_handlers = [h for h in root.event_handlers if h is not event_handler]
        tracker.close()

    patcher.on_undo(detach)
    patcher.locate(tracker.locate)


def _make_span_handler(tracker: Tracker) -> Any:
    """Make a handler of the library's class, now that it is there. The dispatcher swallows what it raises: we report.

    It overrides the three calls themselves: those of the base class would keep every span that has ended.
    """

    def span_enter(
        _: Any, id_: str, bound_args: Any, instance: Any = None, parent_id: str | None = None, **__: Any
    ) -> None:
        try:
            tracker.enter(id_, bound_args.arguments, instance, parent_id)
        except Exception as e:
            report("starting a LlamaIndex span", e)

    def span_exit(_: Any, id_: str, bound_args: Any, instance: Any = None, result: Any = None, **__: Any) -> None:  # noqa: ARG001
        try:
            tracker.exit(id_, instance, result)
        except Exception as e:
            report("ending a LlamaIndex span", e)

    def span_drop(
        _: Any,
        id_: str,
        bound_args: Any,  # noqa: ARG001
        instance: Any = None,
        err: BaseException | None = None,
        **__: Any,
    ) -> None:
        try:
            tracker.drop(id_, instance, err)
        except Exception as e:
            report("ending a LlamaIndex span", e)

    base: Any = import_module("llama_index_instrumentation.span_handlers").BaseSpanHandler
    calls: dict[str, Any] = {"span_enter": span_enter, "span_exit": span_exit, "span_drop": span_drop}
    unused = dict.fromkeys(("new_span", "prepare_to_exit_span", "prepare_to_drop_span"), _nothing)
    return _made("AutologSpanHandler", base, {**calls, **unused})


def _make_event_handler(tracker: Tracker) -> Any:
    def handle(_: Any, event: Any, **__: Any) -> None:
        try:
            tracker.event(event)
        except Exception as e:
            report("reading a LlamaIndex event", e)

    base: Any = import_module("llama_index_instrumentation.event_handlers").BaseEventHandler
    return _made("AutologEventHandler", base, {"handle": handle})


def _made(name: str, base: Any, methods: dict[str, Any]) -> Any:
    return type(name, (base,), {"__module__": __name__, "class_name": classmethod(lambda _: name), **methods})()


def _nothing(*_: Any, **__: Any) -> None:
    """Abstract in the base class, and not called by what we override."""
