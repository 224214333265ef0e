"""What a wrong filter says: where it is wrong, what exists, and how to write it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from store.kit import trace

from autolog._store import FilterError, Query, Store, open_store
from autolog._store.filter import parse_filter


@pytest.fixture(scope="module")
def stored() -> Iterator[Store]:
    with open_store(":memory:") as store:
        store.write([trace(1)])
        yield store


WRONG = {
    "modle = 'x'": ("there is no column modle. Did you mean model?", "modle"),
    "xyz = 1": ("there is no column xyz.\n", "xyz"),
    "status = 'OK' AND totl_tokens > 3": ("there is no column totl_tokens. Did you mean total_tokens?", "totl"),
    "trace.nonsense = 1": ("there is no column trace.nonsense.", "trace."),
    "span.nonsense = 1": ("there is no column span.nonsense.", "span."),
    "tag. = 1": ("there is no column tag..", "tag."),
    "foo.\"bar\" = 1": ("there is no column foo..", "foo."),
    "'model' = 'x'": ("a condition begins with a column, and 'model' is none", "'model'"),
    "5 < total_tokens": ("a condition begins with a column, and 5 is none", "5"),
    "AND name = 'x'": ("a condition begins with a column, and AND is none", "AND"),
    "name = 'x' AND": ("a condition is missing", "$"),
    "name = 'x' OR OR name = 'y'": ("a condition begins with a column, and OR is none", "OR name"),
    "name": ("an operator is missing after name", "$"),
    "name 'x'": ("an operator is missing after name", "'x'"),
    "name NOT = 'x'": ("an operator is missing after name", "="),
    "name IS 'x'": ("IS is followed by NULL or NOT NULL", "'x'"),
    "name = ": ("a value is missing for name before the end", "$"),
    "name = agent": ("a value is missing for name before agent", "agent"),
    "name = `agent`": ("a value is missing for name before `agent`", "`agent`"),
    "name = (": ("a value is missing for name before (", "("),
    "name = NULL": ("nothing equals NULL", "NULL"),
    "name = 'x' name = 'y'": ("AND or OR is missing before name", "name = 'y'"),
    "name = 'x')": ("AND or OR is missing before )", ")"),
    "(name = 'x'": ("the parenthesis opened at character 1 is not closed", "$"),
    "name = 'x": ("the quote ' is not closed", "'x"),
    "name = \"x": ("the quote \" is not closed", "\"x"),
    "name = 'it's'": ("the quote ' is not closed", "'"),
    "name IN 'x'": ("IN is followed by values in parentheses: IN ('a', 'b')", "'x'"),
    "name IN ()": ("a value is missing for name before )", ")"),
    "name IN ('a' 'b')": ("a comma or the closing parenthesis of IN is missing", "'b'"),
    "total_tokens BETWEEN 1": ("BETWEEN is followed by two values with AND between them", "$"),
    "total_tokens BETWEEN 1 OR 2": ("BETWEEN is followed by two values with AND between them", "OR"),
    "total_tokens LIKE '1%'": ("LIKE is for text, and total_tokens is a number", "LIKE"),
    "start_time ILIKE '2026%'": ("ILIKE is for text, and start_time is a time", "ILIKE"),
    "total_tokens > 'many'": ("total_tokens is compared with a number, and 'many' is none", "'many'"),
    "total_tokens > 1e400": ("1e400 is too large for total_tokens", "1e400"),
    "cost > true": ("cost is compared with a number, and 'true' is none", "true"),
    "status = 'FAILED'": ("status is one of OK, ERROR, IN_PROGRESS, and never 'FAILED'", "'FAILED'"),
    "duration > 5": ("duration needs a unit: duration > '1.5s', or duration_ms > 5", "5"),
    "duration > 'long'": ("'long' is not a length of time: a length of time is written '250ms', '1.5s'", "'long'"),
    "duration > '2h ago'": ("'2h ago' is not a length of time", "'2h"),
    "duration_ms > 'x'": ("'x' is not a length of time", "'x'"),
    "duration > 1.5s": ("not a number", "1.5s"),
    "start_time > 2026-11-01": ("AND or OR is missing before -11", "-11"),
    "start_time > '1.11.2026'": ("'1.11.2026' is not a time: a time is how long ago", "'1.11"),
    "name = 'x' && name = 'y'": ("'&' means nothing here", "&&"),
    "name = 'x' || name = 'y'": ("'|' means nothing here", "||"),
    "name = 'x'; DROP TABLE traces": ("';' means nothing here", ";"),
    "name = 'x' -- comment": ("not a number", "--"),
    "name ~ 'x'": ("'~' means nothing here", "~"),
    "!name": ("'!' means nothing here", "!"),
    "name = $1": ("'$' means nothing here", "$1"),
    "(" * 60 + "name = 'x'" + ")" * 60: ("more than 50 levels of parentheses", None),
    "NOT " * 60 + "name = 'x'": ("more than 50 levels of parentheses", None),
    " OR ".join(["name = 'x'"] * 201): ("more than 200 conditions", None),
    "total_tokens IN (" + ",".join(["1"] * 5001) + ")": ("more than 5,000 values", None),
    "name LIKE '" + "%" * 5001 + "'": ("a pattern of more than 5,000 characters", None),
    "name = '" + "x" * 20_000 + "'": ("a filter of 20,009 characters; the longest is 20,000", None),
}  # fmt: skip


@pytest.mark.parametrize("text", WRONG, ids=lambda t: t[:30])
def test_a_wrong_filter_says_where_and_what_exists(stored: Store, text: str) -> None:
    message, place = WRONG[text]
    with pytest.raises(FilterError) as caught:
        stored.search(Query(text))
    said = str(caught.value) + "\n"
    assert said.startswith(message)
    if place is not None:
        _, shown, caret, *_ = said.split("\n")
        assert shown == f"  {text}"
        assert len(caret) - 1 == len(shown) if place == "$" else shown[len(caret) - 1 :].startswith(place)


@pytest.mark.parametrize(
    ("text", "help_text"),
    [
        ("modle = 'x'", "Of the trace: status, name, trace_id"),
        ("name = 'x' AND", "Of the trace: status, name, trace_id"),
        ("name = agent", "Write text in quotes: 'gpt-4o'"),
        (
            "name 'x'",
            "Operators: = != <> > >= < <= LIKE, ILIKE, IN (...), BETWEEN ... AND ..., IS NULL, each also with NOT",
        ),
        ("name = NULL", "Write name IS NULL, or name IS NOT NULL"),
        ("name = 'x' && name = 'y'", "Write AND"),
        ("duration > 1.5s", "Write text, times and durations in quotes: '1.5s', '2026-11-01'"),
        ("name = 'x", "A quote inside a text is doubled: 'it''s'"),
        ("trace.text LIKE '%refund%'", "What was said is searched for words and phrases with text="),
        ("span.content ILIKE 'x'", "What was said is searched for words and phrases with text="),
        ("request = 'x'", "What was said is searched for words and phrases with text="),
        ("name RLIKE '^a'", "Write LIKE or ILIKE: % is any text, _ any character"),
        ("name NOT REGEXP '^a'", "Write LIKE or ILIKE: % is any text, _ any character"),
    ],
)
def test_a_wrong_filter_says_how_to_write_it(text: str, help_text: str) -> None:
    with pytest.raises(FilterError) as caught:
        parse_filter(text)
    assert str(caught.value).split("\n", 3)[3].startswith(help_text)


def test_a_long_filter_is_shown_around_the_place() -> None:
    with pytest.raises(FilterError) as caught:
        parse_filter(" OR ".join(["name = 'x'"] * 50) + "\nAND modle = 1 AND " + " OR ".join(["name = 'x'"] * 50))
    _, shown, caret, _ = str(caught.value).split("\n", 3)
    assert shown[len(caret) - 1 :].startswith("modle = 1")
    assert shown.startswith("  ...")
    assert shown.endswith("...")
    assert len(shown) < 120


WORDS = st.sampled_from(
    [
        *("name", "model", "tag.x", "status", "duration", "start_time", "attributes.`a`", "AND", "OR", "NOT", "LIKE"),
        *(
            "IN",
            "IS",
            "NULL",
            "BETWEEN",
            "(",
            ")",
            "=",
            "'x'",
            "'2h'",
            '"',
            "'",
            "`k`",
            "5",
            "-1.5",
            ",",
            "?",
            ";",
            "\\",
        ),
    ]
)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(WORDS, max_size=8).map(" ".join) | st.text(max_size=30))
def test_no_text_leads_to_another_error(stored: Store, text: str) -> None:
    try:
        stored.search(Query(text))
    except FilterError:
        return
