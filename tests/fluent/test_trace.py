"""`@autolog.trace`: one span a call, and everything else as without it."""

from __future__ import annotations

import asyncio
import copy
import functools
import inspect
import math
import operator
import pickle
import sys
import typing
from typing import Any

import pytest

import autolog

# It has no signature up to Python 3.12.
ITEM = {"obj": [1]} if sys.version_info >= (3, 13) else {"args": [[1]]}


@autolog.trace
def add(a: int, b: int = 2, *more: int, scale: float = 1.0, **options: Any) -> float:
    """Add numbers."""
    return (a + b + sum(more)) * scale


@autolog.trace(name="named", span_type="TOOL", attributes={"key": "value"})
def with_options(x: Any) -> Any:
    return x


@autolog.trace
async def later(x: int) -> int:
    await asyncio.sleep(0)
    return x * 2


class Owner:
    @autolog.trace
    def method(self, x: int) -> int:
        return x

    @autolog.trace
    @classmethod
    def outer_class(cls, x: int) -> type:
        return cls

    @classmethod
    @autolog.trace
    def inner_class(cls, x: int) -> type:
        return cls

    @autolog.trace
    @staticmethod
    def outer_static(x: int) -> int:
        return x

    @staticmethod
    @autolog.trace
    def inner_static(x: int) -> int:
        return x

    @autolog.trace
    async def later(self, x: int) -> int:
        return x

    @property
    @autolog.trace
    def value(self) -> int:
        return 3

    @autolog.trace
    def __call__(self, x: int) -> int:
        return x


class Successor:
    def __call__(self, x: int) -> int:
        return x + 1


class AsyncCallable:
    async def __call__(self, x: int) -> int:
        return x + 1


@pytest.mark.parametrize(
    ("args", "kwargs", "inputs", "result"),
    [
        ((1,), {}, {"a": 1, "b": 2, "scale": 1.0}, 3),
        ((1, 5), {"scale": 2.0}, {"a": 1, "b": 5, "scale": 2.0}, 12),
        (
            (1, 2, 3, 4),
            {"x": 1, "b_": 2},
            {"a": 1, "b": 2, "more": [3, 4], "scale": 1.0, "options": {"x": 1, "b_": 2}},
            10,
        ),
        ((), {"b": 1, "a": 2}, {"b": 1, "a": 2, "scale": 1.0}, 3),
    ],
)
def test_arguments_are_inputs_by_name(traces: Any, args: Any, kwargs: Any, inputs: Any, result: Any) -> None:
    assert add(*args, **kwargs) == result
    assert (traces.span.name, traces.span.inputs, traces.span.outputs) == ("add", inputs, result)
    assert traces.span.span_type == "UNKNOWN"


def test_options(traces: Any) -> None:
    assert with_options({"k": [1]}) == {"k": [1]}
    assert (traces.span.name, traces.span.span_type, traces.span.attributes) == ("named", "TOOL", {"key": "value"})


@pytest.mark.parametrize(
    ("call", "name", "inputs"),
    [
        (lambda: Owner().method(1), "method", {"x": 1}),
        (lambda: Owner.method(Owner(), 1), "method", {"x": 1}),
        (lambda: Owner.outer_class(1), "outer_class", {"x": 1}),
        (lambda: Owner().outer_class(1), "outer_class", {"x": 1}),
        (lambda: Owner().inner_class(x=1), "inner_class", {"x": 1}),
        (lambda: Owner.outer_static(1), "outer_static", {"x": 1}),
        (lambda: Owner().inner_static(1), "inner_static", {"x": 1}),
        (lambda: Owner().value, "value", {}),
        (lambda: Owner()(1), "__call__", {"x": 1}),
        (lambda: asyncio.run(Owner().later(1)), "later", {"x": 1}),
        (lambda: asyncio.run(later(x=1)), "later", {"x": 1}),
        (lambda: autolog.trace(math.sqrt)(1), "sqrt", {"x": 1}),
        (lambda: autolog.trace(max)(1, 2), "max", {"args": [1, 2]}),
        (lambda: autolog.trace(dict)(a=1), "dict", {"a": 1}),
        (lambda: autolog.trace("x".upper)(), "upper", {}),
        (lambda: autolog.trace(operator.itemgetter(0))([1]), "itemgetter", ITEM),
        (lambda: autolog.trace(functools.partial(operator.mul, 2))(3), "mul", {"b": 3}),
        (lambda: autolog.trace(Successor())(1), "Successor", {"x": 1}),
        (lambda: asyncio.run(autolog.trace(AsyncCallable())(1)), "AsyncCallable", {"x": 1}),
        (lambda: asyncio.run(autolog.trace(functools.partial(later.__wrapped__, 2))()), "later", {}),
        (lambda: autolog.trace(lambda q: q)(1), "<lambda>", {"q": 1}),
        (lambda: autolog.trace(Owner().method.__func__.__wrapped__.__get__(Owner()))(1), "method", {"x": 1}),
    ],
)
def test_whatever_can_be_called(traces: Any, call: Any, name: str, inputs: Any) -> None:
    call()
    assert (traces.span.name, traces.span.inputs, traces.span.status) == (name, inputs, "OK")


