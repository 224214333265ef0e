"""``autolog.langchain``: the integration that traces LangChain and LangGraph, for those who import it by this name."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from autolog import _registry

if TYPE_CHECKING:
    from autolog_langchain import autolog as autolog

__all__ = ["autolog"]

# The import system takes what stands here when this module has run: the integration itself, as `autolog.langchain` is.
sys.modules[__name__] = _registry.module("langchain")
