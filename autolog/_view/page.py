"""Traces as one HTML file that needs nothing else: no server, no network."""

from __future__ import annotations

import os
from collections.abc import Sequence
from html import escape
from pathlib import Path
from typing import Final

from autolog._model import Trace
from autolog._render.safe import one_line
from autolog._view.assets import digest, script, style
from autolog._view.payload import payload

__all__ = ["html", "page", "policy"]

_PAGE: Final = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<title>{title}</title>
<style>{style}</style>
</head>
<body>
<div id="autolog-view"><noscript>This page shows its traces with JavaScript, which is turned off.</noscript></div>
<script type="application/json" id="autolog-index">{index}</script>
<script type="text/plain" id="autolog-content">{content}</script>
<script>{script}</script>
</body>
</html>
"""


def policy(*scripts: str, styles: str) -> str:
    """Give a content security policy under which these scripts run and no other, and nothing is loaded from anywhere."""
    allowed = " ".join(digest(s) for s in scripts)
    return (
        f"default-src 'none'; script-src {allowed}; style-src {digest(styles)}; img-src data:; media-src data:; "
        "base-uri 'none'; form-action 'none'"
    )


def page(traces: Sequence[Trace]) -> str:
    """Give the page of one trace or several, the first of them open."""
    data = payload(traces)
    title = one_line(traces[0].name, limit=80) if len(traces) == 1 else f"{len(traces)} traces"
    return _PAGE.format(
        policy=policy(script(), styles=style()),
        title=escape(f"{title} - autolog"),
        style=style(),
        script=script(),
        index=data.index,
        content=data.content,
    )


def html(traces: Sequence[Trace], path: str | os.PathLike[str] | None = None) -> str:
    """Give the page, and with ``path`` write it to that file, replacing one that is there. Raises ``OSError``."""
    text = page(traces)
    if path is not None:
        Path(path).write_text(text, encoding="utf-8", newline="\n")
    return text
