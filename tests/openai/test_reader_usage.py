"""Token counts: each form that servers send them in, and what is no token count."""

from __future__ import annotations

import math
from typing import Any

import pytest
from openai_wire import chunk, fields_of, stream_fields

from autolog import Usage


def _read(response: dict[str, Any], path: str = "/chat/completions") -> dict[str, int] | None:
    usage = fields_of(path, {"model": "m"}, response).usage
    return None if usage is None else usage.to_dict()


@pytest.mark.parametrize(
    ("usage", "read"),
    [
        ({"prompt_tokens": 5, "completion_tokens": 2, "total_tokens": 7}, Usage(5, 2, 7)),
        ({"input_tokens": 5, "output_tokens": 2, "total_tokens": 7}, Usage(5, 2, 7)),
        ({"prompt_tokens": 5}, Usage(5)),
        ({"prompt_tokens": 0, "completion_tokens": 0, "total_tokens": 0}, Usage(0, 0, 0)),
        ({"total_tokens": 7}, Usage(total_tokens=7)),
        (
            {
                "prompt_tokens": 5,
                "prompt_tokens_details": {"cached_tokens": 4, "audio_tokens": 1, "cache_write_tokens": 3},
                "completion_tokens": 9,
                "completion_tokens_details": {"reasoning_tokens": 6, "audio_tokens": 2},
            },
            Usage(5, 9, None, 4, 3, 6, 1, 2),
        ),
        # Anthropic's names: apart from the input, and kept so
        (
            {"prompt_tokens": 5, "cache_read_input_tokens": 100, "cache_creation_input_tokens": 50},
            Usage(5, cached_input_tokens=100, cache_creation_tokens=50),
        ),
        # DeepSeek
        (
            {"prompt_tokens": 5, "prompt_cache_hit_tokens": 3, "prompt_cache_miss_tokens": 2},
            Usage(5, cached_input_tokens=3),
        ),
        # Moonshot
        ({"prompt_tokens": 5, "cached_tokens": 3}, Usage(5, cached_input_tokens=3)),
        # Perplexity
        (
            {
                "prompt_tokens": 5,
                "completion_tokens": 2,
                "reasoning_tokens": 9,
                "search_context_size": "low",
                "cost": {"x": 1},
            },
            Usage(5, 2, reasoning_tokens=9),
        ),
        # xAI: its total holds the reasoning, its completion does not
        (
            {
                "prompt_tokens": 5,
                "completion_tokens": 2,
                "total_tokens": 17,
                "completion_tokens_details": {"reasoning_tokens": 10},
            },
            Usage(5, 2, 17, reasoning_tokens=10),
        ),
        # DashScope
        (
            {"prompt_tokens": 5, "prompt_tokens_details": {"cache_creation_input_tokens": 4, "cached_tokens": 0}},
            Usage(5, cached_input_tokens=0, cache_creation_tokens=4),
        ),
        # Groq's times and a transcription's details
        ({"prompt_tokens": 5, "queue_time": 0.1, "prompt_time": 0.2}, Usage(5)),
        ({"input_tokens": 5, "input_token_details": {"audio_tokens": 4}}, Usage(5, audio_input_tokens=4)),
        ({"prompt_tokens": 5.0}, Usage(5)),
        ({"prompt_tokens": 5, "prompt_tokens_details": None, "completion_tokens_details": []}, Usage(5)),
        ({"prompt_tokens": 5.5, "completion_tokens": "2", "total_tokens": True}, None),
        ({"prompt_tokens": -1, "completion_tokens": None, "total_tokens": [7]}, None),
        ({"prompt_tokens": math.inf, "completion_tokens": math.nan, "total_tokens": 10**30}, None),
        ({}, None),
        ([5, 2], None),
        ("5", None),
        (5, None),
        (None, None),
    ],
)
def test_usage_as_it_is_on_the_wire(usage: Any, read: Usage | None) -> None:
    assert fields_of(request={"model": "m"}, response={"usage": usage}).usage == read


@pytest.mark.parametrize(
    ("path", "expected"), [("/chat/completions", (5, 2)), ("/responses", (50, 20)), ("/images/generations", (50, 20))]
)
def test_each_api_has_its_own_names_where_a_gateway_sends_both(path: str, expected: tuple[int, int]) -> None:
    usage = {"prompt_tokens": 5, "completion_tokens": 2, "input_tokens": 50, "output_tokens": 20}
    found = fields_of(path, {"model": "m"}, {"usage": usage}).usage
    assert found is not None
    assert (found.input_tokens, found.output_tokens) == expected


@pytest.mark.parametrize(
    ("response", "read"),
    [
        ({"x_groq": {"id": "r", "usage": {"prompt_tokens": 5}}}, {"input_tokens": 5}),
        ({"usage": {"prompt_tokens": 1}, "x_groq": {"usage": {"prompt_tokens": 5}}}, {"input_tokens": 1}),
        ({"x_groq": 3}, None),
        ({"timings": {"prompt_n": 5, "cache_n": 10, "predicted_n": 7}}, None),
    ],
)
def test_usage_in_other_places(response: dict[str, Any], read: dict[str, int] | None) -> None:
    assert _read(response) == read


