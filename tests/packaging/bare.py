"""Use the installed wheel in an environment that has nothing else. Run by `nox -s package`, not by pytest."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from importlib import metadata
from pathlib import Path


def run(*command: str, code: int = 0, folder: str, **environment: str) -> str:
    """Run a command, and give what it printed."""
    done = subprocess.run(
        command, cwd=folder, env={**os.environ, **environment}, capture_output=True, text=True, check=False
    )
    assert done.returncode == code, f"{command} ended with {done.returncode}:\n{done.stdout}\n{done.stderr}"
    return done.stdout + done.stderr


def python(code: str, folder: str, **environment: str) -> str:
    return run(sys.executable, "-W", "error", "-c", code, folder=folder, **environment)


def autolog(*arguments: str, folder: str, code: int = 0) -> str:
    return run(str(Path(sys.executable).with_name("autolog")), *arguments, folder=folder, code=code)


def check_files() -> None:
    """The wheel has what it promises, and nothing of the repository beside it."""
    files = [str(f) for f in metadata.files("autolog-genai") or ()]
    packages = ("autolog", "autolog_openai", "autolog_langchain", "autolog_llama_index")
    demos = ("cassettes/openai/demo.yaml", "cassettes/langchain/rag.yaml", "examples/llama_index_query.py")
    for wanted in (*(f"{p}/py.typed" for p in packages), *(f"autolog/_demo/{d}" for d in demos)):
        assert wanted in files, f"{wanted} is missing"
    tops = {f.split("/")[0] for f in files if not f.startswith("..")}
    assert tops <= {*packages, f"autolog_genai-{metadata.version('autolog-genai')}.dist-info"}, tops


def without_openai(folder: str) -> None:
    """Everything answers without the library, and says what to install."""
    light = "import sys, autolog; print([m for m in {names} if m in sys.modules])".format(
        names=["opentelemetry", "pandas", "rich", "openai", "sqlite3", "wrapt"]
    )
    assert python(light, folder).strip() == "[]"
    assert "False" in python("import autolog; print(autolog.autolog()['openai'].on)", folder)
    error = "try:\n import autolog; autolog.openai.autolog()\nexcept ImportError as e: print(e)"
    assert "pip install 'autolog-genai[openai]'" in python(error, folder)
    own = "import autolog\nwith autolog.start_span('mine') as s: s.set_inputs(1)"
    python(own, folder)
    assert json.loads(autolog("traces", "list", "--json", folder=folder))
    for name in ("openai", "langchain", "all"):
        assert "autolog-genai[demo]" in autolog("demo", name, folder=folder, code=2)
    frame = "import autolog\ntry: autolog.search_traces()\nexcept ImportError as e: print(e)"
    assert "autolog-genai[pandas]" in python(frame, folder)


def with_openai(folder: str) -> None:
    """README's first command."""
    shown = autolog("demo", folder=folder)
    for words in ("weather assistant", "get_weather", "tokens", "$", "BadRequestError", "autolog.db"):
        assert words in shown, f"{words!r} is not in:\n{shown}"
    (trace,) = json.loads(autolog("traces", "list", "--json", folder=folder))
    assert trace["status"] == "OK"
    assert "sunny" in autolog("traces", "show", "@last", "--messages", folder=folder)


if __name__ == "__main__":
    check_files()
    with tempfile.TemporaryDirectory() as here:
        (with_openai if "--with-openai" in sys.argv else without_openai)(here)
