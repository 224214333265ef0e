"""Traces LlamaIndex: queries, retrievers, models, embeddings, tools, agents and workflows, through its own dispatcher."""

from __future__ import annotations

from types import ModuleType

from autolog.integration import Integration, Patcher, switch

__all__ = ["INTEGRATION", "autolog"]


def autolog(*, log_traces: bool = True) -> None:
    """Trace LlamaIndex, or with ``log_traces=False`` stop tracing it.

    Raises ``ImportError`` where ``llama-index-core`` is not installed.
    """
    switch("llama_index", log_traces=log_traces)


def _install(patcher: Patcher) -> None:
    def attach(module: ModuleType) -> None:
        from autolog_llama_index import _attach

        _attach.attach(patcher, module)

    patcher.when_imported("llama_index_instrumentation", attach)


INTEGRATION = Integration(name="llama_index", requires="llama-index-core>=0.12.52", install=_install)
