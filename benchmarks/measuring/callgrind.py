"""Count the instructions of a part of a program with valgrind's callgrind, switched on from inside it."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from statistics import median

from measuring.environments import CACHE, variables

PROGRAMS = Path(__file__).resolve().parents[1] / "programs"

_SWITCH = """
#include <valgrind/callgrind.h>
void count_from_here(void) { CALLGRIND_START_INSTRUMENTATION; CALLGRIND_ZERO_STATS; }
void count_to_here(const char *label) { CALLGRIND_DUMP_STATS_AT(label); CALLGRIND_STOP_INSTRUMENTATION; }
"""
_LABEL = re.compile(r"^desc: Trigger: Client Request: (.+)#\d+$", re.MULTILINE)
_TOTAL = re.compile(r"^(?:summary|totals): (\d+)$", re.MULTILINE)


def what_is_missing() -> str | None:
    """Say what has to be installed before instructions can be counted; ``None`` where all is there."""
    missing = [tool for tool in ("valgrind", "gcc") if shutil.which(tool) is None]
    if not missing and _switch() is None:
        missing = ["valgrind's header callgrind.h"]
    if not missing:
        return None
    return (
        f"instructions cannot be counted: {' and '.join(missing)} not found (on Debian: apt-get install valgrind gcc)"
    )


@cache
def _switch() -> Path | None:
    """Compile the shared library by which a program switches the counting on and off."""
    library = CACHE / "switch.so"
    CACHE.mkdir(exist_ok=True)
    compiled = subprocess.run(
        ["gcc", "-x", "c", "-shared", "-fPIC", "-O2", "-o", str(library), "-"],
        input=_SWITCH,
        text=True,
        capture_output=True,
        check=False,
    )
    return library if compiled.returncode == 0 else None


def run(python: Path, program: str, *arguments: str, folder: str, **more: str) -> str:
    """Run a program of `programs/` as it is, in its own folder, and give what it prints."""
    done = subprocess.run(
        [str(python), str(PROGRAMS / f"{program}.py"), *arguments],
        cwd=folder,
        env=variables(**more),
        text=True,
        stdout=subprocess.PIPE,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(f"{program} {' '.join(arguments)} failed with exit code {done.returncode}")
    return done.stdout


def count(python: Path, program: str, *arguments: str, all_threads: bool = False, seed: int = 0) -> dict[str, int]:
    """Run a program under callgrind and give, by label, the instructions of the median of the calls counted under it.

    Only those of the thread that does the counting, unless ``all_threads``. ``seed`` is that of the hashes of texts: with
    another one, the same program's dicts and memory are laid out otherwise. The program runs once without callgrind
    before, so that all byte code is cached and a program that fails does so soon.
    """
    print(f"counting {program} {', '.join(arguments)} …", file=sys.stderr, flush=True)
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        run(python, program, *arguments, folder=folder, BENCH_REHEARSAL="1")
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        out = Path(folder) / "callgrind.out"
        done = subprocess.run(
            [
                "valgrind",
                "--tool=callgrind",
                "--instr-atstart=no",
                f"--separate-threads={'no' if all_threads else 'yes'}",
                f"--callgrind-out-file={out}",
                str(python),
                str(PROGRAMS / f"{program}.py"),
                *arguments,
            ],
            cwd=folder,
            env=variables(BENCH_SWITCH=str(_switch()), PYTHONHASHSEED=str(seed)),
            text=True,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            check=False,
        )
        if done.returncode:
            raise RuntimeError(f"{program} {' '.join(arguments)} failed under callgrind:\n{done.stderr[-3000:]}")
        return _read(sorted(Path(folder).glob("callgrind.out*")))


def _read(files: Sequence[Path]) -> dict[str, int]:
    found: dict[str, list[int]] = {}
    for file in files:
        text = file.read_text(errors="replace")
        label = _LABEL.search(text)
        total = _TOTAL.search(text)
        if label and total:
            found.setdefault(label[1], []).append(int(total[1]))
    return {label: round(median(counts)) for label, counts in found.items()}
