"""Off and on where others have wrapped the same methods, above and below, and where methods were bound earlier."""

from __future__ import annotations

import functools
from typing import Any

import openai
import wrapt
from call_styles import M
from callers import Caller, create, instant_client, names_of_calls
from openai._base_client import AsyncAPIClient, SyncAPIClient
from patched_methods import BEFORE, untouched
from stream_endings import CHAT

import autolog


def wrapped_call(wrapped: Any, instance: Any, args: Any, kwargs: Any) -> Any:
    return wrapped(*args, **kwargs)


def test_off_below_another_wrapt_wrapper(traces: Any) -> None:
    autolog.autolog()
    other = wrapt.wrap_function_wrapper(SyncAPIClient, "request", wrapped_call)
    autolog.autolog(log_traces=False)
    assert vars(SyncAPIClient)["request"] is other
    assert other.__wrapped__ is BEFORE[0]
    assert create(instant_client()).model == "m-2024"
    assert traces.spans == []
    wrapt.unwrap_object(SyncAPIClient, "request", other)
    assert untouched()


def test_off_above_another_wrapper(traces: Any) -> None:
    other = wrapt.wrap_function_wrapper(SyncAPIClient, "request", wrapped_call)
    autolog.autolog()
    create(instant_client())
    autolog.autolog(log_traces=False)
    assert vars(SyncAPIClient)["request"] is other
    assert len(traces.spans) == 1
    wrapt.unwrap_object(SyncAPIClient, "request", other)


def test_off_below_a_closure_is_inert_and_dug_out_later(traces: Any, monkeypatch: Any) -> None:
    autolog.autolog()
    ours = vars(SyncAPIClient)["request"]

    @functools.wraps(ours)
    def closure(self: Any, *args: Any, **kwargs: Any) -> Any:
        return ours.__get__(self)(*args, **kwargs)

    with monkeypatch.context() as patch:
        patch.setattr(SyncAPIClient, "request", closure)
        autolog.autolog(log_traces=False)
        assert vars(SyncAPIClient)["request"] is closure
        create(instant_client(), "inert")
        autolog.autolog()
        create(instant_client(), "on top")
        autolog.autolog(log_traces=False)
        assert vars(SyncAPIClient)["request"] is closure
    assert names_of_calls(traces) == ["chat on top"]
    assert vars(SyncAPIClient)["request"] is ours
    create(instant_client(), "still inert")
    autolog.autolog()
    autolog.autolog(log_traces=False)
    assert untouched()
    assert names_of_calls(traces) == ["chat on top"]


def test_above_a_plain_function_that_gives_the_coroutine_of_an_async_method(
    api: Any, traces: Any, monkeypatch: Any
) -> None:
    original = vars(AsyncAPIClient)["request"]

    @functools.wraps(original)
    def closure(self: Any, *args: Any, **kwargs: Any) -> Any:
        return original(self, *args, **kwargs)

    caller = Caller(api, asynchronous=True)
    client = caller.client()
    with monkeypatch.context() as patch:
        patch.setattr(AsyncAPIClient, "request", closure)
        autolog.autolog()
        assert caller.run(create, client).model == "m-2024"
        assert caller.outcome(create, client, "err400").status_code == 400
        autolog.autolog(log_traces=False)
    caller.close()
    assert [(span.name, span.outcome, span.usage) for span in traces.spans] == [
        ("chat m", "completed", CHAT),
        ("chat err400", "error", None),
    ]


def test_methods_bound_earlier_are_inert_after_off(traces: Any) -> None:
    autolog.autolog()
    client = instant_client()
    bound, raw = client.chat.completions.create, client.chat.completions.with_raw_response.create
    request = client.request
    autolog.autolog(log_traces=False)
    options = openai._models.FinalRequestOptions.construct(
        method="post", url="/chat/completions", json_data={"model": "m", "messages": M}
    )
    assert bound(model="m", messages=M).id == raw(model="m", messages=M).parse().id == request(object, options)["id"]
    assert traces.spans == []
