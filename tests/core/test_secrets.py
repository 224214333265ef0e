"""Keys, tokens and passwords are recorded nowhere: not in a span, an error, a traceback or a log."""

from __future__ import annotations

import logging
from collections.abc import Callable
from types import MappingProxyType
from typing import Any, cast

import pytest
from call_styles import M
from callers import API_KEY, Caller

import autolog
from autolog._pipeline.keys import without_keys
from autolog._tracing.keys import HIDDEN
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
    "deep in a body": lambda c: c.client().chat.completions.create(
        model="m",
        messages=M,
        extra_body={
            "apiKey": "tok-9f3a",
            "Authorization": "tok-9f3a",
            "x-api-key": "tok-9f3a",
            "openai_api_key": "tok-9f3a",
            "aws_secret_access_key": "tok-9f3a",
            "token": "tok-9f3a",
            "password": "tok-9f3a",
            "litellm_params": {"api_key": "tok-9f3a"},
            "fallbacks": [{"model": "x", "api_key": "tok-9f3a"}],
            "user_config": {"model_list": [{"litellm_params": {"api_key": "tok-9f3a"}}]},
            "provider": {"headers": {"Authorization": "tok-9f3a"}},
        },
    ),
    "an MCP server": lambda c: c.client().chat.completions.create(
        model="m",
        messages=M,
        tools=[
            {
                "type": "mcp",
                "server_label": "s",
                "server_url": "https://me:tok-9f3a@mcp.test/sse?api_key=tok-9f3a",
                "headers": {"X-Mine": "tok-9f3a"},
                "authorization": "tok-9f3a",
            }
        ],
    ),
    "a query's auth": lambda c: c.client().chat.completions.create(
        model="m", messages=M, extra_query={"auth": "tok-9f3a"}
    ),
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


def test_keys_of_own_code_are_recorded_nowhere(traces: Any) -> None:
    @autolog.trace
    def call(prompt: str, api_key: str, headers: dict[str, str]) -> dict[str, str]:
        return {"accessToken": "tok-9f3a", "said": prompt + api_key + headers["Authorization"]}

    with autolog.start_span("mine", attributes={"db.password": "tok-9f3a"}) as span:
        span.set_inputs({"api_key": "tok-9f3a"})
        span.set_outputs([API_KEY])
        span.set_attribute("authorization", "tok-9f3a")
        span.add_event("login", {"client-secret": "tok-9f3a"})
        autolog.update_current_trace(metadata={"api_key": "tok-9f3a"}, tags={"token": "tok-9f3a"})
        said = call("hi", api_key="tok-9f3a", headers={"Authorization": "Bearer tok-9f3a", "Accept": "text/plain"})
        assert said["accessToken"] == "tok-9f3a"
    (trace,) = traces.all
    mine, called = trace.spans
    assert called.inputs == {
        "prompt": "hi",
        "api_key": HIDDEN,
        "headers": {"Authorization": HIDDEN, "Accept": "text/plain"},
    }
    assert (mine.outputs, mine.events[0].attributes) == ([HIDDEN], {"client-secret": HIDDEN})
    called.outputs.pop("said")  # what a program makes of a key is not seen
    assert leaks(trace.to_json()) == []


@pytest.mark.parametrize(
    "name",
    [
        *("api_key", "apiKey", "API-Key", "apikey", "x-api-key", "OPENAI_API_KEY", "azure.search.apiKey", "api_key_2"),
        *("aws_secret_access_key", "AccountKey", "Ocp-Apim-Subscription-Key", "private_key", "signingSecret"),
        *("password", "DB_PASSWORD", "userPassword", "passphrase", "secret", "client_secret", "connectionString"),
        *("Authorization", "proxy-authorization", "auth", "Cookie", "Set-Cookie", "credentials"),
        *("token", "access_token", "refreshToken", "id_token", "hf_token", "azure_ad_token", "X-Auth-Token"),
    ],
)
def test_names_of_keys(name: str) -> None:
    assert without_keys({"a": [{name: "v", "n": 1}]}) == {"a": [{name: HIDDEN, "n": 1}]}
    assert without_keys({name: ["v", "w"]}) == {name: HIDDEN}


@pytest.mark.parametrize(
    "value",
    [
        {"max_tokens": 5, "total_tokens": 7, "token_ids": [1, 2], "tokens": ["a", "b"], "token": 5, "password": None},
        {"next_page_token": "abcdefgh", "pageToken": "abcdefgh", "eos_token": "</s>", "stop_token": "\n\n\n\n\n\n\n\n"},
        {"prompt_cache_key": "abcdefgh", "primary_key": "abcdefgh", "output_key": "abcdefgh", "public_key": "abcdefgh"},
        {"key": "region", "value": "europe-west", "secret_name": "openai-key", "password_hint": "mother's name"},
        {"properties": {"password": {"type": "string"}, "api_key": {"type": "string", "minLength": 8}}},
        {"content": [{"token": "Hello", "logprob": -0.1, "bytes": [72], "top_logprobs": []}]},
        {
            "text": "my api_key is sk-proj-0123456789abcdef",
            "q": "Bearer certificates",
            "t": "Basic arithmetic and more",
        },
        {"id": "sk-learn-pipeline-for-text", "url": "https://example.com/a?country_code=de&page=2&key=#top"},
        {"url": "https://example.com/a b?key=abc", "mail": "me@example.com://", "text": "https://[bad"},
        {"text": "sk-" + "a1" * 10_000, "url": "https://x.test/?" + "a" * 20_000 + "&key=abc", 7: "abcdefgh"},
    ],
)
def test_what_is_no_key_stays(value: Any) -> None:
    assert without_keys(value) is value


class Text(str):
    __slots__ = ()


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("sk-proj-0123456789abcdef", HIDDEN),
        ("Bearer tok-9f3a", HIDDEN),
        ("bearer abcDEFghi", HIDDEN),
        ("Basic dXNlcjpwYXNzd29yZA==", HIDDEN),
        ("eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjMifQ.c2lnbmF0dXJlLW9mLWl0", HIDDEN),
        ("ghp_0123456789abcdefghij", HIDDEN),
        ("postgresql+psycopg://me:pw@db.test/x", "postgresql+psycopg://db.test/x"),
        ("https://x.test/f?sv=1&sig=abc&code=9#a", f"https://x.test/f?sv=1&sig={HIDDEN}&code={HIDDEN}#a"),
        ("https://b.test/o?X-Amz-Credential=a%2Fb&X-Amz-Expires=60", f"https://b.test/o?X-Amz-Credential={HIDDEN}&X-Amz-Expires=60"),
    ],
)  # fmt: skip
def test_texts_that_are_nothing_but_a_key(text: str, shown: str) -> None:
    assert without_keys(text) == without_keys(Text(text)) == shown
    assert without_keys(MappingProxyType({"a": text})) == {"a": shown}
    value = {"said": [{"text": text}], "rest": (1, "x" * 9)}
    assert without_keys(value) == {"said": [{"text": shown}], "rest": [1, "x" * 9]}
    assert value["said"] == [{"text": text}]  # what was recorded may be shared


def test_a_key_that_lies_deep_is_found() -> None:
    deep: Any = {"api_key": "tok-9f3a"}
    for _ in range(20_000):
        deep = [deep]
    shown, levels = without_keys(deep), 0
    while isinstance(shown, list):
        (shown,), levels = cast("list[Any]", shown), levels + 1
    assert (shown, levels > 100) == (HIDDEN, True)


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
