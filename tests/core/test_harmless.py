"""Tracing changes nothing for the program: not what it gets, not what it keeps, not what it gives away."""

from __future__ import annotations

import copy
import gc
import inspect
import pickle
import sys
import weakref
from typing import Any

import openai
import pytest
from call_styles import M, raw, streaming
from callers import Caller, instant_client, portrait, then
from openai._base_client import AsyncAPIClient, BaseClient, SyncAPIClient
from scenario_kit import drain, within

import autolog

METHODS = (SyncAPIClient.request, AsyncAPIClient.request, BaseClient._build_request, SyncAPIClient._process_response)


# What the program gets


def look(method: Any) -> tuple[Any, ...]:
    return (
        str(inspect.signature(method)),
        inspect.iscoroutinefunction(method),
        inspect.getsource(method),
        method.__name__,
        method.__qualname__,
        method.__doc__,
        method.__module__,
        method.__annotations__,
    )


@pytest.mark.parametrize(
    "target", [(SyncAPIClient, "request"), (AsyncAPIClient, "request"), (BaseClient, "_build_request")]
)
def test_methods_look_as_before(target: tuple[type, str], traces: Any) -> None:
    owner, name = target
    before = look(getattr(owner, name))
    client = instant_client()
    bound_before = str(inspect.signature(client.request))
    autolog.autolog()
    assert look(getattr(owner, name)) == before
    assert str(inspect.signature(client.request)) == bound_before
    assert isinstance(client, openai.OpenAI)


def test_results_are_copied_and_pickled_as_before(caller: Caller, traced: Any) -> None:
    client = caller.client()
    for call in (
        lambda: client.chat.completions.create(model="m", messages=M),
        lambda: client.responses.create(model="m", input="hi"),
        lambda: client.embeddings.create(model="e", input="x"),
    ):
        result = caller.run(call)
        for copied in (copy.copy(result), copy.deepcopy(result), pickle.loads(pickle.dumps(result))):
            assert portrait(copied)["fields"] == portrait(result)["fields"]


def responses_of(caller: Caller) -> list[Any]:
    """The HTTP responses of calls that are over."""
    client = caller.client()
    stream = caller.run(lambda: client.chat.completions.create(model="m", messages=M, stream=True))
    caller.run(drain, stream)
    read = caller.run(
        lambda: within(
            streaming(client).create(model="m", messages=M), lambda r: then(r.read(), lambda _: r.http_response)
        )
    )
    return [stream.response, read]


def test_http_responses_are_pickled_and_hold_nothing_of_ours_when_the_call_is_over(caller: Caller, traces: Any) -> None:
    before = [sorted(vars(response)) for response in responses_of(caller)]
    autolog.autolog()
    after = responses_of(caller)
    assert [sorted(vars(response)) for response in after] == before
    assert [pickle.loads(pickle.dumps(response)).status_code for response in after] == [200, 200]


def freed(caller: Caller) -> list[bool]:
    """Whether what a call gave is freed without the garbage collector's help."""
    client = caller.client()
    stream = caller.run(lambda: client.chat.completions.create(model="m", messages=M, stream=True))
    caller.run(drain, stream)
    plain = caller.run(lambda: client.chat.completions.create(model="m", messages=M))
    of_raw = caller.run(lambda: raw(client).create(model="m", messages=M))
    references = [weakref.ref(o) for o in (stream, stream.response, plain, of_raw, of_raw.http_response)]
    del stream, plain, of_raw
    return [reference() is None for reference in references]


def test_results_are_freed_as_early_as_before(caller: Caller, traces: Any) -> None:
    gc.disable()
    try:
        before = freed(caller)
        autolog.autolog()
        assert freed(caller) == before
    finally:
        gc.enable()


@pytest.mark.parametrize("interruption", [KeyboardInterrupt, SystemExit])
def test_interruptions_inside_a_call_pass_through(interruption: type[BaseException], traced: Any) -> None:
    def interrupt(request: Any) -> Any:
        raise interruption("stop")

    with pytest.raises(interruption, match="stop") as raised:
        instant_client(answer=interrupt).chat.completions.create(model="m", messages=M)
    assert raised.value.__cause__ is None
    span = traced.span
    assert span.outcome == ("cancelled" if interruption is KeyboardInterrupt else "error")
    assert (span.status, span.exception.type) == ("ERROR", interruption.__name__)


