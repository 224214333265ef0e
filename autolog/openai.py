"""``autolog.openai``: the integration that traces the OpenAI client, for those who import it by this name."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from autolog import _registry

if TYPE_CHECKING:
    from autolog_openai import autolog as autolog

__all__ = ["autolog"]

# The import system takes what stands here when this module has run: the integration itself, as `autolog.openai` is.
sys.modules[__name__] = _registry.module("openai")
