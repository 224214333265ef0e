"""Statistics as what a person sees at a prompt and in a notebook."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

import autolog

ROW = {"model": "m", "traces": 1, "calls": 2, "errors": 1, "error_rate": 0.5, "p50_ms": 12.5, "total_tokens": 30}


def test_printed_it_is_a_table() -> None:
    head, line = str(autolog.Stats([ROW])).splitlines()
    assert head.split() == ["model", "traces", "calls", "errors", "err", "%", "p50", "total"]
    assert line.split() == ["m", "1", "2", "1", "50.0%", "12.5ms", "30"]
    assert repr(autolog.Stats([ROW])) == str(autolog.Stats([ROW]))
    assert str(autolog.Stats()) == "no call matched"


def test_traces_without_a_model_call_are_said(tmp_path: Path) -> None:
    autolog.configure(store=tmp_path / "autolog.db")
    assert str(autolog.stats(by="tag:s")) == "no call matched"
    client = autolog.Client()
    for number in range(3):
        root = client.start_trace("plain", tags={"s": number})
        client.end_trace(root.trace_id)
    for by in ("tag:s", "session", "model", "day"):
        assert str(autolog.stats(by=by)).startswith("no model call matched, in 3 traces: span_name, span_type and")
    found = autolog.stats(by="tag:s", filter_string="tag.s = '1'")
    assert str(found).startswith("no model call matched, in 1 trace:")
    assert found._repr_html_() is None
    with pytest.raises(ValueError, match="nothing to draw: no model call matched, in 1 trace"):
        found.plot()
    assert len(autolog.stats(by="span_name")) == 1


def test_in_a_notebook_it_is_a_table_of_pandas(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("pandas")
    assert "<td>m</td>" in str(autolog.Stats([ROW])._repr_html_())
    monkeypatch.setitem(sys.modules, "pandas", None)
    assert autolog.Stats([ROW])._repr_html_() is None
