"""Our own failures: told once, and never to the program."""

from __future__ import annotations

import logging
import os

__all__ = ["report", "reported"]

_log = logging.getLogger("autolog")
_told: set[str] = set()
reported: list[BaseException] = []
_KEPT = 20


def report(where: str, exc: BaseException) -> None:
    """Log a failure of ours the first time it happens in this place.

    With ``AUTOLOG_RAISE_ERRORS=1``, as in our own tests, it is raised instead.
    """
    if len(reported) < _KEPT:
        reported.append(exc)
    if os.environ.get("AUTOLOG_RAISE_ERRORS") == "1":
        raise exc.with_traceback(None)
    # Its frames, and those of the exception that it was raised during, would keep the program's objects alive.
    exc.__traceback__ = exc.__context__ = exc.__cause__ = None
    if where in _told:
        return
    _told.add(where)
    _log.warning(
        "autolog could not trace part of a call (%s: %s: %s). Your program is not affected; "
        "please report this. It is said once.",
        where,
        type(exc).__name__,
        exc,
    )
