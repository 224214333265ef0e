"""Virtual environments of the benchmarks, made in `.bench/` and made again when what they hold changes."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
CACHE = ROOT / ".bench"

# The same client everywhere, so that figures of different environments can be laid side by side.
CLIENT = ("openai==3.54.0", "httpx2==2.16.2", "pydantic==2.14.3")
SDK = "opentelemetry-sdk==1.45.2"
FRAMEWORKS = (*CLIENT, "langchain-core==1.7.2", "langchain-openai==1.7.3", "llama-index-core==0.14.25", "numpy==2.4.6")
PACKAGES: dict[str, tuple[str, ...]] = {
    "autolog": (*CLIENT, "vcrpy==9.4.2"),  # and autolog itself, as a wheel of this tree
    "genai-openai": (*CLIENT, SDK, "opentelemetry-instrumentation-genai-openai==1.3b0"),
    "openinference": (*CLIENT, SDK, "openinference-instrumentation-openai==0.1.66"),
    "langfuse": (*CLIENT, "langfuse==5.0.4"),
    "logfire": (*CLIENT, "logfire==5.2.0"),
    "mlflow": (*CLIENT, "mlflow==3.17.2"),
    "autolog-frameworks": FRAMEWORKS,
    "openinference-frameworks": (
        *FRAMEWORKS,
        SDK,
        "openinference-instrumentation-langchain==0.1.80",
        "openinference-instrumentation-llama-index==4.6.1",
    ),
    "openllmetry-frameworks": (
        *FRAMEWORKS,
        SDK,
        "opentelemetry-instrumentation-langchain==0.62.4",
        "llama-index-llms-ollama==0.11.0",  # it imports `llama_index.llms`, which is there with any package of models
        "opentelemetry-instrumentation-llamaindex==0.62.4",
    ),
    "mlflow-frameworks": (*FRAMEWORKS, "mlflow==3.17.2", "langchain==1.4.7"),
}


def _run(*command: str | Path) -> None:
    subprocess.run([str(part) for part in command], check=True)


def _create(folder: Path, uv: str | None) -> Path:
    shutil.rmtree(folder, ignore_errors=True)
    if uv:
        _run(uv, "venv", "-q", "--python", sys.executable, folder)
    else:
        _run(sys.executable, "-m", "venv", folder)
    return folder / "bin" / "python"


def _install(python: Path, uv: str | None, *arguments: str) -> None:
    if uv:
        _run(uv, "pip", "install", "-q", "--python", python, *arguments)
    else:
        _run(python, "-m", "pip", "install", "-q", *arguments)


@cache
def python_of(name: str) -> Path:
    """Make the environment if it is not there yet, and give its Python. autolog is always installed from the tree."""
    uv = shutil.which("uv")
    folder = CACHE / name
    python = folder / "bin" / "python"
    stamp = folder / "packages.txt"
    wanted = "\n".join((sys.version, *PACKAGES[name]))
    if not stamp.exists() or stamp.read_text() != wanted:
        print(f"making the environment {name} …", file=sys.stderr)
        python = _create(folder, uv)
        _install(python, uv, *PACKAGES[name])
        stamp.write_text(wanted)
    if name in ("autolog", "autolog-frameworks"):
        again = ("--reinstall-package", "autolog-genai") if uv else ("--force-reinstall", "--no-deps")
        if not uv:
            _install(python, uv, f"{ROOT}[openai]")
        _install(python, uv, *again, f"{ROOT}[openai]")
    return python


def variables(**more: str) -> dict[str, str]:
    """The environment variables of a measured program: none of ours or OpenTelemetry's that the caller has set."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("AUTOLOG_", "OTEL_", "OPENAI_", "PYTHON"))}
    return {
        **kept,
        "PYTHONHASHSEED": "0",
        # glibc moves this threshold while a program runs, and big strings are then copied in one run and not in another
        "MALLOC_MMAP_THRESHOLD_": "131072",
        "DO_NOT_TRACK": "1",
        "MLFLOW_DISABLE_TELEMETRY": "true",
        "LOGFIRE_IGNORE_NO_CONFIG": "1",
        "OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT": "SPAN_ONLY",
        **more,
    }
