"""Beside other tracing tools, which put a `request` of their own on a subclass or on a client, in any order."""

from __future__ import annotations

import functools
import gc
import inspect
import weakref
from typing import Any

import openai
import pytest
import wrapt
from call_styles import M
from callers import Caller, create, instant_client, names_of_calls
from openai._base_client import SyncAPIClient
from patched_methods import BEFORE, untouched

import autolog

CLASSES = (openai.OpenAI, openai.AsyncOpenAI)


class OnTheClasses:
    """Wraps as OpenInference does, and when it goes leaves the method that it found as the class's own."""

    def __init__(self) -> None:
        self.calls = 0
        self.found: list[Any] = []

    def on(self) -> None:
        def seen(wrapped: Any, instance: Any, args: Any, kwargs: Any) -> Any:
            self.calls += 1
            return wrapped(*args, **kwargs)

        self.found = [cls.request for cls in CLASSES]
        for cls in CLASSES:
            wrapt.wrap_function_wrapper(cls, "request", seen)

    def off(self) -> None:
        for cls, found in zip(CLASSES, self.found, strict=True):
            cls.request = found


class OnOne:
    """Puts a closure around what it finds, as Logfire does, on classes or on one client."""

    def __init__(self, *targets: Any) -> None:
        self.calls = 0
        self.targets = targets
        self.found: list[Any] = []

    def on(self) -> None:
        for target in self.targets:
            found = target.request
            self.found.append(found)
            target.request = self.around(found)

    def around(self, found: Any) -> Any:
        if inspect.iscoroutinefunction(found):

            @functools.wraps(found)
            async def aseen(*args: Any, **kwargs: Any) -> Any:
                self.calls += 1
                return await found(*args, **kwargs)

            return aseen

        @functools.wraps(found)
        def seen(*args: Any, **kwargs: Any) -> Any:
            self.calls += 1
            return found(*args, **kwargs)

        return seen

    def off(self) -> None:
        for target, found in zip(self.targets, self.found, strict=True):
            target.request = found
        self.found.clear()


@pytest.fixture(autouse=True)
def nothing_left() -> Any:
    yield
    autolog.autolog(log_traces=False)
    for cls in CLASSES:
        if "request" in vars(cls):
            del cls.request  # type: ignore[attr-defined]


def play(order: str, other: Any) -> None:
    steps = {"A": autolog.autolog, "a": lambda: autolog.autolog(log_traces=False), "O": other.on, "o": other.off}
    for step in order:
        steps[step]()


ORDERS = ["A", "OA", "AO", "OoA", "AOo", "AOoaA", "AOaA", "AOaoA", "OAoaA", "OAaA", "AAOA"]


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("make", [OnTheClasses, lambda: OnOne(*CLASSES)], ids=["wrapper", "closure"])
def test_one_span_a_call_beside_a_tool_on_the_classes(order: str, make: Any, caller: Caller, traces: Any) -> None:
    other = make()
    play(order, other)
    assert caller.run(create, caller.client()).model == "m-2024"
    assert caller.outcome(create, caller.client(), "err400").status_code == 400
    assert [(span.name, span.outcome) for span in traces.spans] == [("chat m", "completed"), ("chat err400", "error")]
    assert traces.spans[0].usage.total_tokens == 14
    assert other.calls == (2 if order.count("O") > order.count("o") else 0)
    assert autolog.integrations()["openai"].reason is None


@pytest.mark.parametrize("order", [*ORDERS, "OAoAa", "OAa"])
def test_one_span_a_call_beside_a_tool_on_one_client(order: str, caller: Caller, traces: Any) -> None:
    client = caller.client()
    other = OnOne(client)
    play(order, other)
    assert caller.run(create, client).model == "m-2024"
    assert names_of_calls(traces) == ([] if order.endswith("a") else ["chat m"])
    assert caller.run(create, caller.client()).model == "m-2024"
    assert len(traces.spans) == (0 if order.endswith("a") else 2)


