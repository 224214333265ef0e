"""Every way of calling the client: one span a call, true to the wire, and nothing of the program's is changed."""

from __future__ import annotations

from functools import reduce
from typing import Any

import pytest
from call_styles import STYLES, Style
from callers import Caller, portrait, wire
from fake_api import Sent

import autolog
from autolog import semconv


def touch(client: Any) -> None:
    """Make the resources and the wrappers that hold on to the methods that they find."""
    for path in ("chat.completions", "embeddings", "responses", "audio.speech"):
        resource = reduce(lambda found, name: getattr(found, name, None), path.split("."), client)
        if resource is not None:  # the module client of openai 1.66 has no `responses`
            assert resource.with_raw_response and resource.with_streaming_response


def observe(caller: Caller, style: Style, client: Any) -> tuple[Any, list[Any]]:
    caller.api.clear()
    result = caller.outcome(style.call, client)
    assert isinstance(result, style.error or ()) is isinstance(result, Exception), result
    return portrait(result), wire(caller.api.sent)


def json_body(sent: list[Sent]) -> Any:
    """What the last request said, where it was sent as one JSON text."""
    if not sent or not sent[-1].body or sent[-1].header("transfer-encoding") == "chunked":
        return None
    return sent[-1].json if sent[-1].header("content-type") == "application/json" else None


def retries(spans: list[autolog.Span]) -> int:
    return sum(span.attributes.get(semconv.RETRY_COUNT, 0) for span in spans)


@pytest.mark.filterwarnings("ignore:.*[Dd]eprecated")
@pytest.mark.parametrize("style", [s for s in STYLES if s.supported], ids=lambda s: s.name)
def test_one_span_and_nothing_changed(style: Style, caller: Caller, traces: Any) -> None:
    if style.only is not None and style.only != ("async" if caller.asynchronous else "sync"):
        pytest.skip(f"{style.only} only")
    old = style.client(caller)
    touch(old)
    result, sent = observe(caller, style, old)
    assert traces.spans == []
    autolog.openai.autolog()

    for client in (old, style.client(caller)):
        # A new pipeline, which has not counted this response's tokens yet.
        autolog.configure(capture_content=True)
        traces.clear()

        traced_result, traced_sent = observe(caller, style, client)

        assert traced_result == result
        assert traced_sent == sent
        spans = traces.spans
        assert len({span.span_id for span in spans}) == len(spans) == style.spans
        wanted = json_body(caller.api.sent)
        if style.spans == 1 and wanted is not None:
            assert spans[0].inputs == wanted
        if sent:
            assert retries(spans) + len(spans) == len(sent)
        usages = [span.usage for span in spans if span.usage]
        assert sum(usages, autolog.Usage()) == (style.usage or autolog.Usage())
        failed = style.failed or style.error is not None
        assert {span.status for span in spans} == {"ERROR" if failed else "OK"}
        assert {span.outcome for span in spans} == {"error" if failed else "completed"}


@pytest.mark.parametrize("style", [s for s in STYLES if s.error], ids=lambda s: s.name)
def test_errors_are_recorded_as_they_were_raised(style: Style, caller: Caller, traced: Any) -> None:
    raised = caller.outcome(style.call, style.client(caller))

    assert style.error is not None and isinstance(raised, style.error)
    exception = traced.span.exception
    assert exception.type == f"{type(raised).__module__}.{type(raised).__qualname__}".removeprefix("builtins.")
    assert exception.message == str(raised)
    assert "_base_client.py" in exception.traceback
    assert "autolog/_patching" not in exception.traceback
