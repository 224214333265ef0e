"""Moderations: what was checked, by which model."""

from __future__ import annotations

from typing import TYPE_CHECKING

from autolog_openai._parts import parts_of
from autolog_openai._usage import response_usage
from autolog_openai._wire import Wire, read_identity

if TYPE_CHECKING:
    from autolog.integration import Fields

__all__ = ["read_moderation"]


def read_moderation(fields: Fields, wire: Wire) -> None:
    """Read a moderation call."""
    read_identity(fields, wire)
    checked = wire.request.get("input")
    if checked is not None:
        parts = parts_of(checked)
        fields.input_messages = [{"role": "user", "parts": parts}]
    fields.usage = response_usage(wire.response)
