"""Real recordings, where they lie beside the project: the fields equal what another reading of the bytes finds."""

from __future__ import annotations

import gzip
import json
import re
from pathlib import Path
from typing import Any

import pytest
from autolog_openai._read import read
from openai_wire import ended, fields_of

from autolog import semconv
from autolog.integration import Fields

SAMPLES = Path(__file__).resolve().parents[2].parent / "shared" / "wire-samples" / "openai-wire.jsonl.gz"
pytestmark = pytest.mark.skipif(not SAMPLES.exists(), reason="the recordings are not here")


def _samples() -> list[dict[str, Any]]:
    if not SAMPLES.exists():
        return []
    with gzip.open(SAMPLES, "rt", encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


ALL = _samples()
STREAMS = [s for s in ALL if re.match(r"\s*(data|event):", s["response"])]
WHOLE = [s for s in ALL if s not in STREAMS]


def _name(sample: dict[str, Any]) -> str:
    return f"{sample['source'].rpartition('/')[2]}-{sample['index']}"


def _fields(sample: dict[str, Any], body: str | None = None, **kwargs: Any) -> Fields:
    return fields_of(
        sample["endpoint"],
        sample["request"],
        sample["response"] if body is None else body,
        host="me.openai.azure.com" if sample["azure"] else "api.openai.com",
        status=sample["status"],
        content_type=sample["content_type"],
        stream=sample["request"].get("stream") is True,
        **kwargs,
    )


def _dig(value: Any, *keys: str) -> Any:
    for key in keys:
        value = value.get(key) if isinstance(value, dict) else None
    return value


def _same_usage(fields: Fields, usage: Any) -> None:
    """Each count that the wire has is the field's, and no other count is there."""
    expected = {}
    for field, names in {
        "input_tokens": (("prompt_tokens",), ("input_tokens",)),
        "output_tokens": (("completion_tokens",), ("output_tokens",)),
        "total_tokens": (("total_tokens",),),
        "cached_input_tokens": (("prompt_tokens_details", "cached_tokens"), ("input_tokens_details", "cached_tokens")),
        "cache_creation_tokens": (
            ("prompt_tokens_details", "cache_write_tokens"),
            ("input_tokens_details", "cache_write_tokens"),
        ),
        "reasoning_tokens": (
            ("completion_tokens_details", "reasoning_tokens"),
            ("output_tokens_details", "reasoning_tokens"),
        ),
        "audio_input_tokens": (("prompt_tokens_details", "audio_tokens"),),
        "audio_output_tokens": (("completion_tokens_details", "audio_tokens"),),
    }.items():
        known = [count for path in names if (count := _dig(usage, *path)) is not None]
        if known:
            expected[field] = known[0]
    assert (fields.usage.to_dict() if fields.usage else {}) == expected


def _texts(fields: Fields) -> list[str]:
    return ["".join(p["content"] for p in m["parts"] if p["type"] == "text") for m in fields.output_messages or ()]


def _calls(fields: Fields) -> list[tuple[str, Any]]:
    parts = [p for m in fields.output_messages or () for p in m["parts"] if p["type"] == "tool_call"]
    return [(p["name"], p.get("arguments")) for p in parts]


def _parsed(arguments: Any) -> Any:
    try:
        return json.loads(arguments)
    except ValueError:
        return arguments


def _check_request(fields: Fields, sample: dict[str, Any]) -> None:
    request = sample["request"]
    assert fields.inputs == request
    assert fields.request_model == request["model"]
    assert fields.name is not None
    assert fields.name.endswith((request["model"], sample["endpoint"]))
    assert fields.provider == ("azure.ai.openai" if sample["azure"] else "openai")
    assert fields.http_status == sample["status"]
    for key in ("temperature", "top_p", "seed", "presence_penalty", "frequency_penalty"):
        assert fields.parameters.get(key) == request.get(key)
    offered = [t.get("name") or _dig(t, "function", "name") or t["type"] for t in request.get("tools") or []]
    offered += [f["name"] for f in request.get("functions") or []]
    assert [t["name"] for t in fields.tool_definitions or ()] == offered
    if "messages" in request:
        assert [m["role"] for m in fields.input_messages or ()] == [m["role"] for m in request["messages"]]
    said = [
        m["content"] for m in request.get("messages", []) if isinstance(m.get("content"), str) and m["role"] != "tool"
    ]
    heard = [p["content"] for m in fields.input_messages or () for p in m["parts"] if p["type"] == "text"]
    assert [s for s in said if s] == [h for h in heard if h in said]


def _check_response_object(fields: Fields, response: dict[str, Any]) -> None:
    messages = [i for i in response["output"] if i["type"] == "message"]
    said = "".join(p["text"] for m in messages for p in m["content"] if p["type"] == "output_text")
    assert "".join(_texts(fields)) == said
    called = [(i["name"], _parsed(i["arguments"])) for i in response["output"] if i["type"] == "function_call"]
    assert [c for c in _calls(fields) if c in called] == called
    assert fields.extra[semconv.RESPONSE_STATUS] == response["status"]
    reason = _dig(response, "incomplete_details", "reason")
    assert fields.finish_reasons == ([reason] if reason else None)
    assert (fields.response_id, fields.response_model) == (response["id"], response["model"])
    _same_usage(fields, response["usage"])
    assert fields.outputs == response


@pytest.mark.parametrize("sample", WHOLE, ids=_name)
def test_whole_replies(sample: dict[str, Any]) -> None:
    fields = _fields(sample)
    _check_request(fields, sample)
    reply = json.loads(sample["response"])
    assert fields.outputs == reply
    if sample["status"] != 200:
        assert (fields.failed, fields.error_code) == (reply["error"]["message"], reply["error"]["code"])
        assert fields.usage is None
        return None
    assert fields.failed is None
    if sample["endpoint"] == "/responses":
        return _check_response_object(fields, reply)
    assert (fields.response_id, fields.response_model) == (reply.get("id"), reply.get("model"))
    _same_usage(fields, reply.get("usage"))
    choices = reply.get("choices", [])
    assert (fields.finish_reasons or []) == [c["finish_reason"] for c in choices]
    if choices:
        assert _texts(fields) == [c["text"] if "text" in c else c["message"]["content"] or "" for c in choices]
        called = [t["function"] for c in choices for t in _dig(c, "message", "tool_calls") or []]
        called += [f for c in choices if (f := _dig(c, "message", "function_call"))]
        assert _calls(fields) == [(f["name"], _parsed(f["arguments"])) for f in called]
    return None


def _blocks(body: str) -> list[str]:
    """The events of a body with their blank lines, without the last that only says that it is done."""
    blocks = re.findall(r".*?(?:\n\n|\Z)", body, re.DOTALL)
    return [b for b in blocks if re.search(r"^\s*data: ?\{", b, re.MULTILINE)]


def _data(block: str) -> dict[str, Any]:
    found = re.search(r"^\s*data: ?(\{.*\})\s*$", block, re.MULTILINE)
    assert found
    return json.loads(found[1])


def _check_chunks(fields: Fields, chunks: list[dict[str, Any]]) -> None:
    said: dict[int, str] = {}
    reasons: dict[int, str] = {}
    arguments: dict[tuple[int, int], list[str]] = {}
    for one in chunks:
        for choice in one["choices"]:
            at = choice["index"]
            delta = choice.get("delta", {})
            said[at] = said.get(at, "") + (choice.get("text") or delta.get("content") or "")
            if choice["finish_reason"]:
                reasons[at] = choice["finish_reason"]
            for call in delta.get("tool_calls") or []:
                entry = arguments.setdefault((at, call["index"]), ["", ""])
                entry[0] += call["function"].get("name") or ""
                entry[1] += call["function"].get("arguments") or ""
    assert _texts(fields) == [said[at] for at in sorted(said)]
    assert (fields.finish_reasons or []) == [reasons[at] for at in sorted(reasons)]
    assert _calls(fields) == [(name, _parsed(text)) for _, (name, text) in sorted(arguments.items())]
    for field, key in ((fields.response_id, "id"), (fields.response_model, "model")):
        assert field == next((c[key] for c in chunks if c.get(key)), None)
    usages = [c["usage"] for c in chunks if c.get("usage")]
    _same_usage(fields, usages[-1] if usages else None)


def _check_events(fields: Fields, events: list[dict[str, Any]]) -> None:
    held = [e["response"] for e in events if "response" in e]
    final = [
        e["response"] for e in events if e["type"] in ("response.completed", "response.incomplete", "response.failed")
    ]
    if final:
        return _check_response_object(fields, final[-1])
    assert (fields.response_id, fields.response_model) == ((held[0]["id"], held[0]["model"]) if held else (None, None))
    assert fields.extra[semconv.RESPONSE_STATUS] == (held[-1]["status"] if held else None)
    assert (fields.usage, fields.finish_reasons) == (None, None)
    assert "".join(_texts(fields)) == "".join(e["delta"] for e in events if e["type"] == "response.output_text.delta")
    written: dict[int, str] = {}
    for event in events:
        if event["type"] in ("response.function_call_arguments.delta", "response.custom_tool_call_input.delta"):
            written[event["output_index"]] = written.get(event["output_index"], "") + event["delta"]
    texts = [a if isinstance(a, str) else json.dumps(a) for _, a in _calls(fields) if a not in (None, "")]
    assert [_parsed(t) for t in texts] == [_parsed(w) for w in written.values()]
    return None


@pytest.mark.parametrize("sample", STREAMS, ids=_name)
def test_streams_whole_and_cut_after_each_event(sample: dict[str, Any]) -> None:
    body = sample["response"]
    blocks = _blocks(body)
    events = [_data(block) for block in blocks]
    check = _check_events if sample["endpoint"] == "/responses" else _check_chunks
    whole = _fields(sample)
    _check_request(whole, sample)
    check(whole, events)
    assert whole.failed is None
    for count in range(len(events) + 1):
        check(_fields(sample, "".join(blocks[:count])), events[:count])  # the network was cut
        if count:
            check(_fields(sample, given=count, outcome="abandoned", tapped=True), events[:count])  # the program left


@pytest.mark.parametrize("sample", STREAMS, ids=_name)
def test_streams_cut_inside_an_event(sample: dict[str, Any]) -> None:
    raw = sample["response"].encode()
    said = "".join(_texts(_fields(sample)))
    for cut in range(0, len(raw), max(len(raw) // 40, 1)):
        part = ended(sample["endpoint"], sample["request"], raw[:cut], content_type=sample["content_type"], stream=True)
        assert said.startswith("".join(_texts(read(part))))
