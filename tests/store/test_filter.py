"""The filter language: what each condition finds, whichever way the search goes, and what a wrong one says."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

import pytest
from store.kit import START, chat, span, tid, trace

from autolog import semconv
from autolog._model import Trace, Usage
from autolog._store import Query, Store, open_store, query


def population() -> list[Trace]:
    """Five traces, each with something that the others lack."""
    slow = span(1, trace=1, name="agent", kind="AGENT", ms=2000)
    answer = chat(2, trace=1, parent=1, tokens=1000, cost=0.5, attributes={
        semconv.PROVIDER_NAME: "openai", semconv.INTEGRATION: "openai", semconv.OPERATION_NAME: "chat",
        semconv.FINISH_REASONS: ["stop", "length"], semconv.TIME_TO_FIRST_CHUNK: 0.25, "my.flag": True,
        'odd "key"': "x", "temperature": 0.5, "n": 3, "list": ["a"],
    })  # fmt: skip
    failed = span(3, trace=2, name="agent", error="TimeoutError", attributes={semconv.HTTP_STATUS_CODE: 504, "n": "12"})
    cheap = chat(4, trace=3, tokens=10, cost=0.001, model="gpt-4o-mini", attributes={
        "my.flag": False, "scores": [1, 3], "flags": [False, True],
    })  # fmt: skip
    other = chat(5, trace=4, tokens=20, model="claude_5", outcome="abandoned")
    open_ = span(6, trace=5, name="100% *[it's]* \\ done?", ms=None, outcome=None, status="IN_PROGRESS")
    everything = Usage(1, 2, 3, 4, 5, 6, 7, 8)
    return [
        trace(1, slow, answer, tags={"env": "prod", "my key": "x", "v": "10"}, session_id="s1", user_id="ann"),
        trace(2, failed, tags={"env": "dev", "v": "9"}, session_id="s1"),
        trace(3, cheap, tags={"env": "PROD"}, metadata={"build": 7, "ok": True, "name": "x", "f": 1.5, "none": None}),
        trace(4, other, metadata={"build": "7", "ok": False}, user_id="bob"),
        trace(5, open_, span(7, trace=5, parent=6, usage=everything), session_id="42"),
    ]


@pytest.fixture(scope="module")
def stored() -> Iterator[Store]:
    with open_store(":memory:") as store:
        store.write(population())
        yield store


def local(seconds: int) -> str:
    return dt.datetime.fromtimestamp(START / 1e9 + seconds).isoformat(sep=" ")


FOUND = {
    "status = 'ERROR'": "2",
    "status != 'OK'": "25",
    "status = 'error' OR status = 'in_progress'": "25",
    "status IN ('OK')": "134",
    "status NOT IN ('OK', 'ERROR')": "5",
    "STATUS = 'OK' and NOT name = 'chat'": "1",
    "name = 'agent'": "12",
    "name LIKE 'ag%'": "12",
    "name LIKE 'AG%'": "",
    "name ILIKE 'AG%'": "12",
    "name NOT LIKE 'ag%'": "345",
    "name NOT ILIKE 'AG%'": "345",
    "name LIKE '_gent'": "12",
    "name LIKE 'agen'": "",
    "name LIKE '100% *[it''s]* \\\\ done?'": "5",
    "name LIKE '100\\% *%'": "5",
    "name LIKE '*'": "",
    "name LIKE '%?'": "5",
    "name ILIKE '100\\%%'": "5",
    "name LIKE \"%it's%\"": "5",
    "session_id = 's1'": "12",
    "session_id = \"s1\"": "12",
    "session_id = 42": "5",
    "session_id IS NULL": "34",
    "session_id IS NOT NULL": "125",
    "session_id != 's1'": "5",
    "NOT session_id = 's1'": "345",
    "session_id = 's1' AND user_id = 'ann'": "1",
    "user_id IN ('ann', 'bob', 'nobody')": "14",
    "user_id NOT IN ('ann')": "4",
    f"trace_id = '{tid(3)}'": "3",
    f"trace_id IN ('{tid(3)}', '{tid(4)}')": "34",
    "duration_ms > 1500": "1",
    "duration_ms >= 100 AND duration_ms <= 100": "234",
    "duration_ms = 2000": "1",
    "duration_ms BETWEEN 100 AND 2000": "1234",
    "duration_ms NOT BETWEEN 100 AND 1000": "1",
    "duration > '1.5s'": "1",
    "duration < '1m' and duration > '150ms'": "1",
    "duration_ms IS NULL": "5",
    "execution_time_ms > 1500": "1",
    "execution_time > 1500": "1",
    "span_duration_ms < 1000 AND name = 'agent'": "12",
    "input_tokens > 15": "14",
    "output_tokens = 500": "1",
    "total_tokens > 1000": "1",
    "total_tokens > 3 AND total_tokens < 1e2": "34",
    "total_tokens IN (3, 15)": "35",
    "total_tokens IS NULL": "2",
    "total_tokens > -1": "1345",
    "cached_input_tokens = 4 AND cache_creation_tokens = 5 AND reasoning_tokens = 6": "5",
    "audio_input_tokens = 7 AND audio_output_tokens = '8'": "5",
    "cost > 0.01": "1",
    "cost <= .001": "3",
    "cost IS NULL AND unpriced_calls = 1": "45",
    "span_count = 2": "15",
    f"start_time > '{local(3)}'": "45",
    f"start_time >= '{local(3)}'": "345",
    f"start_time BETWEEN '{local(2)}' AND '{local(4)}'": "234",
    f"timestamp_ms > {(START + 3 * 10**9) // 10**6}": "45",
    f"timestamp <= {START // 10**9 + 2}": "12",
    "start_time > 1.7e9": "12345",
    "start_time < 1.7E9": "",
    f"start_time = {START + 3 * 10**9}": "3",
    "start_time > '2020-01-01' AND end_time IS NOT NULL": "1234",
    f"end_time < '{local(2)}'": "",
    "start_time < '1h'": "12345",
    "model = 'gpt-4o'": "1",
    "model LIKE 'gpt%'": "13",
    "model LIKE 'gpt-4o'": "1",
    "model LIKE '%mini'": "3",
    "model ILIKE '%MINI'": "3",
    "model LIKE 'claude_5'": "4",
    "model != 'gpt-4o'": "34",
    "NOT model = 'gpt-4o'": "2345",
    "model IS NULL": "25",
    "model IS NOT NULL": "134",
    "model IN ('gpt-4o', 'claude_5')": "14",
    "span_name = 'chat'": "134",
    "span.name = 'chat' AND name = 'agent'": "1",
    "span_type = 'AGENT'": "1",
    "span_type = 'agent'": "1",
    "span_type IN ('agent', 'Task')": "125",
    "span_type != 'chat_model' AND span_type != 'agent'": "125",
    "NOT span_type = 'chat_model'": "25",
    "span_type = 'chat model'": "",
    "span.type IN ('AGENT', 'TASK')": "125",
    "span_status = 'ERROR'": "2",
    "span.status = 'OK'": "1345",
    "trace.status = 'ERROR'": "2",
    "trace.name = 'agent' AND trace.timestamp_ms > 1": "12",
    "span.model = 'gpt-4o'": "1",
    "provider = 'openai' AND integration = 'openai' AND operation = 'chat'": "1",
    "error_type = 'TimeoutError'": "2",
    "error_type IS NULL": "1345",
    "finish_reason = 'length'": "1",
    "outcome = 'abandoned'": "4",
    "http_status >= 500": "2",
    "first_chunk_ms = 250": "1",
    "tag.env = 'prod'": "1",
    "tags.env LIKE 'p%'": "1",
    "tag.env ILIKE 'p%'": "13",
    "tag.env != 'prod'": "23",
    "NOT tag.env = 'prod'": "2345",
    "tag.env IN ('prod', 'dev')": "12",
    "tag.env NOT IN ('prod', 'dev')": "3",
    "tag.env IS NULL": "45",
    "tag.env IS NOT NULL": "123",
    "tag.\"my key\" = 'x'": "1",
    "tag.'my key' = 'x'": "1",
    "tag.`my key` = 'x'": "1",
    "tag.v = 10": "1",
    "tag.v = '10'": "1",
    "tag.v > 9": "1",
    "tag.v > '9'": "1",
    "tag.v >= 9": "12",
    "tag.v BETWEEN 9 AND 11": "12",
    "tag.env > 0": "",
    "tag.nothing = 'x'": "",
    "metadata.build = 7": "34",
    "metadata.build = '7'": "34",
    "metadata.build >= 7": "34",
    "metadata.build < 7.5 AND metadata.f > 1.25": "3",
    "metadata.ok = true": "3",
    "metadata.ok = FALSE": "4",
    "request_metadata.name = 'x'": "3",
    "metadata.none IS NULL": "12345",
    "metadata.build IS NULL": "125",
    "attributes.my.flag = true": "1",
    "attributes.`my.flag` = false": "3",
    "attributes.temperature = 0.5": "1",
    "attributes.temperature > 0.4": "1",
    "attributes.n > 2": "12",
    "attributes.n = 3": "1",
    "attributes.n LIKE '1%'": "2",
    "attribute.list = '[\"a\"]'": "1",
    "attributes.list = 'a'": "1",
    "attributes.list LIKE 'a%'": "1",
    "attributes.gen_ai.response.finish_reasons = 'length'": "1",
    "attributes.gen_ai.response.finish_reasons IN ('length', 'x')": "1",
    "attributes.gen_ai.response.finish_reasons = 'tool_calls'": "",
    "attributes.gen_ai.response.finish_reasons != 'length'": "",
    "attributes.gen_ai.response.finish_reasons != 'tool_calls'": "1",
    "attributes.gen_ai.response.finish_reasons NOT IN ('stop')": "",
    "attributes.gen_ai.response.finish_reasons NOT LIKE 'x%'": "1",
    "attributes.scores > 2.5": "3",
    "attributes.scores = 1": "3",
    "attributes.scores > 3": "",
    "attributes.scores NOT BETWEEN 3 AND 4": "",
    "attributes.flags = true": "3",
    "attributes.`odd \"key\"` = 'x'": "1",
    "span.attributes.temperature IS NOT NULL": "1",
    "attributes.temperature IS NULL": "2345",
    "attributes.`gen_ai.provider.name` = 'openai'": "1",
    "name = 'agent' AND (status = 'ERROR' OR total_tokens > 1000)": "12",
    "(name = 'agent' AND status = 'ERROR') OR total_tokens = 15": "23",
    "name = 'agent' AND status = 'ERROR' OR total_tokens = 15": "23",
    "NOT (name = 'agent' OR session_id = '42')": "34",
    "NOT NOT name = 'agent'": "12",
    "((((name = 'agent'))))": "12",
    "name == 'agent'": "12",
    "name <> 'agent'": "345",
    "name='agent'and status='OK'": "1",
    "\n name\t=\n'agent' ": "12",
    "   ": "12345",
    # what looks like SQL is a value
    "name = 'x'' OR 1=1 --'": "",
    "name = '\"; DROP TABLE traces; --'": "",
    "session_id IN ('s1'') OR (1=1')": "",
    "tag.\"x' OR '1'='1\" = 'x'": "",
    "tag.`env') OR 1=1 --` = 'x'": "",
    "attributes.`x\") OR 1=1 --` = 1": "",
    "name LIKE '%'' OR ''1''=''1'": "",
    "name = '\ud800'": "",
    "name = '\0'": "",
}  # fmt: skip


@pytest.mark.parametrize("text", FOUND)
def test_a_filter_finds_these_traces_whichever_way_it_goes(
    stored: Store, text: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for few in (0, 2, 10**9):  # walking through all traces; beginning with what is rare; beginning with a condition
        monkeypatch.setattr(query, "FEW", few)
        found = stored.search_ids(Query(text))
        assert "".join(sorted(str(int(i[:4], 16)) for i in found)) == FOUND[text], few
        assert stored.count(Query(text)) == len(found), few
        assert found == sorted(found, reverse=True), few  # the newest first


def test_every_column_is_in_the_table() -> None:
    from autolog._store.columns import SPAN_COLUMNS, TRACE_COLUMNS

    words = " ".join(FOUND)
    assert [c for c in (*TRACE_COLUMNS, *SPAN_COLUMNS) if c not in words] == []
