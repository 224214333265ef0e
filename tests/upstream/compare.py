"""Runs the frameworks' own unit tests with tracing off and on, and compares: ``python tests/upstream/compare.py [NAME ...]``.

Each project's source distribution is downloaded and its tests run in an environment made for them, in ``--cache``. A
test that passes untraced and does not pass traced, nor when it is tried again, is listed, and the exit code is 1; a test
that fails both ways is not ours. Some wait for a hundredth of a second and fail now and then, traced or not. What is to
differ, and why, is in ``KNOWN``.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tarfile
import xml.etree.ElementTree as ET
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
CACHE = HERE / ".cache"


@dataclass(frozen=True)
class Project:
    """A source distribution: where its tests are, what they need, and what of them is not run."""

    name: str
    tests: str
    requires: tuple[str, ...]
    leave_out: tuple[str, ...] = ()


COMMON = ("pytest", "pytest-asyncio", "pytest-mock", "pytest-timeout", "syrupy")
PROJECTS = (
    Project(
        name="langchain-core",
        tests="tests/unit_tests",
        requires=(
            *COMMON, "blockbuster", "freezegun", "grandalf", "langchain-tests", "numpy", "pytest-benchmark",
            "pytest-codspeed", "pytest-recording", "pytest-socket", "responses", "simsimd",
        ),
    ),
    Project(
        name="langgraph",
        tests="tests",
        requires=(
            *COMMON, "httpx", "langchain-core", "langgraph-checkpoint-sqlite", "langgraph-checkpoint-postgres",
            "langgraph-cli", "psycopg[binary]", "pycryptodome", "pytest-dotenv", "pytest-repeat", "redis", "fakeredis",
        ),
    ),
)  # fmt: skip
# Differ, and are to.
KNOWN: Mapping[str, str] = {
    "tests.unit_tests.runnables.test_config::test_merge_config_callbacks": (
        "counts a manager's handlers: any handler that LangChain is configured with, LangSmith's too, is one more"
    ),
}
_AGAIN = 3


def _run(*command: str | Path, **options: object) -> None:
    subprocess.run([str(part) for part in command], check=True, **options)  # type: ignore[call-overload]


def prepare(project: Project, cache: Path, version: str | None) -> tuple[Path, Path]:
    """Give the environment's Python and the unpacked source, made at the first call."""
    folder = cache / (project.name if version is None else f"{project.name}-{version}")
    python = folder / "venv" / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")
    source = folder / "source"
    if (folder / "done").exists():
        return python, next(source.iterdir())
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    wanted = project.name if version is None else f"{project.name}=={version}"
    _run(sys.executable, "-m", "venv", folder / "venv")
    _run(python, "-m", "pip", "install", "-q", wanted, *project.requires)
    _run(python, "-m", "pip", "install", "-q", "-e", ROOT)
    installed = subprocess.run(
        [python, "-c", f"from importlib.metadata import version; print(version({project.name!r}))"],
        check=True, capture_output=True, text=True,
    ).stdout.strip()  # fmt: skip
    _run(
        python, "-m", "pip", "download", "-q", "--no-deps", "--no-binary", ":all:", "-d", folder,
        f"{project.name}=={installed}",
    )  # fmt: skip
    with tarfile.open(next(folder.glob("*.tar.gz"))) as archive:
        archive.extractall(source, filter="data")
    unpacked = next(source.iterdir())
    # The installed package is what is tested; its source beside the tests would be imported first.
    for package in unpacked.glob("lang*"):
        if package.is_dir():
            shutil.rmtree(package)
    (folder / "done").touch()
    return python, unpacked


def outcomes(project: Project, python: Path, source: Path, chosen: list[str], *, on: bool) -> dict[str, str]:
    """Run the tests and give each one's outcome: passed, failed, error or skipped."""
    report = source / f"report-{'on' if on else 'off'}.xml"
    report.unlink(missing_ok=True)
    environment = {
        **os.environ,
        "AUTOLOG_UPSTREAM": "on" if on else "off",
        "AUTOLOG_STORE": "none",
        "LANGCHAIN_TRACING_V2": "false",
        "LANGSMITH_TRACING": "false",
        "NO_DOCKER": "true",
        "PYTHONPATH": str(HERE),
        "PYTHONHASHSEED": "0",
    }
    options = [f"--ignore={path}" for path in project.leave_out]
    subprocess.run(
        [
            str(python), "-m", "pytest", "-q", "-p", "plugin", "-p", "no:autolog", "-p", "no:cacheprovider",
            "--timeout=120", "--continue-on-collection-errors", f"--junitxml={report}", *options,
            *(chosen or [project.tests]),
        ],
        cwd=source, env=environment, check=False, stdout=subprocess.DEVNULL,
    )  # fmt: skip
    found: dict[str, str] = {}
    for case in ET.parse(report).iter("testcase"):
        name = f"{case.get('classname')}::{case.get('name')}"
        kinds = [child.tag for child in case if child.tag in ("failure", "error", "skipped")]
        found[name] = kinds[0] if kinds else "passed"
    return found


def address(source: Path, test: str) -> str:
    """Give the name by which pytest runs a test that its report calls ``package.module.Class::name``."""
    where, _, name = test.partition("::")
    parts = where.split(".")
    for end in range(len(parts), 0, -1):
        file = Path(*parts[:end]).with_suffix(".py")
        if (source / file).is_file():
            return "::".join((str(file), *parts[end:], name))
    raise ValueError(f"no file has the test {test}")


def still_worse(project: Project, python: Path, source: Path, tests: list[str]) -> list[str]:
    """Try tests that failed traced once more, and once more: those that fail each time."""
    for _ in range(_AGAIN):
        if not tests:
            break
        again = outcomes(project, python, source, [address(source, test) for test in tests], on=True)
        tests = [test for test in tests if again.get(test) != "passed"]
    return tests


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("names", nargs="*", metavar="NAME", help="which projects (default: all)")
    parser.add_argument("--cache", type=Path, default=CACHE, help="folder of the environments and sources")
    parser.add_argument("--version", help="of the project, where one is named (default: the newest)")
    parser.add_argument("--tests", action="append", default=[], help="only this file or folder of the project's")
    options = parser.parse_args()
    bad = 0
    for project in PROJECTS:
        if options.names and project.name not in options.names:
            continue
        python, source = prepare(project, options.cache.resolve(), options.version)
        off = outcomes(project, python, source, options.tests, on=False)
        traced = outcomes(project, python, source, options.tests, on=True)
        once = sorted(n for n, o in off.items() if o == "passed" and traced.get(n) != "passed" and n not in KNOWN)
        worse = still_worse(project, python, source, once)
        passed = sum(o == "passed" for o in off.values())
        sys.stdout.write(
            f"{project.name}: {len(off)} tests, {passed} pass untraced, {len(worse)} of these do not pass traced"
            f" ({len(once) - len(worse)} more did not at first)\n"
        )
        for name in worse:
            sys.stdout.write(f"  {name}: {traced.get(name, 'not run')}\n")
        bad += len(worse)
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
