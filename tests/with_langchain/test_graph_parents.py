"""Every client call is under the node, the tool or the model that made it, in graphs and agents."""

from __future__ import annotations

import asyncio
import gc
from typing import Any

import pytest

pytest.importorskip("langgraph")
pytest.importorskip("langchain_openai")

from autolog_langchain._attach import _runs
from langchain_core.language_models.chat_models import BaseChatModel
from langchain_world import World, wrong_parents
from langgraph_modes import ASYNC, SYNC

from autolog._tracing.context import current_span


def _check(traces: Any) -> None:
    assert current_span() is None
    assert len(_runs()) == 0, "a run is left in the table"
    assert [s for s in traces.spans if s.attributes.get("autolog.integration") == "openai"]
    assert not wrong_parents(traces.spans)


@pytest.mark.parametrize("name", SYNC)
def test_sync(world: World, both: Any, name: str) -> None:
    SYNC[name](world)
    gc.collect()
    _check(both)


@pytest.mark.asyncio(loop_scope="session")
@pytest.mark.filterwarnings("ignore::langchain_core._api.beta_decorator.LangChainBetaWarning")
@pytest.mark.parametrize("name", ASYNC)
async def test_async(world: World, both: Any, name: str) -> None:
    if name.endswith("v3") and not hasattr(BaseChatModel, "_achat_model_stream_v3"):
        pytest.skip("this LangChain has no such events")
    await ASYNC[name](world)
    gc.collect()
    await asyncio.sleep(0.02)
    _check(both)
