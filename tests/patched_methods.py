"""The methods of the OpenAI client that tracing changes, and what they were before."""

from __future__ import annotations

from typing import Any

from openai._base_client import AsyncAPIClient, BaseClient, SyncAPIClient

__all__ = ["BEFORE", "patched"]

PATCHED = (
    (SyncAPIClient, "request"),
    (SyncAPIClient, "_process_response"),
    (AsyncAPIClient, "request"),
    (AsyncAPIClient, "_process_response"),
    (BaseClient, "_build_request"),
)
BEFORE = tuple(vars(owner)[name] for owner, name in PATCHED)


def patched() -> tuple[Any, ...]:
    return tuple(vars(owner)[name] for owner, name in PATCHED)
