"""The only code that changes a foreign object: declared first, applied when the library is there, undone exactly."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from contextlib import ExitStack
from importlib import import_module
from inspect import iscoroutinefunction
from typing import TYPE_CHECKING, Any

import wrapt

from autolog._patching.around import Enter, async_around, looking, sync_around
from autolog._patching.calls import Gate, Wrapper, async_wrapper, sync_wrapper
from autolog._patching.copies import objects_with_a_copy, stands_for, subclasses_with_a_copy
from autolog._patching.places import Place, dig_out, lock
from autolog._patching.streams import async_opener, sync_opener
from autolog._tracing.context import add_locator, remove_locator
from autolog._tracing.guard import report

if TYPE_CHECKING:
    from autolog._tracing.span import LiveSpan
    from autolog.integration import Operation

__all__ = ["Patcher"]

_log = logging.getLogger("autolog")


class Patcher:
    """Collects what an integration changes. Only declare on it; :meth:`undo` is the core's.

    A target that the library's version does not have is listed as missing, except where it is ``optional``.
    """

    def __init__(self, integration: str) -> None:
        self.gate = Gate(integration)
        self._stack = ExitStack()
        self.missing: list[str] = []
        self.applied: list[str] = []
        self._places: list[Place] = []
        # Of the methods that are traced wherever they are: the class, the method as it was, how it is wrapped.
        self._everywhere: list[tuple[type[Any], str, Any, Callable[[Any], Wrapper]]] = []
        dig_out()

    def trace(
        self,
        operation: Operation,
        *,
        on: type[Any] | None = None,
        optional: bool = False,
        everywhere: bool = False,
    ) -> None:
        """Trace every call of an operation, sync or async as it is.

        ``on`` is the class that has the method, where it was found while the program runs and no path may lead to it.
        ``everywhere`` traces it too where somebody has put a wrapper around the method on a subclass or on one object:
        one call may then come to two of our wrappers, and ``operation.start`` gives ``None`` for the second.
        """

        def make(original: Any) -> Wrapper:
            return (async_wrapper if iscoroutinefunction(original) else sync_wrapper)(operation, self.gate)

        if on is None:
            self._declare(operation.target, make, optional=optional, everywhere=everywhere)
            return
        with lock:
            if self.gate.open:
                self._apply(on, operation.target.rpartition(".")[2], make)

    def around(self, target: str, enter: Enter, *, is_async: bool | None = None, optional: bool = False) -> None:
        """Do something before and after each call of a method without tracing it, and without changing it.

        ``enter(instance, args, kwargs)`` is called before it, in the task that runs it. What it gives, if anything, is
        called after it as ``leave(result, exception)``; the exception is ``None`` where it returned. Whether the method
        is async is found out, except where ``is_async`` says so: somebody may have put a plain function around it.
        """

        def make(original: Any) -> Wrapper:
            found = iscoroutinefunction(original) if is_async is None else is_async
            return (async_around if found else sync_around)(target, enter, self.gate)

        self._declare(target, make, optional=optional)

    def observe(
        self,
        target: str,
        *,
        before: Callable[[Any, tuple[Any, ...], dict[str, Any]], None] | None = None,
        after: Callable[[Any, Any], None] | None = None,
        failed: Callable[[Any, BaseException], None] | None = None,
        optional: bool = False,
    ) -> None:
        """Look at a method, sync or async, without tracing it.

        ``before(instance, args, kwargs)`` is called before it, ``after(instance, result)`` when it has returned (an
        async one: when it was awaited), ``failed(instance, exception)`` when it has raised.
        """
        self.around(target, looking(before, after, failed), optional=optional)

    def opener(self, target: str, *, optional: bool = False) -> None:
        """Take what this method returns, sync or async, as the result that a :class:`Deferred` has promised."""

        def make(original: Any) -> Wrapper:
            return async_opener if iscoroutinefunction(original) else sync_opener

        self._declare(target, make, optional=optional)

    def wrap(self, target: str, wrapper: Wrapper, *, optional: bool = False) -> None:
        """Wrap ``"module:Class.method"`` with a wrapt wrapper ``(wrapped, instance, args, kwargs)``.

        The wrapper is not called once the integration is off.
        """
        gate = self.gate

        def gated(wrapped: Callable[..., Any], instance: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
            if not gate.passes():
                return wrapped(*args, **kwargs)
            return wrapper(wrapped, instance, args, kwargs)

        self._declare(target, lambda _: gated, optional=optional)

    def locate(self, locator: Callable[[], LiveSpan | None]) -> None:
        """Ask this function too which span is current, while the integration is on.

        For a library that carries a context of its own: it gives that context's span, or ``None``. It is asked
        whenever a span starts anywhere, so it may cost no more than a few look-ups.
        """
        add_locator(locator)
        self._stack.callback(remove_locator, locator)

    def on_undo(self, undo: Callable[[], None]) -> None:
        """Call this when the integration is turned off; what was declared last is undone first."""
        self._stack.callback(_safely, undo)

    def when_imported(self, module: str, then: Callable[[Any], None]) -> None:
        """Call ``then(module)`` once the module has been imported, at once if it is; never if turned off before."""
        gate = self.gate

        def hook(imported: Any) -> None:
            # An exception here would fail the program's import statement.
            try:
                if _half_imported(imported):
                    import_module(module)  # another thread is at it: waits for that one
                with lock:
                    if gate.open:
                        then(imported)
            except Exception as e:
                report(f"patching {module}", e)

        wrapt.register_post_import_hook(hook, module)

    def undo(self) -> None:
        """Shut the gate, then take every change back, last first."""
        with lock:
            self.gate.open = False
            self._stack.close()
            dig_out()

    def lost(self) -> list[str]:
        """Give what calls surely come no more to our wrappers of, because somebody has replaced them."""
        return sorted({place.label() for place in self._places if place.lost()})

    def renew(self) -> None:
        """Put back what somebody has replaced since, and trace what was put around methods traced everywhere."""
        with lock:
            if not self.gate.open:
                return
            for place in self._places:
                if place.lost():
                    place.put()
            for owner, name, original, make in self._everywhere:
                self._wrap_copies(subclasses_with_a_copy(owner, name, original), name, make)

    def came_past(self, instance: Any, name: str) -> bool:
        """Say that a call of an object came past our wrapper of a method; tells whether the next one is traced for it.

        For a library in which a later step of the same call can be seen.
        """
        with lock:
            if not self.gate.open:
                return False
            known = len(self._places)
            lost = bool(self.lost())
            self.renew()
            for owner, method, original, make in self._everywhere:
                own = getattr(instance, "__dict__", {}).get(name)
                if method == name and isinstance(instance, owner) and stands_for(own, original):
                    self._wrap_copies([instance], name, make)
            return lost or len(self._places) > known

    def _declare(
        self, target: str, make: Callable[[Any], Wrapper], *, optional: bool, everywhere: bool = False
    ) -> None:
        module, _, path = target.partition(":")
        if not path:
            raise ValueError(f"a target is 'module:Class.method', not {target!r}")

        def apply(imported: Any) -> None:
            parent_path, _, name = path.rpartition(".")
            parent = imported
            for part in parent_path.split(".") if parent_path else ():
                parent = getattr(parent, part, None)
            if self._apply(parent, name, make, everywhere=everywhere):
                self.applied.append(target)
                return
            if not optional:
                self.missing.append(target)
            _log.debug("autolog: %s does not exist in this version", target)

        self.when_imported(module, apply)

    def _apply(self, parent: Any, name: str, make: Callable[[Any], Wrapper], *, everywhere: bool = False) -> bool:
        copies = objects_with_a_copy(parent, name) if everywhere and isinstance(parent, type) else []
        original = getattr(parent, name, None)
        if original is None:
            return False
        if not everywhere:
            self._put(Place(parent, name, make, self.gate))
            return True
        self._put(Place(parent, name, make, self.gate))
        self._everywhere.append((parent, name, original, make))
        self._wrap_copies([*subclasses_with_a_copy(parent, name, original), *copies], name, make)
        return True

    def _put(self, place: Place) -> None:
        place.put()
        self._places.append(place)
        self._stack.callback(place.take_back)

    def _wrap_copies(self, holders: Iterable[Any], name: str, make: Callable[[Any], Wrapper]) -> None:
        """Wrap what stands for a method on subclasses and objects, but for what comes to a wrapper of ours anyway."""
        self._places = [place for place in self._places if place.parent() is not None]
        for holder in holders:
            found: Any = holder.__dict__[name]
            if not any(place.name == name and place.has(found) for place in self._places):
                self._put(Place(holder, name, make, self.gate))


def _half_imported(module: Any) -> bool:
    return getattr(getattr(module, "__spec__", None), "_initializing", False)


def _safely(undo: Callable[[], None]) -> None:
    try:
        undo()
    except Exception as e:
        report("turning an integration off", e)
