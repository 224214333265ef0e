"""A picture of a trace's tree, as SVG: for a README, made again from a trace's JSON."""

from __future__ import annotations

import io
import re
from typing import Final

from autolog._model import Trace

__all__ = ["trace_svg"]

_FONT_FACE: Final = re.compile(r"@font-face \{\{.*?\}\}\s*", re.DOTALL)


def trace_svg(
    trace: Trace, *, width: int = 110, title: str = "autolog traces show @last", max_spans: int | None = None
) -> str:
    """Give the tree as it looks in a terminal of ``width`` columns, as SVG text.

    The same trace gives the same picture, letter by letter; it loads nothing from the network.
    """
    from rich import console as rich_console

    from autolog._render.tree import TraceTree

    console = rich_console.Console(
        record=True,
        width=width,
        file=io.StringIO(),
        force_terminal=True,
        color_system="truecolor",
        legacy_windows=False,
        no_color=False,
    )
    console.print(TraceTree(trace, max_spans=max_spans))
    # rich's own template fetches a web font, which a README may not; a clip path's id is a checksum of the content.
    format_: str = vars(rich_console)["CONSOLE_SVG_FORMAT"]
    template = _FONT_FACE.sub("", format_).replace("Fira Code", "ui-monospace, Menlo, Consolas")
    return console.export_svg(title=title, code_format=template)
