"""What is said of a trace from outside of it: tags, feedback and expectations, while it runs and when it is stored."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypedDict, Unpack

from autolog import _control
from autolog._model import Feedback, Trace
from autolog._tracing import by_id, sources
from autolog._tracing.labels import label, tag_value
from autolog._tracing.snapshot import snapshot
from autolog._tracing.span import TraceState
from autolog._tracing.unrecorded import is_off, was_unrecorded

__all__ = ["Details", "FeedbackDetails", "delete_trace_tag", "log_expectation", "log_feedback", "set_trace_tag"]


class Details(TypedDict, total=False):
    """What is kept beside an expectation: anything, and the span that it is about."""

    metadata: Mapping[str, Any] | None
    span_id: str | None


class FeedbackDetails(Details, total=False):
    """The same of feedback, and why there is none: an exception or a text."""

    error: object


def set_trace_tag(trace_id: str, key: str, value: Any) -> None:
    """Set a tag of a trace that runs or is stored.

    Raises ``ValueError`` for a trace that is neither; nothing happens for one that was not recorded, because tracing
    was off or it was sampled out.
    """
    _add(trace_id, tags={tag_value(key): tag_value(value)})


def delete_trace_tag(trace_id: str, key: str) -> None:
    """Take a tag away. Raises ``ValueError`` for a trace that is not known, or that has no such tag."""
    if not _is_id(trace_id):
        return
    key = tag_value(key)
    state = by_id.running(trace_id)
    was_there = state is not None and (state.tags or {}).pop(key, None) is not None
    left_out = was_unrecorded(trace_id, _control.settings().sample_rate)
    stored = None if (state is not None or left_out) and not _stores() else _stored(trace_id, left_out=left_out)
    if stored is not None:
        was_there = _control.store().delete_tag(stored, key) or was_there
    if not was_there and not left_out:
        raise ValueError(f"the trace {trace_id} has no tag {key!r}, or there is no such trace")


def log_feedback(
    trace_id: str,
    name: str = "feedback",
    value: Any = None,
    rationale: str | None = None,
    source: object = None,
    **details: Unpack[FeedbackDetails],
) -> Feedback:
    """Keep what somebody thought of a trace: a truth value, a number or a text, and why.

    ``source`` says who: a person, a judge's model, a program; an object that has a ``source_id`` (MLflow's
    ``AssessmentSource``) is taken by it. Of one name and source the last value counts; ``feedback.NAME`` filters by it.
    ``error``, ``metadata`` and ``span_id`` (the span that it is about) are kept as the trace's metadata
    ``feedback.NAME``. Raises ``ValueError`` for a trace that neither runs here nor is stored; nothing happens for one
    that was not recorded, because tracing was off or it was sampled out.
    """
    given = Feedback(
        tag_value(name),
        snapshot(value),
        None if rationale is None else tag_value(rationale),
        _source(source),
        sources.now_ns(),
    )
    about = _about("feedback", given.name, details)
    _add(trace_id, feedback=(given,), metadata=about)
    return given


def log_expectation(trace_id: str, name: str, value: Any, source: object = None, **details: Unpack[Details]) -> None:
    """Keep what the answer to a trace should have been, by name; ``expectation.NAME`` filters by it.

    ``source``, ``metadata`` and ``span_id`` are kept as the trace's metadata ``expectation.NAME``. Raises
    ``ValueError`` as :func:`log_feedback` does.
    """
    name = tag_value(name)
    about = _about("expectation", name, details, source=_source(source))
    _add(trace_id, expectations={name: snapshot(value)}, metadata=about)


def _source(source: object) -> str | None:
    if source is None or isinstance(source, str):
        return source
    for name in ("source_id", "source_type"):
        said = getattr(source, name, None)
        if said is not None:
            return tag_value(said)
    return tag_value(source)


def _about(kind: str, name: str, details: FeedbackDetails | Details, **more: Any) -> dict[str, Any]:
    wrong = details.keys() - FeedbackDetails.__annotations__.keys()
    if wrong:
        raise TypeError(
            f"there is no {min(wrong)}: what is said of a trace takes metadata and span_id, and feedback an error"
        )
    known: dict[str, Any] = {**details, **more}
    known |= known.pop("metadata", None) or {}
    said = {k: _words(v) if isinstance(v, BaseException) else snapshot(v) for k, v in known.items() if v is not None}
    return {f"{kind}.{name}": said} if said else {}


def _words(error: BaseException) -> str:
    return f"{type(error).__name__}: {tag_value(error)}"


def _add(trace_id: str, **said: Any) -> None:
    """Give it to the trace that runs, and write it to what is stored of one."""
    if not _is_id(trace_id):
        return
    state = by_id.running(trace_id)
    if state is not None:
        _tell(state, **said)
    left_out = was_unrecorded(trace_id, _control.settings().sample_rate)
    if (state is not None or left_out) and not _stores():
        return
    found = _stored(trace_id, left_out=left_out)
    if found is not None:
        _control.store().write([Trace(found, (), **said)])
    elif state is None and not left_out:
        raise ValueError(f"there is no trace {trace_id}: it neither runs in this process nor is it stored")


def _stored(trace_id: str, *, left_out: bool) -> str | None:
    """Give the whole id of a trace that is stored. Raises ``StoreError``, unless there is nothing to be found anyway."""
    from autolog._store import StoreError

    _control.flush(30.0)
    try:
        return _control.store().full_id(trace_id)
    except StoreError:
        if left_out:
            return None
        raise


def _tell(
    state: TraceState,
    *,
    tags: Mapping[str, str] | None = None,
    metadata: Mapping[str, Any] | None = None,
    feedback: tuple[Feedback, ...] = (),
    expectations: Mapping[str, Any] | None = None,
) -> None:
    label(state, tags=tags, metadata=metadata)
    for given in feedback:
        kept = [f for f in state.feedback or () if (f.name, f.source) != (given.name, given.source)]
        state.feedback = [*kept, given]
    if expectations:
        state.expectations = {**(state.expectations or {}), **expectations}


def _is_id(trace_id: object) -> bool:
    if isinstance(trace_id, str):
        return True
    if is_off():  # where no trace was made, there is no id of one
        return False
    raise TypeError(f"a trace is named by its id, a text, and this is {trace_id!r}")


def _stores() -> bool:
    return _control.settings().store is not None
