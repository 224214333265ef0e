"""The methods of the OpenAI client that tracing changes, and what they were before."""

from __future__ import annotations

from typing import Any

from openai._base_client import AsyncAPIClient, BaseClient, SyncAPIClient

__all__ = ["BEFORE", "patched", "untouched"]

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


def untouched() -> bool:
    """Whether all are the objects that they were: a wrapper is equal to what it wraps, so equality says nothing."""
    return all(now is before for now, before in zip(patched(), BEFORE, strict=True))