class AngryError(Exception):
    def __str__(self) -> str:
        raise RuntimeError("not even my name")

    __repr__ = __str__


def test_exceptions_that_cannot_be_printed_pass_through(traced: Any) -> None:
    def fail(request: Any) -> Any:
        raise AngryError from ValueError("the cause")

    with pytest.raises((AngryError, openai.APIConnectionError)) as raised:  # before openai 3 it was the other's cause
        instant_client(answer=fail).chat.completions.create(model="m", messages=M)
    assert isinstance(raised.value.__cause__, (AngryError, ValueError))
    exception = traced.span.exception
    assert "<its __str__ raised RuntimeError>" in exception.traceback
    assert "ValueError: the cause" in exception.traceback


def test_deep_recursion(traced: Any) -> None:
    client = instant_client()

    def descend(levels: int) -> Any:
        if levels:
            return descend(levels - 1)
        return client.chat.completions.create(model="m", messages=M)

    depth = len(inspect.stack(0))
    assert descend(sys.getrecursionlimit() - depth - 150).model == "m-2024"
    with pytest.raises(RecursionError):
        descend(sys.getrecursionlimit())
    assert [span.outcome for span in traced.spans] == ["completed"]


def test_many_nested_spans(traces: Any) -> None:
    def nest(levels: int) -> None:
        with autolog.start_span(f"level {levels}"):
            if levels:
                nest(levels - 1)

    nest(200)
    (trace,) = traces.all
    assert len(trace.spans) == 201
    assert trace.root.name == "level 200"


# What the program keeps


def test_what_is_changed_after_the_call_is_recorded_as_it_was(caller: Caller, traced: Any) -> None:
    client = caller.client()
    messages: list[Any] = [{"role": "user", "content": [{"type": "text", "text": "original"}]}]
    tools: list[Any] = [
        {"type": "function", "function": {"name": "f", "parameters": {"type": "object", "properties": {}}}}
    ]
    file = {"role": "user", "content": "original"}
    for model in ("m", "err400"):
        caller.outcome(lambda model=model: client.chat.completions.create(model=model, messages=messages, tools=tools))
    unsent = caller.client(base_url="http://127.0.0.1:9/v1")
    caller.outcome(lambda: unsent.chat.completions.create(model="m", messages=messages, tools=tools))
    caller.run(
        lambda: client.audio.transcriptions.create(model="w", file=("a.wav", b"x"), prompt="original", extra_body=file)
    )
    with autolog.start_span("mine", attributes={"tags": messages}) as span:
        span.set_inputs(messages)
        span.add_event("seen", {"messages": messages})

    messages[0]["content"][0]["text"] = "changed"
    messages.append({"role": "user", "content": "changed"})
    tools[0]["function"]["name"] = "changed"
    file["content"] = "changed"

    text = "".join(trace.to_json() for trace in traced.all)
    assert "changed" not in text
    assert text.count("original") >= 5


class Words(str):
    __slots__ = ("__weakref__",)


class Body(dict[str, Any]):
    __slots__ = ("__weakref__",)


def test_the_program_s_objects_are_not_kept_after_the_flush(caller: Caller, traced: Any) -> None:
    client = caller.client()
    kept: list[weakref.ref[Any]] = []

    def use() -> None:
        for model in ("m", "err400", "hang+err500"):
            message = Body(role="user", content="hi")
            result = caller.outcome(lambda m=model, x=message: client.chat.completions.create(model=m, messages=[x]))
            kept.extend(map(weakref.ref, (message, result)))
        stream = caller.run(lambda: client.chat.completions.create(model="m", messages=[Body(M[0])], stream=True))
        kept.extend(map(weakref.ref, (stream, stream.response)))
        caller.run(drain, stream)
        argument = Body(x=1)
        with autolog.start_span("mine") as span:
            span.set_inputs(argument)
            span.set_attribute("a", argument)
        kept.extend(map(weakref.ref, (argument,)))

    use()
    assert autolog.flush()
    caller.collect()
    assert [reference() for reference in kept if reference() is not None] == []
