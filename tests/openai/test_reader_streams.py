"""Streamed completions: chunks put together to one response, whole and left early."""

from __future__ import annotations

from typing import Any

import pytest
from openai_wire import chunk, fields_of, sse, stream_fields

from autolog import Usage


def _message(events: list[dict[str, Any]]) -> dict[str, Any]:
    return stream_fields(events).outputs["choices"][0]["message"]


def test_chunks_have_the_shape_of_a_whole_completion() -> None:
    events = [
        {
            "id": "",
            "model": "",
            "created": 0,
            "object": "",
            "choices": [],
            "prompt_filter_results": [{"prompt_index": 0}],
        },
        chunk({"role": "assistant", "content": "", "refusal": None}, obfuscation="x", system_fingerprint="fp_1"),
        chunk({"content": "Hel"}, service_tier="default", system_fingerprint=""),
        chunk({"role": "assistant", "content": "lo"}),
        chunk({}, finish="stop"),
        {"id": "chatcmpl-1", "choices": [], "usage": {"prompt_tokens": 3, "completion_tokens": 2, "total_tokens": 5}},
    ]
    fields = stream_fields(events)
    assert fields.outputs == {
        "id": "chatcmpl-1",
        "object": "chat.completion",
        "created": 1,
        "model": "m-1",
        "prompt_filter_results": [{"prompt_index": 0}],
        "system_fingerprint": "fp_1",
        "service_tier": "default",
        "usage": {"prompt_tokens": 3, "completion_tokens": 2, "total_tokens": 5},
        "choices": [
            {
                "index": 0,
                "message": {"role": "assistant", "content": "Hello"},
                "logprobs": None,
                "finish_reason": "stop",
            }
        ],
    }
    assert (fields.response_id, fields.response_model, fields.finish_reasons) == ("chatcmpl-1", "m-1", ["stop"])
    assert fields.usage == Usage(3, 2, 5)
    assert fields.parameters == {"stream": True}


def test_choices_are_kept_apart_by_index_whatever_its_gaps() -> None:
    events = [
        chunk({"content": "c"}, index=7),
        chunk({"content": "a"}, index=0),
        chunk({"content": "C"}, index=7, finish="length"),
        {"choices": None},
        {"choices": [{"delta": None, "index": 0}, None, {"index": "x", "delta": {"content": "odd"}}]},
        {"choices": [{"delta": {"content": "A"}, "finish_reason": "stop"}]},
        {},
    ]
    fields = stream_fields(events)
    found = {c["index"]: (c["message"]["content"], c["finish_reason"]) for c in fields.outputs["choices"]}
    assert found == {0: ("aA", "stop"), 2: ("odd", None), 7: ("cC", "length"), 1: (None, None)}
    assert fields.finish_reasons == ["stop", "length"]


@pytest.mark.parametrize("member", ["refusal", "reasoning_content", "reasoning"])
def test_other_texts_that_come_in_pieces(member: str) -> None:
    assert _message([chunk({member: "a"}), chunk({member: None}), chunk({member: "b"})])[member] == "ab"


def test_audio_comes_in_pieces() -> None:
    pieces = [
        {"id": "a"},
        {"transcript": "he"},
        {"data": "QUJD"},
        {"transcript": "y"},
        {"data": "REVG"},
        {"expires_at": 9},
    ]
    fields = stream_fields([chunk({"audio": piece}) for piece in pieces])
    assert fields.outputs["choices"][0]["message"]["audio"] == {
        "id": "a",
        "transcript": "hey",
        "data": "QUJDREVG",
        "expires_at": 9,
    }
    assert fields.output_messages == [
        {
            "role": "assistant",
            "parts": [{"modality": "audio", "type": "blob", "content": "QUJDREVG", "transcript": "hey"}],
        }
    ]


def test_typed_content_and_annotations_in_pieces() -> None:
    message = _message(
        [
            chunk({"content": [{"type": "thinking", "thinking": [{"type": "text", "text": "h"}]}]}),
            chunk({"content": [{"type": "thinking", "thinking": [{"type": "text", "text": "m"}]}]}),
            chunk({"content": "y", "annotations": [1]}),
            chunk({"content": "es", "annotations": [2]}),
            chunk({"content": [{"type": "reference", "reference_ids": [1]}]}),
        ]
    )
    assert message["content"] == [
        {"type": "thinking", "thinking": "hm"},
        {"type": "text", "text": "yes"},
        {"type": "reference", "reference_ids": [1]},
    ]
    assert message["annotations"] == [1, 2]


