"""The background reader of WebSocket sessions: what was sent and received to fields and events."""

from __future__ import annotations

from operator import itemgetter
from typing import TYPE_CHECKING, Any

from autolog.integration import EndedCall, Fields, Usage, semconv
from autolog_openai._errors import problem_in
from autolog_openai._items import input_messages, instructions_of, output_parts
from autolog_openai._json import Json, as_dict, as_str, dicts, is_dict, is_list, loads
from autolog_openai._messages import called_tools, finish_reason_of
from autolog_openai._parameters import parameters_of
from autolog_openai._provider import provider_of
from autolog_openai._realtime_look import audio_bytes
from autolog_openai._response_stream import gather_response
from autolog_openai._secrets import without_secrets
from autolog_openai._tools import tool_definitions
from autolog_openai._usage import usage_of

if TYPE_CHECKING:
    from autolog_openai._realtime_session import Message, Session

__all__ = ["read_session"]

Moment = tuple[int, bool, Json]

_TRANSCRIBED = "conversation.item.input_audio_transcription.completed"
# Texts that come in pieces, by their name in the Responses API, whose reader puts them together.
_TEXTS = ("response.text", "response.audio_transcript", "response.output_audio_transcript")


def read_session(call: EndedCall) -> Fields:
    """Read a session that has ended."""
    session: Session = call.capture
    fields = Fields(provider=provider_of(session.host), server_address=session.host or None, server_port=session.port)
    fields.request_model = session.model
    moments = _moments(session.done.messages)
    cut_off = _cut_off([event for _, _, event in _moments(session.unfinished.messages)])
    received = [(at, event) for at, sent, event in moments if not sent]
    fields.inputs = [event for _, sent, event in moments if sent] or None
    fields.outputs = [*(event for _, event in received), *cut_off] or None
    session.events.extend(_mark(at, event) for at, event in received if _is_marked(event))
    session.events.sort(key=itemgetter(1))
    extra: dict[str, Any] = {
        semconv.AUDIO_SENT_BYTES: session.audio_sent or None,
        semconv.AUDIO_RECEIVED_BYTES: session.audio_received or None,
        semconv.MESSAGES_LEFT_OUT: session.done.left_out + session.unfinished.left_out or None,
    }
    fields.extra = extra
    if session.replies is None:
        answers = _read_talk(fields, moments, cut_off)
        extra[semconv.TOOL_CALLS] = called_tools(answers)
        if session.audio_received:
            fields.output_type = "speech"
        fields.name = f"realtime {fields.request_model or fields.response_model or ''}".rstrip()
    # An error ends nothing and is an event, but for the server's last word before it closes: it says why.
    last = received[-1] if received and session.server_ended else (0, None)
    problem = problem_in(last[1], failed=False) if last[0] == session.last_ns else None
    if problem is not None:
        fields.failed = problem.message or problem.code or "error"
        fields.error_type, fields.error_code = problem.code or problem.type, problem.code
    return fields


def _moments(messages: list[Message]) -> list[Moment]:
    found: list[Moment] = []
    for at, sent, message in messages:
        try:
            event = as_dict(loads(message) if isinstance(message, (str, bytes)) else message)
            if event:
                found.append((at, sent, as_dict(_without_audio(_hide(event)))))
        except (ValueError, RecursionError):  # no JSON, or nested as deep as no event is
            continue
    return found


def _hide(event: Json) -> Json:
    """Hide the secrets of an event and of the session or the request for a response that it holds."""
    inner = {key: without_secrets(event[key]) for key in ("session", "response") if is_dict(event.get(key))}
    return as_dict(without_secrets({**event, **inner}))


def _without_audio(value: Any) -> Any:
    """Give of audio its size alone: parts of messages may hold it."""
    if is_list(value):
        return [_without_audio(v) for v in value]
    if not is_dict(value):
        return value
    if as_str(value.get("audio")) and "audio" in str(value.get("type")):
        value = {**value, "audio": {"size": audio_bytes(value)}}
    return {k: _without_audio(v) for k, v in value.items()}


def _is_marked(event: Json) -> bool:
    kind = as_str(event.get("type")) or ""
    return kind in ("response.done", "error", _TRANSCRIBED) or kind.endswith(".failed")


