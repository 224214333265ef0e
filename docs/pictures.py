"""Make the pictures of the README again: ``python docs/pictures.py TRACE.json OUT.svg [WIDTH]``."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

from autolog import Trace
from autolog._render.svg import trace_svg


def main(source: str, target: str, width: str = "110") -> None:
    """Draw the tree of the trace that ``source`` holds (JSON of ``Trace.to_json``) into ``target``."""
    # The same picture on every machine: moments are shown in the local time zone.
    os.environ["TZ"] = "UTC"
    if hasattr(time, "tzset"):
        time.tzset()
    trace = Trace.from_json(Path(source).read_bytes())
    Path(target).write_text(trace_svg(trace, width=int(width)), encoding="utf-8")


if __name__ == "__main__":
    if len(sys.argv) not in (3, 4):
        sys.exit(__doc__)
    main(*sys.argv[1:])
