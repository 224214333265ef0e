"""What a failure says: of swallowed misses, unused interactions, and what the audit found."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from autolog._replay.nearmiss import summary
from autolog._replay.tape import Miss, Tape

__all__ = ["audit_text", "swallowed_text", "unused_text"]

_MOST_TOLD: Final = 10


def swallowed_text(misses: Sequence[Miss], *, passed: bool) -> str:
    """Say of requests that were refused where they were made, and where the program caught that."""
    count = "a request was" if len(misses) == 1 else f"{len(misses)} requests were"
    went_on = "but the test passed: the program caught the error" if passed else "and the test failed of what followed"
    lines = [f"{count} not in the cassette, {went_on}"]
    for miss in misses[:_MOST_TOLD]:
        caught = miss.caught
        lines.append(f"  made at {miss.where}" + (f"; the error ended at {caught}" if caught else ""))
    return "\n".join([*lines, "", "\n\n".join(dict.fromkeys(miss.text for miss in misses[:_MOST_TOLD]))])


def audit_text(lines: Sequence[str], tape: Tape) -> str:
    """Say what is not equal in the trace and on the wire."""
    return "\n".join(
        [
            f"the trace is not what went over the wire ({tape.path.name}):",
            *(f"  {line}" for line in lines),
            "to leave this out: @pytest.mark.llm_replay(audit=False)",
        ]
    )


def unused_text(tape: Tape) -> str:
    """Say which interactions answered nothing."""
    unused = tape.unused
    of = "1 recorded interaction was" if len(unused) == 1 else f"{len(unused)} recorded interactions were"
    more = len(unused) - _MOST_TOLD
    lines = [
        f"{of} never replayed ({tape.path.name}):",
        *(f"  #{each.index + 1} {summary(each)}" for each in unused[:_MOST_TOLD]),
        *([f"  and {more} more"] if more > 0 else []),
        "to drop what is not needed: --llm-record=all; to allow it: --llm-unused=warn|ignore",
    ]
    return "\n".join(lines)
