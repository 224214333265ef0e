"""Right answers only: what a request has to share with its recording, and what does not count."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from replay.loopback import Loopback, ask

from autolog._replay.cassette import Interaction, RecordedRequest, RecordedResponse
from autolog._replay.match import HIDDEN, Index, canonical, rules_for
from autolog._replay.tape import ReplayMiss, replay

URI = "https://api.openai.com/v1/chat/completions"
UUIDS = ("0b1e2f3a-1111-4222-8333-444455556666", "9c8d7e6f-aaaa-4bbb-8ccc-ddddeeeeffff")


def request(body: Any, uri: str = URI, method: str = "POST", kind: str = "application/json") -> RecordedRequest:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    return RecordedRequest(method, uri, {"Content-Type": (kind,)}, content)


def said(text: str) -> dict[str, Any]:
    return {"messages": [{"role": "user", "content": text}]}


@pytest.mark.parametrize(
    ("recorded", "now"),
    [
        pytest.param({"a": 1, "b": [1, 2]}, {"b": [1, 2], "a": 1}, id="order of keys"),
        pytest.param({"a": 1, "user": "x"}, {"a": 1, "user": "y"}, id="user"),
        pytest.param({"a": 1}, {"a": 1, "prompt_cache_key": "k", "metadata": {"run": "7"}}, id="who asks"),
        pytest.param(said(f"job {UUIDS[0]}"), said(f"job {UUIDS[1]}"), id="uuid in a text"),
        pytest.param({"id": "call_abc123def", "x": 1}, {"id": "call_zzz999yyy", "x": 1}, id="call id"),
        pytest.param(
            {"tool_calls": [{"id": "8dnTr9XP5", "type": "function", "function": {}}], "tool_call_id": "8dnTr9XP5"},
            {"tool_calls": [{"id": "oQw", "type": "function", "function": {}}], "tool_call_id": "oQw"},
            id="tool round trip with ids of any shape",
        ),
        pytest.param({"previous_response_id": "resp_1"}, {"previous_response_id": "resp_2"}, id="previous response"),
        pytest.param({"created_at": 1_700_000_000}, {"created_at": 1_800_000_000}, id="epoch in a field for it"),
        pytest.param(
            {"timestamp": "2026-11-22T10:00:00Z"}, {"timestamp": "2027-01-01T00:00:00Z"}, id="time in a field"
        ),
        pytest.param(
            said("see /tmp/pytest-of-me/pytest-1/a.txt"), said("see /tmp/pytest-of-you/pytest-92/a.txt"), id="temp"
        ),
        pytest.param({"password": "one-password"}, {"password": "REDACTED"}, id="secret field"),
    ],
)
def test_what_differs_from_run_to_run_does_not_count(recorded: Any, now: Any) -> None:
    assert canonical(request(recorded)) == canonical(request(now))


@pytest.mark.parametrize(
    ("recorded", "now"),
    [
        pytest.param(said("Paris?"), said("Rome?"), id="prompt"),
        pytest.param(said("It is 2026-11-22."), said("It is 2026-11-23."), id="date in a prompt"),
        pytest.param(said("at 2026-11-22T10:00:00Z"), said("at 2026-11-22T11:00:00Z"), id="time in a prompt"),
        pytest.param({"a": 1}, {"a": 1.5}, id="number"),
        pytest.param({"a": True}, {"a": 1}, id="true is not 1"),
        pytest.param({"a": [1, 2]}, {"a": [2, 1]}, id="order of a list"),
        pytest.param({"a": None}, {}, id="null is not nothing"),
        pytest.param(said("call_center_agents"), said("call_center_people"), id="a word like an id"),
        pytest.param(
            {"calls": [{"id": "call_aaaa1111"}, {"id": "call_bbbb2222"}], "tool_call_id": "call_aaaa1111"},
            {"calls": [{"id": "call_aaaa1111"}, {"id": "call_bbbb2222"}], "tool_call_id": "call_bbbb2222"},
            id="another of two ids",
        ),
    ],
)
def test_what_is_asked_counts(recorded: Any, now: Any) -> None:
    assert canonical(request(recorded)) != canonical(request(now))


def test_a_port_of_this_machine_does_not_count_but_hosts_do() -> None:
    here = [canonical(request({}, uri)) for uri in ("http://127.0.0.1:1234/v1/x", "http://localhost:9/v1/x")]
    assert here[0] == here[1] != canonical(request({}, "https://api.openai.com/v1/x"))
    assert canonical(request({}, "https://a.com/x")) == canonical(request({}, "https://a.com:443/x"))
    assert canonical(request({}, "https://a.com/x")) != canonical(request({}, "https://a.com:8443/x"))
    assert canonical(request({}, "https://a.com/x")) != canonical(request({}, "https://b.com/x"))


def test_method_path_and_query_count_keys_in_the_query_do_not() -> None:
    base = canonical(request({}, "https://a.com/x?b=2&a=1"))
    assert base == canonical(request({}, "https://a.com/x?a=1&b=2&key=abc"))
    assert base != canonical(request({}, "https://a.com/x?a=1&b=3"))
    assert base != canonical(request({}, "https://a.com/y?a=1&b=2"))
    assert base != canonical(request({}, "https://a.com/x?a=1&b=2", "PUT"))
    assert canonical(request({}, "https://a.com/x?b=2"), ignore=["?b"]) == canonical(
        request({}, "https://a.com/x?b=3"), ignore=["?b"]
    )


def test_the_boundary_of_multipart_does_not_count() -> None:
    def form(boundary: str, content: str) -> RecordedRequest:
        body = f'--{boundary}\r\nContent-Disposition: form-data; name="f"\r\n\r\n{content}\r\n--{boundary}--\r\n'
        return request(body.encode(), kind=f"multipart/form-data; boundary={boundary}")

    assert canonical(form("aaa111", "x")) == canonical(form("bbb222", "x")) != canonical(form("aaa111", "y"))


@pytest.mark.parametrize(
    ("ignore", "change"),
    [
        (["tools"], {"tools": [1]}),
        (["messages[*].date"], {"messages": [{"text": "a", "date": 2}]}),
        (["messages[0].date"], {"messages": [{"text": "a", "date": 2}]}),
        (["$.messages[0].date", 'odd["a.b"]'], {"messages": [{"text": "a", "date": 2}], "odd": {"a.b": 5}}),
    ],
)
def test_ignored_paths(ignore: list[str], change: dict[str, Any]) -> None:
    before = {"messages": [{"text": "a", "date": 1}], "tools": [], "odd": {"a.b": 1}}
    now = {**before, **change}
    assert canonical(request(before)) != canonical(request(now))
    assert canonical(request(before), ignore) == canonical(request(now), ignore)


def test_normalize_is_a_function_or_dates() -> None:
    a, b = request(said("It is 2026-11-22, 10:30.")), request(said("It is 2026-11-23, 9:15."))
    assert canonical(a, normalize="dates") == canonical(b, normalize="dates")
    assert canonical(a, normalize=lambda body: list(body)) == canonical(b, normalize=lambda body: list(body))


@pytest.mark.parametrize("bad", [["a..[b"], [""], "tools"])
def test_a_path_that_is_none_is_refused(bad: Any) -> None:
    with pytest.raises(ValueError, match="JSON path"):
        rules_for(bad)


def test_an_unknown_normalizer_is_refused() -> None:
    with pytest.raises(ValueError, match="dates"):
        rules_for(normalize="nothing")


def index(bodies: list[Any], **options: Any) -> Index:
    return Index([Interaction(request(b), RecordedResponse(), n) for n, b in enumerate(bodies)], rules_for(), **options)


def take(tape: Index, body: Any) -> int | None:
    return tape.take(tape.keys_of(request(body)))


def test_equal_prompts_are_answered_in_their_order_and_then_no_more() -> None:
    tape = index([said("a"), said("b"), said("a")])
    assert [take(tape, said("a")) for _ in range(3)] == [0, 2, None]
    assert take(tape, said("b")) == 1


def test_repeats_gives_the_last_one_again() -> None:
    tape = index([said("a"), said("a")], repeats=True)
    assert [take(tape, said("a")) for _ in range(4)] == [0, 1, 1, 1]
    assert take(tape, said("b")) is None


def test_of_two_that_differ_in_ids_alone_the_one_with_these_ids_comes_first() -> None:
    one, two = said(f"open {UUIDS[0]}"), said(f"open {UUIDS[1]}")
    tape = index([one, two])
    assert take(tape, two) == 1
    assert take(tape, one) == 0


def test_strict_order() -> None:
    tape = index([said("a"), said("b")], strict=True)
    assert take(tape, said("b")) is None
    assert [take(tape, said("a")), take(tape, said("b"))] == [0, 1]


def test_a_hidden_uri_matches_any() -> None:
    tape = Index([Interaction(request(said("a"), HIDDEN), RecordedResponse())], rules_for())
    assert take(tape, said("b")) is None
    assert take(tape, said("a")) == 0


def test_a_lookup_costs_the_same_in_a_large_cassette() -> None:
    def steps(size: int) -> int:
        tape = index([said(f"question {n}") for n in range(size)])
        visited = 0
        first = tape._first

        def counted(waiting: Any) -> Any:
            nonlocal visited
            before = len(waiting or ())
            found = first(waiting)
            visited += before - len(waiting or ())
            return found

        tape._first = counted  # type: ignore[method-assign]
        assert take(tape, said(f"question {size - 1}")) == size - 1
        return visited

    assert steps(1) == steps(500) == 1


@pytest.mark.parametrize("piece", ["a", "a_", "run-", "call_", "/tmp/", "-abcd-", "Temp", "sk-", "org-", "eyJ", "1"])
def test_a_long_text_is_read_once_and_not_once_for_each_letter(piece: str) -> None:
    # What takes a second this way takes hours where the time grows with the square of the length.
    text = piece * (1_000_000 // len(piece))
    assert len(index([said(text)])) == 1


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=8,
)


@settings(max_examples=60, deadline=None)
@given(JSON)
def test_any_body_matches_itself_as_it_is_written_and_read(body: Any) -> None:
    text = json.dumps(body)
    assert canonical(request(text.encode())) == canonical(request(json.dumps(json.loads(text), indent=1).encode()))


def test_a_changed_prompt_does_not_get_the_old_answer(server: Loopback, path: Path) -> None:
    with replay(path, mode="missing"):
        first = ask(server.url, "What is the capital of France?")
    with replay(path):
        assert ask(server.url, "What is the capital of France?") == first
    with pytest.raises(ReplayMiss, match="Germany"), replay(path):
        ask(server.url, "What is the capital of Germany?")
    assert server.hits == 1
