"""Every client call is under the run that made it, in every way to call LangChain."""

from __future__ import annotations

import asyncio
import gc
from typing import Any

import pytest

pytest.importorskip("langchain_openai")

from autolog_langchain._attach import _runs
from langchain_core.language_models.chat_models import BaseChatModel
from langchain_modes import ASYNC, SYNC
from langchain_world import World, wrong_parents

from autolog._tracing.context import current_span

# langchain-openai adds up the usage of several prompts, and stumbles over details that openai fills with None.
pytestmark = [
    pytest.mark.filterwarnings("ignore:Unexpected type for token usage"),
    pytest.mark.filterwarnings("ignore:The `dict` method is deprecated"),  # of langchain-openai below 0.3.9
]


def _check(traces: Any) -> None:
    gc.collect()
    assert current_span() is None
    assert len(_runs()) == 0, "a run is left in the table"
    spans = traces.spans
    assert [s for s in spans if s.attributes.get("autolog.integration") == "openai"]
    assert not wrong_parents(spans)
    assert len({s.span_id for s in spans}) == len(spans)
    assert all(s.end_time_ns is not None for s in spans)


@pytest.mark.parametrize("name", SYNC)
def test_sync(world: World, both: Any, name: str) -> None:
    SYNC[name](world)
    _check(both)


@pytest.mark.asyncio(loop_scope="session")  # langchain-openai keeps its async HTTP clients for all loops
@pytest.mark.filterwarnings("ignore::langchain_core._api.deprecation.LangChainDeprecationWarning")
@pytest.mark.filterwarnings("ignore::langchain_core._api.deprecation.LangChainPendingDeprecationWarning")
@pytest.mark.filterwarnings("ignore::langchain_core._api.beta_decorator.LangChainBetaWarning")
@pytest.mark.parametrize("name", ASYNC)
async def test_async(world: World, both: Any, name: str) -> None:
    if name.endswith("v3") and not hasattr(BaseChatModel, "_achat_model_stream_v3"):
        pytest.skip("this LangChain has no such events")
    await ASYNC[name](world)
    gc.collect()
    await asyncio.sleep(0.02)  # what LangChain shields, and generators that were left, end in tasks of their own
    _check(both)
