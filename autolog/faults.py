"""Faults for ``autolog.replay`` and ``@pytest.mark.llm_replay``: errors, cuts, delays and time-outs, offline.

@pytest.mark.llm_replay(faults=[error_at(1, status=429, retry_after=0), cut_stream_at(3)])
"""

from __future__ import annotations

from autolog._replay.faults import Fault, cut_stream_at, error_at, slow, timeout_at

__all__ = ["Fault", "cut_stream_at", "error_at", "slow", "timeout_at"]