def test_the_last_usage_of_a_stream_counts() -> None:
    running = [chunk({"content": "a"}, usage={"prompt_tokens": 5, "completion_tokens": n}) for n in (1, 2, 3)]
    after = chunk({}, finish="stop", usage=None)
    assert stream_fields([*running, after]).usage == Usage(5, 3)


@pytest.mark.parametrize(
    ("sent", "read"),
    [
        (
            [{"prompt_tokens": 5, "completion_tokens": 3, "total_tokens": 8}, {"prompt_tokens": 0, "total_tokens": 0}],
            (5, 3, 8),
        ),
        ([{"prompt_tokens": 5, "completion_tokens": 0}, {"completion_tokens": 3}], (5, 3, None)),
        # a total of what was counted before the last counts came is none
        ([{"prompt_tokens": 5, "completion_tokens": 0, "total_tokens": 5}, {"completion_tokens": 3}], (5, 3, None)),
        ([{"prompt_tokens": 5, "total_tokens": 5}, {"prompt_tokens": 5, "cost": 0.1}], (5, None, 5)),
        ([{"prompt_tokens": 0, "completion_tokens": 0, "total_tokens": 0}], (0, 0, 0)),
        (
            [{"prompt_tokens": 9, "total_tokens": 9}, {"prompt_tokens": 5, "completion_tokens": 1, "total_tokens": 6}],
            (5, 1, 6),
        ),
    ],
)
def test_later_usage_of_a_stream_takes_nothing_back(sent: list[Any], read: tuple[int | None, ...]) -> None:
    usage = stream_fields([chunk({"content": "a"}, usage=usage) for usage in sent]).usage
    assert usage is not None
    assert (usage.input_tokens, usage.output_tokens, usage.total_tokens) == read


def test_details_of_usage_come_together_too() -> None:
    sent = [
        {"prompt_tokens": 5, "prompt_tokens_details": {"cached_tokens": 4}},
        {"prompt_tokens_details": {"audio_tokens": 1}},
    ]
    usage = stream_fields([chunk({"content": "a"}, usage=usage) for usage in sent]).usage
    assert usage == Usage(5, cached_input_tokens=4, audio_input_tokens=1)


_USAGE = {"prompt_tokens": 5, "completion_tokens": 2}


@pytest.mark.parametrize(
    ("method", "path", "identifier", "fetched"),
    [
        ("POST", "/chat/completions", "chatcmpl-1", False),
        ("GET", "/chat/completions/chatcmpl-1", "chatcmpl-1", True),
        ("POST", "/chat/completions/chatcmpl-1", "chatcmpl-1", True),
        ("POST", "/threads/t_1/runs", "run_1", False),
        ("POST", "/threads/t_1/runs/run_1", "run_1", True),
        ("POST", "/threads/t_1/runs/run_1/cancel", "run_1", True),
        ("POST", "/threads/t_1/runs/run_1/submit_tool_outputs", "run_1", True),
        ("POST", "/responses/resp_1/cancel", "resp_1", True),
        ("POST", "/responses/compact", "resp_1", False),
        ("POST", "/videos/video_1/remix", "video_2", False),
        ("POST", "/unknown/made_1/change", "made_1", True),
        ("POST", "/unknown/made%3A1/change", "made:1", True),
    ],
)
def test_usage_of_what_was_made_before_is_only_looked_up(
    method: str, path: str, identifier: str, fetched: bool
) -> None:
    fields = fields_of(
        path, {"metadata": {}}, {"id": identifier, "status": "completed", "usage": _USAGE}, method=method
    )
    assert fields.usage == Usage(5, 2)
    assert fields.usage_fetched is fetched
    assert fields.usage_id == (identifier if fetched or ("chat" not in path and "compact" not in path) else None)


def test_usage_inside_the_last_choice() -> None:
    last = {"choices": [{"index": 0, "delta": {}, "finish_reason": "stop", "usage": {"prompt_tokens": 5}}]}
    assert stream_fields([chunk({"content": "a"}), last]).usage == Usage(5)


def test_a_stream_without_usage_has_none() -> None:
    assert stream_fields([chunk({"content": "a"}, usage=None), chunk({}, finish="stop")]).usage is None


@pytest.mark.parametrize(
    ("status", "counts"),
    [("validating", False), ("in_progress", False), ("finalizing", False), ("completed", True), ("expired", True)],
)
def test_the_usage_of_a_batch_counts_when_it_has_ended(status: str, counts: bool) -> None:
    batch = {"id": "batch_1", "object": "batch", "status": status, "usage": {"input_tokens": 5, "output_tokens": 1}}
    fields = fields_of("/batches/batch_1", None, batch, method="GET")
    assert fields.usage == (Usage(5, 1) if counts else None)
    assert fields.usage_id == ("batch_1" if counts else None)
