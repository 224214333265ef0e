"""Token counts."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass, fields
from operator import attrgetter
from typing import Final

__all__ = ["Usage"]


def _plus(a: int | None, b: int | None) -> int | None:
    if a is None:
        return b
    return a if b is None else a + b


@dataclass(frozen=True, slots=True)
class Usage:
    """Token counts as the provider sent them; ``None`` where it sent none. Usages add.

    ``input_tokens`` is all input, cached tokens included; ``output_tokens`` is all output, reasoning
    included: the details are subsets, never additions (OpenTelemetry's GenAI conventions).
    """

    input_tokens: int | None = None
    output_tokens: int | None = None
    total_tokens: int | None = None
    cached_input_tokens: int | None = None
    cache_creation_tokens: int | None = None
    reasoning_tokens: int | None = None
    audio_input_tokens: int | None = None
    audio_output_tokens: int | None = None

    def __add__(self, other: Usage) -> Usage:
        return Usage(*map(_plus, _counts(self), _counts(other)))

    @property
    def counted_total(self) -> int | None:
        """What a total over several calls counts: the total sent, else what was sent of input and output.

        ``None`` where none of them was. ``total_tokens`` itself stays as the provider sent it.
        """
        if self.total_tokens is not None:
            return self.total_tokens
        return _plus(self.input_tokens, self.output_tokens)

    def __bool__(self) -> bool:
        return _counts(self) != _NO_COUNTS

    def to_dict(self) -> dict[str, int]:
        """Give the counts that are known, by name."""
        return {k: v for k, v in asdict(self).items() if v is not None}


_counts: Final[Callable[[Usage], tuple[int | None, ...]]] = attrgetter(*(f.name for f in fields(Usage)))
_NO_COUNTS: Final = _counts(Usage())
