"""Distributions that are not what is installed: another version, or none."""

from __future__ import annotations

from importlib import metadata
from types import SimpleNamespace
from typing import Any

__all__ = ["pretend_installed"]


def pretend_installed(monkeypatch: Any, distribution: str, release: str | None) -> None:
    """Have this distribution installed in this version; with ``None``, not at all."""
    real = metadata.distribution

    def found(name: str) -> Any:
        if name != distribution:
            return real(name)
        if release is None:
            raise metadata.PackageNotFoundError(name)
        return SimpleNamespace(
            version=release, read_text=lambda _: f"Metadata-Version: 2.4\nVersion: {release}\n\nText"
        )

    monkeypatch.setattr(metadata, "distribution", found)