def test_results_of_methods_are_the_methods(traces: Any) -> None:
    assert Owner.outer_class(1) is Owner
    assert Owner().inner_class(1) is Owner
    assert Owner().value == 3
    assert autolog.trace(Successor())(1) == 2
    assert asyncio.run(autolog.trace(AsyncCallable())(1)) == 2
    assert len(traces.spans) == 5


def test_it_stays_what_it_was() -> None:
    plain = add.__wrapped__
    assert inspect.signature(add) == inspect.signature(plain)
    assert (add.__doc__, add.__name__, add.__qualname__, add.__module__) == ("Add numbers.", "add", "add", __name__)
    assert typing.get_type_hints(add) == typing.get_type_hints(plain)
    assert inspect.isfunction(add)
    assert inspect.iscoroutinefunction(later)
    assert asyncio.iscoroutinefunction(later)
    assert inspect.iscoroutinefunction(Owner().later)
    assert inspect.ismethod(Owner().method)
    assert list(inspect.signature(Owner().method).parameters) == ["x"]
    assert not inspect.iscoroutinefunction(add)
    assert not isinstance(add, typing.Iterable)
    assert inspect.getsource(add) == inspect.getsource(plain)
    assert add == plain
    assert repr(add) == repr(plain)


def test_pickle_and_copy() -> None:
    assert pickle.loads(pickle.dumps(add)) is add
    assert pickle.loads(pickle.dumps(Owner().method))(3) == 3
    again = pickle.loads(pickle.dumps(autolog.trace(math.sqrt, name="root")))
    assert again(4) == 2
    assert again.__wrapped__ is math.sqrt
    assert copy.copy(add) is add
    assert copy.deepcopy(add) is add
    own = autolog.trace(Successor())
    assert copy.deepcopy(own).__wrapped__ is not own.__wrapped__


def test_nested_calls_are_one_tree(traces: Any) -> None:
    @autolog.trace
    def outer(x: int) -> float:
        with autolog.start_span("between"):
            return add(x)

    outer(1)
    (trace,) = traces.all
    assert [(s.name, len(trace.children(s))) for s in trace.spans] == [("outer", 1), ("between", 1), ("add", 0)]


def test_inputs_are_those_of_before_the_call_and_outputs_those_of_after(traces: Any) -> None:
    @autolog.trace
    def consume(items: list[int]) -> list[int]:
        items.clear()
        return items

    mine = [1, 2]
    result = consume(mine)
    result.append(99)
    assert (traces.span.inputs, traces.span.outputs) == ({"items": [1, 2]}, [])


def test_what_the_function_records_itself_wins(traces: Any) -> None:
    @autolog.trace
    def quiet(secret: str) -> str:
        span = autolog.get_current_active_span()
        assert span is not None
        span.set_inputs({"secret": "***"})
        span.set_outputs("short")
        return "long" * 100

    assert quiet("s") == "long" * 100
    assert (traces.span.inputs, traces.span.outputs) == ({"secret": "***"}, "short")


class Cancelled(BaseException):
    """As trio's is called."""


@pytest.mark.parametrize(
    ("error", "status", "outcome"),
    [
        (ValueError("wrong"), "ERROR", "error"),
        (StopIteration(3), "ERROR", "error"),
        (KeyboardInterrupt(), "ERROR", "cancelled"),
        (asyncio.CancelledError(), "ERROR", "cancelled"),
        (Cancelled(), "ERROR", "cancelled"),
        (SystemExit(2), "ERROR", "error"),
    ],
)
def test_exceptions_go_on_as_they_came(traces: Any, error: BaseException, status: str, outcome: str) -> None:
    @autolog.trace
    def failing(x: int) -> None:
        raise error

    with pytest.raises(type(error)) as raised:
        failing(1)
    assert raised.value is error
    assert raised.value.__context__ is None
    assert (traces.span.status, traces.span.outcome, traces.span.inputs) == (status, outcome, {"x": 1})
    assert traces.span.exception.type.endswith(type(error).__name__)
    assert autolog.get_current_active_span() is None


async def test_a_cancelled_task(traces: Any) -> None:
    @autolog.trace
    async def sleeper() -> None:
        await asyncio.sleep(60)

    task = asyncio.create_task(sleeper())
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert (traces.span.outcome, traces.span.status) == ("cancelled", "ERROR")


def test_wrong_arguments_are_the_functions_own_error(traces: Any) -> None:
    with pytest.raises(TypeError, match=r"add\(\) missing 1 required positional argument: 'a'"):
        add()
    with pytest.raises(TypeError, match=r"add\(\) got multiple values for argument 'a'"):
        add(1, a=2)
    with pytest.raises(TypeError, match="unexpected keyword argument 'y'"):
        later(1, y=2)  # where it is called, not where it is awaited
    assert [(s.name, s.status) for s in traces.spans] == [("add", "ERROR"), ("add", "ERROR"), ("later", "ERROR")]
    assert traces.spans[2].inputs == {"x": 1, "y": 2}


