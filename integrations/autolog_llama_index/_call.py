"""What is kept of one call of the library while it runs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from types import FrameType

    from autolog_llama_index._kinds import Kind

__all__ = ["Call"]


class Call:
    """The capture of one span: copies and texts, never the library's objects (``last`` is let go when the span ends)."""

    __slots__ = (
        "cancelled",
        "chunks",
        "error_status",
        "facts",
        "finish_reason",
        "frame",
        "id",
        "ids",
        "inputs",
        "instance",
        "kind",
        "last",
        "method",
        "output",
        "pieces",
        "source",
        "usage",
    )

    def __init__(self, id_: str, kind: Kind, method: str, instance: Any) -> None:
        self.id = id_
        self.kind = kind
        self.method = method
        # Whose call it is, by identity only: the object itself is not held.
        self.instance = id(instance) if instance is not None else 0
        # Every dispatcher id that stands for this span: its own, and those of hidden calls inside.
        self.ids = [id_]
        self.inputs: dict[str, Any] = {}
        # What the instance says of itself: model, parameters, names.
        self.facts: dict[str, Any] = {}
        self.output: Any = None
        self.error_status: int | None = None
        self.cancelled = False
        # Streams only. The frame of the generator that makes the call, while it can still run.
        self.frame: FrameType | None = None
        self.chunks = False
        self.pieces: list[str] | None = None
        # Whose events are read, where a model's method calls another one of the same model.
        self.source: str | None = None
        self.last: Any = None
        self.finish_reason: Any = None
        self.usage: Any = None
