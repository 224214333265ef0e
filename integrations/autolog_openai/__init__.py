"""Traces the OpenAI client: every call of every resource, sync and async, in openai 1, 2 and 3."""

from __future__ import annotations

from types import ModuleType

from autolog.integration import Integration, Patcher, switch

__all__ = ["INTEGRATION", "autolog"]


def autolog(*, log_traces: bool = True, stream_usage: bool = False, capture_embeddings: bool = False) -> None:
    """Trace the OpenAI client, or with ``log_traces=False`` stop tracing it. Calling again replaces the options.

    ``stream_usage``: ask for the usage of streams that do not ask for it themselves (``include_usage`` is added to the
    request of streamed chat completions and completions), and hide the extra chunk that comes for it; a server that
    rejects the member rejects the call. Calls with ``with_raw_response`` and ``with_streaming_response`` are left as
    they are, for of what the program reads itself nothing can be hidden; a program that reads the lines of
    ``stream.response`` past the stream sees the chunk. ``capture_embeddings``: keep the vectors, not only
    their number and dimensions.

    Raises ``ImportError`` where ``openai`` is not installed.
    """
    switch("openai", log_traces=log_traces, stream_usage=stream_usage, capture_embeddings=capture_embeddings)


def _install(patcher: Patcher, *, stream_usage: bool = False, capture_embeddings: bool = False) -> None:
    from autolog_openai import _calls

    _calls.install(patcher, stream_usage=stream_usage, capture_embeddings=capture_embeddings)
    # Few programs open a WebSocket: what watches one is imported with the resource that does.
    installed: list[str] = []

    def install_realtime(module: ModuleType) -> None:
        from autolog_openai import _realtime

        if not installed:
            _realtime.install(patcher)
        installed.append(module.__name__)

    for name in _SOCKETS:
        patcher.when_imported(name, install_realtime)


_SOCKETS = (
    "openai.resources.beta.realtime.realtime",
    "openai.resources.realtime.realtime",
    "openai.resources.responses.responses",
    "openai.resources.beta.responses.responses",
)


INTEGRATION = Integration(name="openai", requires="openai>=1.66", install=_install)
