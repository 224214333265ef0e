"""A pytest plugin for the frameworks' own tests: traces them all, where AUTOLOG_UPSTREAM says ``on``."""

from __future__ import annotations

import os

import autolog


def pytest_configure() -> None:
    """Trace LangChain, with a store of none: what is measured is the frameworks' behaviour."""
    if os.environ.get("AUTOLOG_UPSTREAM") == "on":
        autolog.configure(store=None, exporters=[autolog.MemoryExporter()])
        autolog.langchain.autolog()
