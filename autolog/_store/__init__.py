"""The store room: traces in one SQLite file. What the other rooms use of it is named here."""

from autolog._store.errors import FilterError, StoreError
from autolog._store.query import Query
from autolog._store.store import Store, open_store
from autolog._store.summary import Summary

__all__ = ["FilterError", "Query", "Store", "StoreError", "Summary", "open_store"]
