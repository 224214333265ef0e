"""What ``autolog()`` does at the start of a program, on the thread that calls it: nothing that can come later."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

PROGRAM = """
import gc, json, re, sys, threading
from dataclasses import is_dataclass
searches, search = [], gc.get_referrers
gc.get_referrers = lambda *objects: searches.append(objects) or search(*objects)
if sys.argv[1] == "after the library":
    import openai
import autolog
before = set(sys.modules)
autolog.autolog()
loaded = set(sys.modules) - before
made = [(m, name, value) for m in loaded if m.partition(".")[0] in ("autolog", "autolog_openai")
        for name, value in vars(sys.modules[m]).items()]
print(json.dumps({
    "at_once": "openai.resources.responses.responses" in before,
    "loaded": sorted(loaded),
    "dataclasses": sorted({value.__qualname__ for _, _, value in made if isinstance(value, type) and is_dataclass(value)}),
    "patterns": [f"{m}:{name}" for m, name, value in made if isinstance(value, re.Pattern)],
    "threads": threading.active_count(),
    "searches": len(searches),
}))
"""
# With the first span that ends, in the background; or never, where nothing asks for it.
LATER = {
    "autolog._cli",
    "autolog._fields",
    "autolog._model",
    "autolog._otel",
    "autolog._pipeline",
    "autolog._render",
    "autolog._replay",
    "autolog._span",
    "autolog._store",
    "autolog._tracing.keys",
    "autolog._usage",
    "autolog._view",
    "autolog_openai._read",
    "autolog_openai._realtime",
    "genai_prices",
    "opentelemetry",
    "packaging",
    "pandas",
    "rich",
    "sqlite3",
    "vcr",
    "yaml",
}


@pytest.mark.parametrize("order", ["after the library", "before the library"])
def test_turning_on_loads_only_what_the_first_call_needs(order: str, tmp_path: Path) -> None:
    run = subprocess.run(
        [sys.executable, "-c", PROGRAM, order],
        capture_output=True,
        text=True,
        check=True,
        cwd=tmp_path,
        env={k: v for k, v in os.environ.items() if not k.startswith(("AUTOLOG_", "OTEL_"))},
    )
    found: dict[str, Any] = json.loads(run.stdout)
    if found["at_once"]:
        pytest.skip("this openai loads all its resources with itself: what watches a WebSocket comes with them")
    assert {"autolog._registry", "autolog_openai", "wrapt"} <= set(found["loaded"])
    early = {m for m in found["loaded"] if any(m == later or m.startswith(f"{later}.") for later in LATER)}
    assert early == set()
    # Each takes longer to make than a module takes to load.
    assert found["dataclasses"] == ["Operation"]
    assert found["patterns"] == []
    assert found["threads"] == 1
    assert found["searches"] == 0  # of all objects of the program
    assert list(tmp_path.iterdir()) == []
