"""The built front end, as the wheel ships it."""

from __future__ import annotations

import base64
import hashlib
from functools import cache
from importlib.resources import files

__all__ = ["digest", "script", "style"]


@cache
def script() -> str:
    """Give the front end's JavaScript."""
    return _read("view.js")


@cache
def style() -> str:
    """Give the front end's style sheet."""
    return _read("view.css")


def _read(name: str) -> str:
    return files("autolog").joinpath("_view", "assets", name).read_text(encoding="utf-8").strip()


def digest(text: str) -> str:
    """Give the source expression by which a content security policy allows exactly this text (CSP level 3)."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"