def _mark(at: int, event: Json) -> tuple[str, int, Json]:
    """Make the span's event of a response, a transcript or an error."""
    response = as_dict(event.get("response"))
    error = as_dict(as_dict(response.get("status_details")).get("error")) or as_dict(event.get("error"))
    known: Json = {
        semconv.RESPONSE_ID: as_str(response.get("id")),
        semconv.RESPONSE_STATUS: as_str(response.get("status")),
        semconv.EVENT_USAGE: as_dict(response.get("usage")) or as_dict(event.get("usage")) or None,
        semconv.ERROR_TYPE: as_str(error.get("code")) or as_str(error.get("type")),
        semconv.EXCEPTION_MESSAGE: as_str(error.get("message")),
    }
    return str(event["type"]), at, {k: v for k, v in known.items() if v is not None}


def _cut_off(events: list[Json]) -> list[Json]:
    """Put together the responses that did not end, each from its own events."""
    by_response: dict[str | None, list[tuple[str, Any]]] = {}
    for event in events:
        base, _, stage = (as_str(event.get("type")) or "").rpartition(".")
        kind = f"{'response.output_text' if base in _TEXTS else base}.{stage}"
        identifier = as_str(event.get("response_id")) or as_str(as_dict(event.get("response")).get("id"))
        by_response.setdefault(identifier, []).append((kind, {**event, "type": kind}))
    return [{"response": found} for parts in by_response.values() if (found := gather_response(parts))]


def _spoken(items: Any) -> list[Json]:
    """Give items whose audio reads as its transcript."""

    def part(raw: Json) -> Json:
        said = as_str(raw.get("transcript")) or as_str(raw.get("text"))
        return {"type": "text", "text": said} if said and "audio" in str(raw.get("type")) else raw

    return [
        {**i, "content": [*map(part, dicts(i["content"]))]} if is_list(i.get("content")) else i for i in dicts(items)
    ]


def _read_talk(fields: Fields, moments: list[Moment], cut_off: list[Json]) -> list[Json]:
    """Read the conversation of a Realtime session and what its responses used; give what the model said."""
    config: Json = {}
    asked: list[Json] = []
    answers: list[Json] = []
    used, heard = Usage(), Usage()
    for _, sent, event in moments:
        config |= as_dict(event.get("session"))
        kind, response = event.get("type"), as_dict(event.get("response"))
        if sent:
            items = [event.get("item")] if kind == "conversation.item.create" else response.get("input")
            asked += input_messages(_spoken(items)) or ()
        elif kind == _TRANSCRIBED:
            asked += input_messages(as_str(event.get("transcript"))) or ()
            heard += usage_of(event.get("usage"), new_names=True) or Usage()
        elif kind == "response.done":
            answers.append(response)
            used += usage_of(response.get("usage"), new_names=True) or Usage()
            fields.conversation_id = as_str(response.get("conversation_id")) or fields.conversation_id
    reasons = [r for a in answers if (r := as_str(as_dict(a.get("status_details")).get("reason")))]
    answers += [as_dict(event["response"]) for event in cut_off]
    fields.operation = "chat"
    fields.response_model = as_str(config.get("model"))
    if config.get("type") == "transcription" or config.get("object") == "realtime.transcription_session":
        # Elsewhere transcripts are another model's work, at its own price: their usage is in their events.
        used = heard
        fields.response_model = as_str(_transcription_of(config).get("model"))
    fields.usage = used or None
    fields.parameters = parameters_of(config)
    fields.system_instructions = instructions_of(config.get("instructions"))
    fields.tool_definitions = tool_definitions(config)
    fields.input_messages = asked or None
    fields.finish_reasons = reasons or None
    said = [message for answer in answers if (message := _answer(answer))]
    fields.output_messages = said or None
    return said


def _transcription_of(config: Json) -> Json:
    audio = as_dict(as_dict(config.get("audio")).get("input"))
    return as_dict(audio.get("transcription")) or as_dict(config.get("input_audio_transcription"))


def _answer(response: Json) -> Json | None:
    parts = output_parts(_spoken(response.get("output")))
    if not parts:
        return None
    reason = as_str(as_dict(response.get("status_details")).get("reason"))
    return {"role": "assistant", "parts": parts} | ({"finish_reason": finish_reason_of(reason)} if reason else {})
