"""The store that a command reads or writes."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from autolog._cli.errors import STORE, CommandError

if TYPE_CHECKING:
    from autolog._store import Store

__all__ = ["chosen_store", "opened"]


def chosen_store(arguments: Namespace) -> Store:
    """Give the store of ``--store``, else the configured one; nothing is opened yet.

    Raises ``CommandError`` where there is none, ``StoreError`` where its name cannot be one.
    """
    from autolog._store import open_store

    target: str | None = arguments.store
    if target is None:
        from autolog._settings import from_environment

        target = from_environment()[0].store
    if target is None or target == "none":
        raise CommandError("AUTOLOG_STORE is none, so there is no store: name one with --store PATH", code=STORE)
    return open_store(target)


@contextmanager
def opened(arguments: Namespace, *, create: bool = False) -> Generator[Store]:
    """Give the store, open. Without ``create`` one that does not exist is an error, because it is the wrong folder."""
    with chosen_store(arguments) as store:
        if not create and not Path(store.path).exists():
            raise CommandError(
                f"there is no store {store.path}: run a traced program here first, go to where one ran, "
                "or name its file with --store PATH",
                code=STORE,
            )
        yield store
