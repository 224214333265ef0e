"""The integration of ``docs/write-an-integration.md``, taken from the page and used as a plugin."""

from __future__ import annotations

import asyncio
import re
import sys
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from distributions import pretend_installed

import autolog
from autolog import _registry

_PAGE = Path(__file__).parents[2] / "docs" / "write-an-integration.md"


def _blocks() -> dict[str, str]:
    found = re.findall(r"```python\n# (\w+)\.py\n(.*?)```", _PAGE.read_text(encoding="utf-8"), re.DOTALL)
    return dict(found)


def _module(name: str) -> ModuleType:
    module = ModuleType(name)
    exec(compile(_blocks()[name], f"{name}.py", "exec"), module.__dict__)
    return module


@pytest.fixture
def parrot(monkeypatch: pytest.MonkeyPatch, traces: Any) -> Iterator[ModuleType]:
    library = _module("parrot")
    monkeypatch.setitem(sys.modules, "parrot", library)
    monkeypatch.setitem(sys.modules, "autolog_parrot", _module("autolog_parrot"))
    point = metadata.EntryPoint("parrot", "autolog_parrot", _registry.GROUP)
    monkeypatch.setattr(_registry, "_entry_points", lambda: {"parrot": point})
    pretend_installed(monkeypatch, "parrot", "1.0")
    _registry.module.cache_clear()
    yield library
    autolog.autolog(log_traces=False)
    _registry.module.cache_clear()
    vars(autolog).pop("parrot", None)


def test_the_page_s_integration_traces_sync_and_async(parrot: ModuleType, traces: Any) -> None:
    original = parrot.Parrot.__dict__["say"]
    assert autolog.autolog()["parrot"].on
    assert parrot.Parrot().say("hello there") == {
        "model": "grey-1",
        "text": "hello there",
        "tokens": {"in": 2, "out": 2},
    }
    asyncio.run(parrot.Parrot("ara").asay("hi"))

    names = [(span.name, span.usage.input_tokens, span.inputs["text"]) for span in traces.spans]
    # `asay` calls `say`, which is traced too, below it; its tokens count once.
    assert names == [("chat grey-1", 2, "hello there"), ("chat ara", 1, "hi"), ("chat ara", 1, "hi")]
    assert traces.all[1].usage == autolog.Usage(input_tokens=1, output_tokens=1, total_tokens=2)

    autolog.parrot.autolog(log_traces=False)
    assert parrot.Parrot.__dict__["say"] is original


def test_a_plugin_appears_by_its_name(parrot: ModuleType) -> None:
    assert autolog.parrot is sys.modules["autolog_parrot"]
    with pytest.raises(AttributeError, match="no attribute 'magpie'"):
        _ = autolog.magpie
