"""Traces LangChain and LangGraph: models, prompts, chains, tools, retrievers, embeddings, vector stores, graphs, agents."""

from __future__ import annotations

from autolog.integration import Integration, Patcher, switch

__all__ = ["INTEGRATION", "autolog"]


def autolog(*, log_traces: bool = True) -> None:
    """Trace LangChain and LangGraph, or with ``log_traces=False`` stop tracing them.

    Raises ``ImportError`` where ``langchain-core`` is not installed.
    """
    switch("langchain", log_traces=log_traces)


def _install(patcher: Patcher) -> None:
    from autolog_langchain import _attach

    _attach.install(patcher)


INTEGRATION = Integration(name="langchain", requires="langchain-core>=0.3.86", install=_install)
