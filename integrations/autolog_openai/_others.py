"""Everything without a reader of its own, and batches, whose usage comes with their end."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from autolog.integration import Fields, semconv
from autolog_openai._json import Json, as_str
from autolog_openai._responses import conversation_of
from autolog_openai._usage import response_usage
from autolog_openai._wire import Wire, read_identity

if TYPE_CHECKING:
    from autolog_openai._sse import Event

__all__ = ["gather_events", "read_batch", "read_other"]

_ENDED = frozenset({"completed", "failed", "expired", "cancelled"})


def gather_events(events: list[Event]) -> Any:
    """Give the events' data, of a stream that is not understood."""
    return [data for _, data in events]


def _read_conversation(fields: Fields, wire: Wire) -> None:
    found = wire.ids.get("conversation_id") or wire.ids.get("thread_id") or conversation_of(wire.request)
    fields.conversation_id = found


def read_other(fields: Fields, wire: Wire) -> None:
    """Read a call of which only its path is known.

    Usage counts where the call is one that does something: what a GET shows (the steps of a run, a list) is part of
    what another call has reported.
    """
    response: Json = wire.response
    fields.request_model = as_str(wire.request.get("model"))
    fields.response_model = as_str(response.get("model"))
    _read_conversation(fields, wire)
    if wire.exchange.method.upper() == "POST":
        fields.usage = response_usage(response, new_names=True)
        if fields.usage is not None:
            fields.response_id = fields.usage_id = as_str(response.get("id"))


def read_batch(fields: Fields, wire: Wire) -> None:
    """Read a batch. Its usage counts once it has ended: counted before, it would keep the rest from counting."""
    response = wire.response
    read_identity(fields, wire)
    status = as_str(response.get("status"))
    wire.extra[semconv.RESPONSE_STATUS] = status
    if status in _ENDED:
        fields.usage = response_usage(response, new_names=True)
        if fields.usage is not None:
            fields.usage_id = fields.response_id