def test_a_coroutine_that_is_never_awaited_is_warned_of_once_and_makes_no_span(traces: Any) -> None:
    with pytest.warns(RuntimeWarning, match="coroutine 'later' was never awaited") as warned:
        later(1)
    assert len(warned) == 1
    assert traces.all == []


def test_an_async_function_behind_a_plain_one(traces: Any) -> None:
    async def work() -> str:
        assert autolog.get_current_active_span() is not None
        return "done"

    @autolog.trace
    def start() -> Any:
        return work()

    assert asyncio.run(start()) == "done"
    assert (traces.span.name, traces.span.outputs) == ("start", "done")


class Hostile:
    """Everything that a value can be asked raises."""

    def __getattribute__(self, name: str) -> Any:
        raise RuntimeError(name)

    def __repr__(self) -> str:
        raise RuntimeError("repr")

    def __eq__(self, other: object) -> bool:
        raise RuntimeError("eq")

    def __hash__(self) -> int:
        raise RuntimeError("hash")

    def __bool__(self) -> bool:
        raise RuntimeError("bool")

    def __len__(self) -> int:
        raise RuntimeError("len")


class Unhashable(type):
    def __eq__(cls, other: object) -> bool:
        raise RuntimeError("a query builder's")

    __hash__ = None  # type: ignore[assignment]


class OfUnhashable(metaclass=Unhashable):
    pass


@pytest.mark.parametrize("kind", ["Hostile", "OfUnhashable"])
def test_hostile_arguments_harm_nothing(traces: Any, kind: str) -> None:
    value: Any = {"Hostile": Hostile, "OfUnhashable": OfUnhashable}[kind]()

    @autolog.trace
    def take(x: Any, y: Any, *, z: Any = None) -> Any:
        return x

    assert take(value, {"deep": [value], "good": 1}, z="kept") is value
    assert traces.span.inputs["z"] == "kept"
    assert traces.span.inputs["y"]["good"] == 1
    assert kind in traces.span.inputs["x"]
    assert kind in traces.span.inputs["y"]["deep"][0]


def test_without_content(exporter: autolog.MemoryExporter) -> None:
    autolog.configure(capture_content=False)
    assert add(1) == 3
    autolog.flush()
    (span,) = exporter.traces[0].spans
    assert (span.name, span.inputs, span.outputs) == ("add", None, None)


@pytest.mark.parametrize("how", ["suppress", "configure"])
def test_off(exporter: autolog.MemoryExporter, how: str) -> None:
    def generate() -> Any:
        yield 1

    before = autolog.get_last_active_trace_id()
    inner = generate()
    handed = autolog.trace(lambda: inner)
    if how == "configure":
        autolog.configure(enabled=False)
        assert (add(1), asyncio.run(later(2))) == (3, 4)
        assert handed() is inner
    else:
        with autolog.suppress():
            assert (add(1), asyncio.run(later(2))) == (3, 4)
            assert handed() is inner
    with pytest.raises(TypeError, match="missing 1 required"), autolog.suppress():
        later()
    assert autolog.get_last_active_trace_id() == before
    autolog.flush()
    assert exporter.traces == []


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ("my-name", r"trace\(\) is for what can be called, .*; a name is given as trace\(name='my-name'\)"),
        (3, "3 cannot"),
    ],
)
def test_what_cannot_be_traced(wrong: Any, message: str) -> None:
    with pytest.raises(TypeError, match=message):
        autolog.trace(wrong)


def test_functions_of_numpy(exporter: Any) -> None:
    numpy = pytest.importorskip("numpy")
    for function, given in ((numpy.dot, ([1, 2], [3, 4])), (numpy.add, (1, 2)), (numpy.linalg.norm, ([3, 4],))):
        traced = autolog.trace(function)
        assert traced(*given) == function(*given)
        assert pickle.loads(pickle.dumps(traced))(*given) == function(*given)
        assert repr(inspect.signature(traced)) == repr(inspect.signature(function))
    autolog.trace(numpy.ones)(3)
    autolog.flush()
    array = {"type": "ndarray", "shape": [3], "dtype": "float64", "values": [1.0, 1.0, 1.0]}
    assert [t.root.outputs for t in exporter.traces] == [11, 11, 3, 3, 5, 5, array]


@autolog.trace
def countdown(n: int) -> int:
    return n and countdown(n - 1)


def test_recursion_has_room(traces: Any) -> None:
    limit = sys.getrecursionlimit()
    sys.setrecursionlimit(len(inspect.stack(0)) + 3 * 150 + 60)  # a call, our call, and that an object is called
    try:
        assert countdown(150) == 0
    finally:
        sys.setrecursionlimit(limit)
    (trace,) = traces.all
    assert len(trace.spans) == 151


def test_above_a_property_the_error_names_the_order() -> None:
    with pytest.raises(TypeError, match="put @trace below @property"):
        autolog.trace(property(lambda self: 1))