@pytest.mark.parametrize("order", ["OA", "OAo", "OoA"])
def test_off_gives_back_what_the_other_tool_has_put_there(order: str) -> None:
    client = instant_client()
    for other, holder in ((OnTheClasses(), openai.OpenAI), (OnOne(client), client)):
        play(order.replace("A", ""), other)
        theirs = vars(holder).get("request")
        if order.index("A") < len(order) - 1:
            other.on()
            autolog.autolog()
            other.off()
        else:
            autolog.autolog()
        autolog.autolog(log_traces=False)
        left = vars(holder).get("request")
        assert left is theirs or left == theirs
        assert untouched()
        assert create(client).model == "m-2024"
        if other.found:
            other.off()


def test_a_tool_that_goes_later_costs_one_call(caller: Caller, traces: Any, caplog: Any) -> None:
    other = OnTheClasses()
    play("OAo", other)
    said = autolog.integrations()["openai"].reason
    assert said == "somebody has replaced AsyncOpenAI.request, OpenAI.request since: call autolog() again"
    client = caller.client()
    for model in ("first", "second", "third"):
        caller.run(create, client, model)
    assert names_of_calls(traces) == ["chat second", "chat third"]
    assert [r.getMessage() for r in caplog.records if "did not trace a call of" in r.getMessage()] == [
        f"autolog did not trace a call of {type(client).__name__}, whose request() another tool has replaced; "
        "from now on it does"
    ]
    assert autolog.integrations()["openai"].reason is None
    play("a", other)
    assert untouched()


def test_turning_it_on_again_costs_none(traces: Any) -> None:
    play("OAoA", OnTheClasses())
    create(instant_client())
    assert names_of_calls(traces) == ["chat m"]


class Overriding(openai.OpenAI):
    def request(self, *args: Any, **kwargs: Any) -> Any:
        return super().request(*args, **kwargs) if kwargs.get("stream") is not None else None


def test_a_class_that_overrides_the_method_is_left_alone(traces: Any) -> None:
    own = vars(Overriding)["request"]
    autolog.autolog()
    assert vars(Overriding)["request"] is own


def test_a_client_that_was_wrapped_is_not_kept() -> None:
    client = instant_client()
    OnOne(client).on()
    autolog.autolog()
    assert type(vars(client)["request"]).__name__ == "FunctionWrapper"
    dead = weakref.ref(client)
    del client
    gc.collect()
    assert dead() is None
    autolog.autolog(log_traces=False)


# Under a double


def test_off_under_a_double_leaves_nothing_once_it_is_gone(monkeypatch: Any, traces: Any) -> None:
    autolog.autolog()
    with monkeypatch.context() as patch:
        patch.setattr(SyncAPIClient, "request", lambda *_, **__: None)
        autolog.autolog(log_traces=False)
    assert not untouched()
    assert create(instant_client()).model == "m-2024"  # the wrapper that came back takes itself out
    assert untouched()
    assert traces.spans == []


def test_off_under_a_double_and_on_again(monkeypatch: Any, traces: Any) -> None:
    autolog.autolog()
    with monkeypatch.context() as patch:
        patch.setattr(SyncAPIClient, "request", lambda *_, **__: None)
        autolog.autolog(log_traces=False)
    autolog.autolog()
    assert vars(SyncAPIClient)["request"].__wrapped__ is BEFORE[0]
    create(instant_client())
    assert names_of_calls(traces) == ["chat m"]


def test_on_under_a_double_is_put_back_by_asking_again(monkeypatch: Any, traces: Any) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(SyncAPIClient, "request", lambda *_, **__: None)
        autolog.autolog()
        assert autolog.integrations()["openai"].reason is None
        assert instant_client().chat.completions.create(model="m", messages=M) is None
    assert autolog.integrations()["openai"].reason == (
        "somebody has replaced SyncAPIClient.request since: call autolog() again"
    )
    autolog.autolog()
    assert autolog.integrations()["openai"].reason is None
    create(instant_client(), "again")
    assert names_of_calls(traces) == ["chat m", "chat again"]
