"""Messages, items and events of OpenAI's API as messages of OpenTelemetry's conventions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from autolog._replay.cassette import SseEvent
from autolog._replay.rebuild_pieces import Json, json_list, json_object

__all__ = ["answer_items", "chat_message", "input_items", "part", "put_together"]

_PIECES = ("content", "refusal", "reasoning_content", "reasoning", "thinking", "text")


def part(value: Any) -> Json:
    """Give a text, or anything else, as a part."""
    if isinstance(value, str):
        return {"type": "text", "content": value}
    found = json_object(value)
    for name in ("text", "refusal"):
        if isinstance(found.get(name), str) and str(found.get("type", "")).endswith(("text", "refusal")):
            return {"type": "text", "content": found[name]}
    return found if "type" in found else {"type": "data", "value": value}


def chat_message(value: Json) -> Json:
    """Give a message of a chat, or a choice of an answer."""
    message = json_object(value.get("message")) or value
    thought = [message.get(name) for name in ("reasoning_content", "reasoning", "thinking")]
    parts: list[Json] = [{"type": "reasoning", "content": text} for text in thought if text and isinstance(text, str)]
    content = message.get("content", message.get("text"))
    role = str(message.get("role") or "assistant")
    if role == "tool":
        return {
            "role": role,
            "parts": [{"type": "tool_call_response", "id": message.get("tool_call_id"), "response": content}],
        }
    parts += [part(one) for one in (json_list(content) or ([content] if content else []))]
    if message.get("refusal"):
        parts.append(part(message["refusal"]))
    calls = [json_object(call) for call in json_list(message.get("tool_calls"))]
    if message.get("function_call"):
        calls.append({"function": message["function_call"]})
    for call in calls:
        called = json_object(call.get("function")) or json_object(call.get("custom"))
        parts.append(_called(call.get("id"), called.get("name"), called.get("arguments", called.get("input"))))
    found: Json = {"role": role, "parts": parts}
    if value.get("finish_reason"):
        found["finish_reason"] = value["finish_reason"]
    return found


def _called(identifier: Any, name: Any, arguments: Any) -> Json:
    return {"type": "tool_call", "id": identifier, "name": name, "arguments": arguments}


def input_items(value: Any) -> list[Json]:
    """Give the input of a response: a text, or a list of messages and other items."""
    if isinstance(value, str):
        return [{"role": "user", "parts": [part(value)]}]
    return [_item(json_object(item), "user") for item in json_list(value)]


def answer_items(value: Any) -> list[Json]:
    """Give the output of a response."""
    return [_item(json_object(item), "assistant") for item in json_list(value)]


def _item(item: Json, role: str) -> Json:
    match item.get("type", "message"):
        case "message":
            content = item.get("content")
            parts = [part(one) for one in (json_list(content) or ([content] if content else []))]
            return {"role": str(item.get("role") or role), "parts": parts}
        case "reasoning":
            texts = [
                json_object(one).get("text") for name in ("summary", "content") for one in json_list(item.get(name))
            ]
            said = "\n".join(text for text in texts if isinstance(text, str))
            return {"role": "assistant", "parts": [{"type": "reasoning", "content": said}] if said else []}
        case "function_call" | "custom_tool_call":
            called = _called(item.get("call_id"), item.get("name"), item.get("arguments", item.get("input")))
            return {"role": "assistant", "parts": [called]}
        case "function_call_output" | "custom_tool_call_output":
            result = {"type": "tool_call_response", "id": item.get("call_id"), "response": item.get("output")}
            return {"role": "tool", "parts": [result]}
        case _:
            return {"role": role, "parts": [item]}


def put_together(events: Sequence[SseEvent]) -> Any:
    """Give what a stream comes to: choices of chunks, the response of its last event, else the events as they are."""
    bodies = [json_object(event.json) for event in events]
    error = next((body["error"] for body in bodies if body.get("error")), None)
    held = [body["response"] for body in bodies if isinstance(body.get("response"), dict)]
    found: Json
    if held:
        found = dict(held[-1])
        if not found.get("output"):
            found["output"] = _output(bodies)
    elif any("choices" in body for body in bodies):
        found = {"choices": _choices(bodies)}
    elif error is None:
        return [event.json if event.json is not None else event.data for event in events]
    else:
        found = {}
    return {**found, "error": error} if error else found


def _output(bodies: list[Json]) -> list[Any]:
    done = [body.get("item") for body in bodies if body.get("type") == "response.output_item.done"]
    texts = "".join(str(body.get("delta", "")) for body in bodies if body.get("type") == "response.output_text.delta")
    return done or ([{"type": "message", "content": texts}] if texts else [])


def _choices(bodies: list[Json]) -> list[Json]:
    choices: dict[Any, Json] = {}
    for body in bodies:
        for raw in map(json_object, json_list(body.get("choices"))):
            known = choices.setdefault(raw.get("index", 0), {"role": "assistant", "tool_calls": {}})
            delta = json_object(raw.get("delta")) or raw
            for name in _PIECES:
                said = delta.get(name)
                if isinstance(said, str):
                    known[name] = known.get(name, "") + said
            for call in map(json_object, json_list(delta.get("tool_calls"))):
                _add_call(known["tool_calls"], call)
            if raw.get("finish_reason"):
                known["finish_reason"] = raw["finish_reason"]
    return [{**choices[i], "tool_calls": list(choices[i]["tool_calls"].values())} for i in sorted(choices, key=str)]


def _add_call(calls: dict[Any, Json], call: Json) -> None:
    known = calls.setdefault(call.get("index", call.get("id", len(calls))), {"id": None, "function": {}})
    known["id"] = known["id"] or call.get("id")
    function = json_object(call.get("function")) or json_object(call.get("custom"))
    for name in ("name", "arguments", "input"):
        said = function.get(name)
        if isinstance(said, str):
            to = "arguments" if name == "input" else name
            known["function"][to] = known["function"].get(to, "") + said
