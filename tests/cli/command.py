"""Running commands, and the traces that they find."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from render.sample import HOSTILE, agent_trace, span

from autolog import Trace, Usage, semconv
from autolog._model import ExceptionInfo

SECOND = 10**9


@dataclass(frozen=True)
class Result:
    """What a command left: its exit code and what it wrote."""

    code: int
    out: str
    err: str


Cli = Callable[..., Result]


def _moved(trace: Trace, trace_id: str, seconds: int) -> Trace:
    later = seconds * SECOND
    spans = [
        replace(
            s,
            trace_id=trace_id,
            start_time_ns=s.start_time_ns + later,
            end_time_ns=None if s.end_time_ns is None else s.end_time_ns + later,
        )
        for s in trace.spans
    ]
    return replace(trace, trace_id=trace_id, spans=tuple(spans))


def sample_traces() -> list[Trace]:
    """Give four traces, the newest last: an agent, a call, one that failed (of a hostile name), one still running."""
    call = span(
        1,
        None,
        "chat gpt-4o",
        "CHAT_MODEL",
        10_000,
        10_500,
        trace_id="1" * 32,
        usage=Usage(10, 5, 15),
        cost=0.5,
        inputs={"messages": [{"role": "user", "content": "a refund, please"}]},
        attributes={semconv.REQUEST_MODEL: "gpt-4o", semconv.RESPONSE_MODEL: "gpt-4o-2024-08-06"},
    )
    failed = span(
        1,
        None,
        HOSTILE,
        "TOOL",
        20_000,
        21_000,
        trace_id="12" + "0" * 30,
        status="ERROR",
        outcome="error",
        exception=ExceptionInfo("openai.APIError", "boom"),
    )
    # The root of this one has not ended, so it is not stored yet.
    running = tuple(span(i, 1, f"step {i}", "TASK", 30_000 + i, 30_100, trace_id="f" * 32) for i in (2, 3))
    return [
        agent_trace(),
        Trace("1" * 32, (call,), tags={"env": "dev", "my key": "it's"}, session_id="s-2", user_id="bob"),
        Trace(failed.trace_id, (failed,)),
        Trace("f" * 32, running),
    ]


def python(*words: str, cwd: Path, stdin: str | None = None, **environ: str) -> Result:
    """Run this Python in a process of its own."""
    done = subprocess.run(
        [sys.executable, *words],
        cwd=cwd,
        env={**os.environ, "AUTOLOG_STORE": "none", **environ},
        input=stdin,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    return Result(done.returncode, done.stdout, done.stderr)
