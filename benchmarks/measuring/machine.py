"""On what the figures were measured."""

from __future__ import annotations

import os
import platform
import subprocess
from datetime import UTC, datetime
from pathlib import Path


def description() -> str:
    """Give the date, the processor, the system and the tools in one line."""
    cpu = platform.processor() or platform.machine()
    info = Path("/proc/cpuinfo")
    if info.exists():
        cpu = next((s.partition(":")[2].strip() for s in info.read_text().splitlines() if "model name" in s), cpu)
    parts = [
        datetime.now(UTC).date().isoformat(),
        f"Python {platform.python_version()}",
        f"{os.cpu_count()} x {cpu}",
        f"{platform.system()} {platform.release()}",
        f"load {os.getloadavg()[0]:.1f}",
    ]
    try:
        parts.append(
            subprocess.run(["valgrind", "--version"], capture_output=True, text=True, check=True).stdout.strip()
        )
    except (OSError, subprocess.CalledProcessError):
        parts.append("no valgrind")
    return ", ".join(parts)
