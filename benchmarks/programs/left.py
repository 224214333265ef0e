"""What is left of memory once all that can be collected is collected."""

from __future__ import annotations

import gc
import os
import sys
from pathlib import Path


def left() -> dict[str, float]:
    """Give resident megabytes, blocks that Python has allocated and objects of the collector of cycles."""
    gc.collect()
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    mb = pages * os.sysconf("SC_PAGE_SIZE") / 1e6
    return {"rss_mb": mb, "blocks": sys.getallocatedblocks(), "objects": len(gc.get_objects())}
