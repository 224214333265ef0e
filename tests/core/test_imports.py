"""Importing an integration by the name that it has on ``autolog``."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

LIBRARIES = ("openai", "langchain", "langchain_core", "llama_index")


@pytest.mark.parametrize(
    "program",
    [
        "from autolog.{name} import autolog as turn_on; import autolog",
        "import autolog.{name}; turn_on = autolog.{name}.autolog",
        "import autolog; turn_on = autolog.{name}.autolog; import autolog.{name}",
        "from autolog import {name}; import autolog; turn_on = {name}.autolog",
    ],
)
@pytest.mark.parametrize("name", ["openai", "langchain", "llama_index"])
def test_an_integration_is_one_object_however_it_is_imported(name: str, program: str) -> None:
    checked = f"""
{program.format(name=name)}
import sys, autolog_{name}, importlib
assert turn_on is autolog_{name}.autolog is autolog.{name}.autolog
assert autolog.{name} is autolog_{name} is importlib.import_module("autolog.{name}")
assert callable(autolog.autolog)
assert not any(library in sys.modules for library in {LIBRARIES!r})
"""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(p for p in sys.path if p)}
    subprocess.run([sys.executable, "-c", checked], env=environment, check=True)
