"""One exchange, parsed: what every endpoint's reader is given."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from autolog_openai._json import Json, as_str

if TYPE_CHECKING:
    from autolog.integration import Fields
    from autolog_openai._exchange import Exchange

__all__ = ["Wire", "read_identity"]


@dataclass(slots=True, kw_only=True)
class Wire:
    """``request`` and ``response`` are the JSON objects, empty where there is none; ``ids`` are those in the path.

    ``extra`` takes the attributes that :class:`Fields` has no member for.
    """

    exchange: Exchange
    ids: dict[str, str]
    request: Json
    response: Json
    keep_embeddings: bool
    extra: dict[str, Any]


def read_identity(fields: Fields, wire: Wire) -> None:
    """Read which model was asked, which one answered, and the answer's id."""
    fields.request_model = as_str(wire.request.get("model"))
    fields.response_model = as_str(wire.response.get("model"))
    fields.response_id = as_str(wire.response.get("id"))
