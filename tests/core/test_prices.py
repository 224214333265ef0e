"""What a call cost: as the price list says, as the user says, and None where nobody knows."""

from __future__ import annotations

import pytest
from genai_prices import Usage as ListUsage
from genai_prices import calc_price
from genai_prices.data import providers

import autolog
from autolog import Usage
from autolog._pipeline.prices import Pricer

_USAGES = [
    Usage(1000, 100, 1100),
    Usage(1000, 100, cached_input_tokens=400),
    Usage(1000, 100, cached_input_tokens=400, cache_creation_tokens=100),
    Usage(1000, 100, audio_input_tokens=200, audio_output_tokens=50),
    Usage(300_000, 10, cached_input_tokens=0),
    Usage(input_tokens=12),
]
_MODELS = [
    (p.id, m.id) for p in providers if p.id in ("openai", "azure", "anthropic", "groq", "deepseek") for m in p.models
]


@pytest.mark.parametrize("usage", _USAGES, ids=str)
def test_as_the_price_list_calculates(usage: Usage) -> None:
    pricer = Pricer()
    compared = 0
    for provider, model in _MODELS:
        listed = ListUsage(
            input_tokens=usage.input_tokens,
            output_tokens=usage.output_tokens,
            cache_read_tokens=usage.cached_input_tokens,
            cache_write_tokens=usage.cache_creation_tokens,
            input_audio_tokens=usage.audio_input_tokens,
            output_audio_tokens=usage.audio_output_tokens,
        )
        try:
            expected = float(calc_price(listed, model_ref=model, provider_id=provider).total_price)
        except (LookupError, ValueError):
            continue
        priced = pricer.price(usage, model, provider)
        assert priced is not None, (provider, model)
        assert priced[0] == pytest.approx(expected), (provider, model)
        compared += 1
    assert compared > 100


def test_nobody_knows() -> None:
    usage = Usage(1000, 100)
    pricer = Pricer()
    assert pricer.price(usage, "a-model-that-nobody-sells", "openai") is None
    assert pricer.price(usage, None, "openai") is None
    assert pricer.price(Usage(), "gpt-4o-mini", "openai") is None
    # At a host that nobody knows, an open-weight model costs what its owner says; a closed one is told by its name.
    assert pricer.price(usage, "deepseek-chat", "openai_compatible") is None
    assert pricer.price(usage, "gpt-4o-mini", "openai_compatible") is not None


def test_the_user_s_prices_come_first() -> None:
    pricer = Pricer({"gpt-4o-mini": {"input": 1.0, "output": 2.0, "cached_input": 0.5}})
    priced = pricer.price(Usage(1_000_000, 500_000, cached_input_tokens=200_000), "gpt-4o-mini", "openai")
    assert priced == (pytest.approx(0.8 + 0.1 + 1.0), "configured")


@pytest.mark.parametrize(
    ("prices", "message"),
    [
        ({"m": {"prompt": 1.0}}, "'prompt'; a price has, in US dollars per million tokens: input, output"),
        ({"m": {"input": -1.0}}, "a price is not below 0"),
    ],
)
def test_wrong_prices_are_named(prices: dict[str, dict[str, float]], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        autolog.configure(prices=prices)
