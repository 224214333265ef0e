"""Keys, tokens and passwords are recorded nowhere: not in a span, an error, a traceback or a log."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

import pytest
from call_styles import M
from callers import API_KEY, Caller

import autolog
from autolog.integration import hide_keys_in


def leaks(text: str) -> list[str]:
    return [secret for secret in (API_KEY, API_KEY[8:], "tok-9f3a") if secret in text]


SECRET_CALLS: dict[str, Callable[[Caller], Any]] = {
    "plain": lambda c: c.client().chat.completions.create(model="m", messages=M),
    "headers": lambda c: c.client().chat.completions.create(
        model="m", messages=M, extra_headers={"Authorization": f"Bearer {API_KEY}", "x-api-key": "tok-9f3a"}
    ),
    "query": lambda c: c.client(default_query={"api-key": "tok-9f3a"}).chat.completions.create(
        model="m", messages=M, extra_query={"key": "tok-9f3a"}
    ),
    "body": lambda c: c.client().chat.completions.create(model="m", messages=M, extra_body={"api_key": API_KEY}),
    "azure": lambda c: c.client("AzureOpenAI", api_key="tok-9f3a").chat.completions.create(model="err401", messages=M),
    "azure, a key with a line end": lambda c: c.client("AzureOpenAI", api_key="tok-9f3a\n").models.list(),
    "address": lambda c: c.client(base_url=c.api.base_url.replace("//", "//me:tok-9f3a@")).models.list(),
    "status 401": lambda c: c.client().chat.completions.create(model="err401", messages=M),
    "echoed": lambda c: c.client().chat.completions.create(model="echo-key", messages=M),
    "a key with a line end": lambda c: c.client(api_key=f"{API_KEY}\n").chat.completions.create(model="m", messages=M),
    "nobody there": lambda c: c.client(base_url="http://127.0.0.1:9/v1").chat.completions.create(model="m", messages=M),
    "upload": lambda c: c.client().files.create(file=("a.txt", b"abc"), purpose="assistants", extra_headers={"k": "tok-9f3a"}),
}  # fmt: skip


@pytest.mark.parametrize("name", SECRET_CALLS)
def test_keys_are_recorded_nowhere(name: str, caller: Caller, traced: Any, caplog: Any) -> None:
    with caplog.at_level(logging.DEBUG, "autolog"), autolog.start_span("root"):
        caller.outcome(SECRET_CALLS[name], caller)
    (trace,) = traced.all
    assert len(trace.spans) == 2
    assert leaks(trace.to_json()) == []
    assert leaks("".join(record.getMessage() for record in caplog.records if record.name.startswith("autolog"))) == []


def use(*, api_key: str) -> None:
    raise ValueError(f"{len(api_key)} characters are no key")


def test_a_key_in_a_line_of_source_is_hidden_in_the_traceback(traces: Any) -> None:
    with pytest.raises(ValueError, match="are no key"), autolog.start_span("mine"):
        use(api_key="tok-9f3a")
    assert "use(api_key=[REDACTED])" in traces.span.exception.traceback
    assert leaks(traces.all[0].to_json()) == []


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Illegal header value b'Bearer abc-def\\n'", "Illegal header value [REDACTED]"),
        ("Authorization: Bearer abcdef", "Authorization: Bearer [REDACTED]"),
        ("client = OpenAI(api_key='abc-1')", "client = OpenAI(api_key=[REDACTED])"),
        ('{"api-key": "abc"}', '{"api-key": [REDACTED]}'),
        ("AZURE_API_KEY=0123456789abcdef", "AZURE_API_KEY=[REDACTED]"),
        ("Incorrect API key provided: sk-proj-0123456789ab.", "Incorrect API key provided: [REDACTED]."),
        ("http://me:hunter2@proxy.example:8080/v1", "http://[REDACTED]@proxy.example:8080/v1"),
        ("client = OpenAI(api_key=settings.openai.key)", "client = OpenAI(api_key=settings.openai.key)"),
        ("client = OpenAI(api_key=os.environ['KEY'])", "client = OpenAI(api_key=os.environ['KEY'])"),
        ("bearer of bad news; me@example.com; risk-taking-behaviour", None),
        ("the token count is 1234567890, secret of success", None),
    ],
)  # fmt: skip
def test_what_looks_like_a_key_is_hidden_in_texts(text: str, shown: str | None) -> None:
    expected = text if shown is None else shown
    assert hide_keys_in({"said": [text], "n": 1}) == {"said": [expected], "n": 1}