def test_log_probabilities_and_filter_results() -> None:
    events = [
        {"choices": [{"index": 0, "delta": {}, "logprobs": {"content": [{"token": "a"}], "refusal": None}}]},
        {
            "choices": [
                {"index": 0, "delta": {}, "logprobs": None, "content_filter_results": {"hate": {"filtered": False}}}
            ]
        },
        {
            "choices": [
                {"index": 0, "delta": {}, "logprobs": {"content": [{"token": "b"}]}, "content_filter_results": {}}
            ]
        },
    ]
    choice = stream_fields(events).outputs["choices"][0]
    assert choice["logprobs"] == {"content": [{"token": "a"}, {"token": "b"}]}
    assert choice["content_filter_results"] == {"hate": {"filtered": False}}


def test_half_characters_in_two_pieces_are_one_again() -> None:
    assert _message([chunk({"content": "\ud83d"}), chunk({"content": "\ude00!"})])["content"] == "\U0001f600!"


def test_a_whole_message_in_a_stream() -> None:
    whole = {"choices": [{"index": 0, "message": {"role": "assistant", "content": "hi"}, "finish_reason": "stop"}]}
    assert _message([whole]) == {"role": "assistant", "content": "hi"}
    both = [chunk({"content": p}) for p in "hi"]
    both[1]["choices"][0]["message"] = {"content": "hi"}  # Perplexity: the piece, and all so far
    assert _message(both)["content"] == "hi"


def test_streamed_text_completion() -> None:
    events = [
        {
            "id": "cmpl-1",
            "model": "d",
            "choices": [{"index": 1, "text": "x", "logprobs": {"tokens": ["x"], "text_offset": [0]}}],
        },
        {"id": "cmpl-1", "model": "d", "choices": [{"index": 0, "text": "a", "finish_reason": None}]},
        {
            "id": "cmpl-1",
            "model": "d",
            "choices": [{"index": 1, "text": "y", "logprobs": {"tokens": ["y"], "text_offset": [1]}}],
        },
        {"id": "cmpl-1", "model": "d", "choices": [{"index": 0, "text": "", "finish_reason": "stop"}], "usage": None},
        {"id": "cmpl-1", "model": "d", "choices": [], "usage": {"prompt_tokens": 1, "completion_tokens": 2}},
    ]
    fields = stream_fields(events, "/completions")
    assert [(c["index"], c["text"], c["finish_reason"]) for c in fields.outputs["choices"]] == [
        (0, "a", "stop"),
        (1, "xy", None),
    ]
    assert fields.outputs["choices"][1]["logprobs"] == {"tokens": ["x", "y"], "text_offset": [0, 1]}
    assert (fields.finish_reasons, fields.usage) == (["stop"], Usage(1, 2))


EVENTS = [chunk({"content": letter}) for letter in "abcde"]


@pytest.mark.parametrize(
    ("given", "exhausted", "outcome", "text"),
    [
        (None, False, "completed", "abcde"),  # no progress known
        (2, False, "abandoned", "ab"),
        (5, False, "abandoned", "abcde"),
        (9, False, "abandoned", "abcde"),
        (2, True, "completed", "abcde"),  # read to its end, the rest in another way
        (0, False, "abandoned", "abcde"),  # the program read the lines itself
        (2, False, "error", "ab"),
        (2, False, "cancelled", "ab"),
    ],
)
def test_what_the_program_took_counts(given: int | None, exhausted: bool, outcome: Any, text: str) -> None:
    fields = stream_fields(EVENTS, given=given, exhausted=exhausted, outcome=outcome, tapped=True)
    assert fields.outputs["choices"][0]["message"]["content"] == text
    assert fields.finish_reasons is None


def test_a_stream_cut_inside_an_event() -> None:
    body = sse(EVENTS, done=False)
    cut = body[: body.rindex('"content": "e"') + 4]
    fields = fields_of(request={"stream": True}, response=cut, content_type="text/event-stream", stream=True)
    assert fields.outputs["choices"][0]["message"]["content"] == "abcd"
    fields = fields_of(request={"stream": True}, response=body.rstrip(), content_type="text/event-stream", stream=True)
    assert fields.outputs["choices"][0]["message"]["content"] == "abcde"


def test_a_stream_that_gave_nothing() -> None:
    fields = fields_of(request={"model": "m"}, response=b"", content_type="text/event-stream", stream=True)
    assert (fields.outputs, fields.output_messages, fields.name) == ({"choices": []}, None, "chat m")


def test_a_stream_of_an_unknown_endpoint_is_kept_as_it_came() -> None:
    fields = stream_fields([{"a": 1}, {"b": 2}], "/agents/sessions/sess_1/events")
    assert fields.outputs == [{"a": 1}, {"b": 2}]
