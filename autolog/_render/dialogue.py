"""The conversations of a trace, each message once: a call's history is not told again."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from autolog._model import Span, Trace
from autolog._render.facts import error_text, titled
from autolog._render.lines import Charset, Line
from autolog._render.messages import Message, Part, conversation, has_messages, inputs_said, outputs_said
from autolog._render.numbers import duration
from autolog._render.safe import many_lines
from autolog._render.walk import rows

__all__ = ["Turn", "dialogue_lines", "span_dialogue", "spoken_spans", "turns"]


def spoken_spans(trace: Trace) -> list[Span]:
    """Give the spans whose conversation is worth reading: those that carry messages and have no such span below.

    A framework's model span repeats what the call below it says. Without any, the root: its inputs and outputs.
    """
    by_id = {s.span_id: s for s in trace.spans}
    spoken = [row.span for row in rows(trace) if has_messages(row.span)]
    above: set[str] = set()
    for span in spoken:
        parent = by_id.get(span.parent_id or "")
        while parent is not None and parent.span_id not in above:
            above.add(parent.span_id)
            parent = by_id.get(parent.parent_id or "")
    deepest = [s for s in spoken if s.span_id not in above]
    return deepest or ([trace.root] if trace.root is not None else [])


@dataclass(frozen=True, slots=True)
class Turn:
    """One call of a conversation: what it said beyond the ``shared`` messages that it repeats of the call before."""

    span: Span
    shared: int
    messages: tuple[Message, ...]

    @property
    def history(self) -> str:
        """What is said in place of the messages that are repeated."""
        return f"({self.shared} earlier message{'s' * (self.shared != 1)} as above)" if self.shared else ""


def turns(trace: Trace) -> list[Turn]:
    """Give the trace's conversations, call by call."""
    found: list[Turn] = []
    before: list[Message] = []
    for span in spoken_spans(trace):
        given, answered = inputs_said(span), outputs_said(span)
        shared = _shared(before, given)
        before = given + answered
        found.append(Turn(span, shared, (*given[shared:], *answered)))
    return found


def dialogue_lines(trace: Trace, *, charset: Charset | None = None) -> list[Line]:
    """Give the trace's conversations as lines; the history that a call shares with the one before is left out."""
    charset = charset or Charset()
    lines: list[Line] = []
    for turn in turns(trace):
        span = turn.span
        (word, style), name = titled(span, charset)
        took = charset.writable(duration(span.duration_ms))
        if lines:
            lines.append([])
        lines.append(
            [(f"{word} ", style), (name, "bold"), (f"  {took}" if took else "", "dim"), (f"  {span.span_id}", "dim")]
        )
        if turn.history:
            lines.append([(f"  {turn.history}", "dim")])
        lines += _message_lines(turn.messages, charset=charset)
        error = error_text(span)
        if error is not None:
            lines.append([("  " + charset.glyph("✗ ", "x ") + charset.one_line(error), "red")])
    return lines


def _shared(before: list[Message], given: list[Message]) -> int:
    count = 0
    for old, new in zip(before, given, strict=False):
        # An answer comes back as history without the note of how it ended.
        if (old.role, old.parts) != (new.role, new.parts):
            break
        count += 1
    return count


def _message_lines(messages: Iterable[Message], *, charset: Charset | None = None) -> list[Line]:
    """Give messages as indented lines under their roles."""
    charset = charset or Charset()
    lines: list[Line] = []
    for message in messages:
        role = charset.one_line(message.role, limit=40)
        note = charset.one_line(message.note, limit=80)
        lines.append([(f"  {role}", f"bold {message.style}"), (f" {note}" if note else "", "dim")])
        for part in message.parts:
            lines += _part_lines(part, charset)
    return lines


def _part_lines(part: Part, charset: Charset) -> list[Line]:
    style = {"reasoning": "dim", "media": "dim", "call": "magenta"}.get(part.kind, "")
    text = [charset.writable(line) for line in many_lines(part.text)]
    if not part.title:
        return [[("    " + line, style)] for line in text]
    title = "    " + charset.one_line(part.title, limit=200)
    if len(text) == 1 and part.kind != "reasoning":
        return [[(title, style), (f" {text[0]}", "")]]
    return [[(title, style)], *([("      " + line, "dim" if part.kind == "reasoning" else "")] for line in text)]


def span_dialogue(span: Span, *, charset: Charset | None = None) -> list[Line]:
    """Give the whole conversation of one span."""
    return _message_lines(conversation(span), charset=charset)
