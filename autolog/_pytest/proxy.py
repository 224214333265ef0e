"""The fixture that serves cassettes to programs in other processes and languages."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Generator
from typing import Any, cast

import pytest

from autolog._pytest.options import mode_of, option_of, timing_of
from autolog._pytest.paths import cassette_path

__all__ = ["serving"]

_RECORDING = ("missing", "all")


def serving(request: pytest.FixtureRequest) -> Generator[Callable[..., str]]:
    """Give a function that serves a cassette until the test ends, and gives the address for ``OPENAI_BASE_URL``."""
    from autolog._replay.proxy import replay_proxy

    item = cast("pytest.Item", request.node)  # pyright: ignore[reportUnknownMemberType]
    mode = mode_of(item.config).name
    unused = option_of(item.config, "unused", {}) or "error"
    timing = timing_of(item.config, {})
    with contextlib.ExitStack() as stack:

        def serve(path: str | None = None, *, upstream: str | None = None, **options: Any) -> str:
            recording = mode in _RECORDING and upstream is not None
            given: dict[str, Any] = {"unused": unused, "timing": timing, **options}
            if recording:
                given |= {"record": True, "anew": mode == "all", "upstream": upstream}
            return stack.enter_context(replay_proxy(cassette_path(item, path), **given))

        yield serve
