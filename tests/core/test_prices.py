"""What a call cost: as the price list says, as the user says, and None where nobody knows."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from genai_prices import Usage as ListUsage
from genai_prices import calc_price
from genai_prices.data import providers

import autolog
from autolog import Usage, semconv
from autolog._pipeline.cost import cost_of
from autolog._pipeline.prices import Pricer
from autolog._settings import Price

_USAGES = [
    Usage(1000, 100, 1100),
    Usage(1000, 100, cached_input_tokens=400),
    Usage(1000, 100, cached_input_tokens=400, cache_creation_tokens=100),
    Usage(1000, 100, audio_input_tokens=200, audio_output_tokens=50),
    Usage(300_000, 10, cached_input_tokens=0),
    Usage(input_tokens=12, total_tokens=12),
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
        priced = pricer.list_price(usage, model, provider)
        if priced is None:
            rates = vars(calc_price(listed, model_ref=model, provider_id=provider).model_price)
            pictures = rates.get("output_image_mtok") is not None
            no_audio = rates.get("input_audio_mtok") is None or rates.get("output_audio_mtok") is None
            assert pictures or (usage.audio_input_tokens and no_audio), (provider, model)
            continue
        assert priced == pytest.approx(expected), (provider, model)
        compared += 1
    assert compared > (3 if usage.audio_input_tokens else 100)


def test_nobody_knows() -> None:
    usage = Usage(1000, 100)
    pricer = Pricer()
    assert pricer.list_price(usage, "a-model-that-nobody-sells", "openai") is None
    # At a host that nobody knows, an open-weight model costs what its owner says; a closed one is told by its name.
    assert pricer.list_price(usage, "deepseek-chat", "openai_compatible") is None
    assert pricer.list_price(usage, "gpt-4o-mini", "openai_compatible") is not None


@pytest.mark.parametrize(
    ("usage", "model", "dollars"),
    [
        (Usage(0, 0, 0), "gpt-4o-mini", 0.0),
        (Usage(), "gpt-4o-mini", None),
        (Usage(output_tokens=5), "gpt-4o-mini", None),
        (Usage(input_tokens=5), "gpt-4o-mini", None),
        (Usage(total_tokens=5), "gpt-4o-mini", None),
        (Usage(output_tokens=5, total_tokens=5), "gpt-4o-mini", 5 * 0.6e-6),
        (Usage(input_tokens=5), "text-embedding-3-small", 5 * 0.02e-6),
        (Usage(100, 50, audio_input_tokens=80), "gpt-4o-audio-preview", None),
        (Usage(100, 50, audio_output_tokens=40), "gpt-4o-audio-preview", None),
        (
            Usage(100, 50, audio_input_tokens=0, audio_output_tokens=0),
            "gpt-4o-audio-preview",
            100 * 2.5e-6 + 50 * 10e-6,
        ),
        (Usage(100, 50), "gpt-image-1.5", None),
    ],
)
def test_half_of_what_is_to_be_paid_is_no_price(usage: Usage, model: str, dollars: float | None) -> None:
    found = Pricer().list_price(usage, model, "openai")
    assert found == (None if dollars is None else pytest.approx(dollars))


def test_the_user_s_prices_come_first() -> None:
    pricer = Pricer({"gpt-4o-mini": {"input": 1.0, "output": 2.0, "cached_input": 0.5}})
    assert pricer.has_own("gpt-4o-mini")
    assert not pricer.has_own("gpt-4o")
    priced = pricer.own_price(Usage(1_000_000, 500_000, cached_input_tokens=200_000), "gpt-4o-mini")
    assert priced == pytest.approx(0.8 + 0.1 + 1.0)


_ASKED, _ANSWERED = "gpt-4o-mini", "gpt-4o-mini-2024-07-18"
_LISTED = 1000 * 0.15e-6 + 500 * 0.6e-6


def _cost(own: Mapping[str, Price] | None = None, usage: Usage | None = None, **said: Any) -> tuple[float | None, Any]:
    names = {
        "tier": semconv.OPENAI_RESPONSE_SERVICE_TIER,
        "asked_tier": semconv.OPENAI_REQUEST_SERVICE_TIER,
        "kind": semconv.PRICE_TIER,
        "charged": semconv.COST,
        "provider": semconv.PROVIDER_NAME,
    }
    attributes: dict[str, Any] = {
        semconv.PROVIDER_NAME: "openai",
        semconv.REQUEST_MODEL: _ASKED,
        semconv.RESPONSE_MODEL: _ANSWERED,
        **{names[key]: value for key, value in said.items()},
    }
    dollars = cost_of(Pricer(own), usage or Usage(1000, 500, 1500), attributes)
    assert semconv.COST not in attributes
    return dollars, attributes.get(semconv.PRICE_SOURCE)


@pytest.mark.parametrize(
    ("said", "dollars", "source"),
    [
        ({}, _LISTED, "genai-prices"),
        ({"own": {_ASKED: {"input": 100.0, "output": 100.0}}}, 0.15, "configured"),
        ({"own": {_ASKED: {"input": 1.0}, _ANSWERED: {"input": 2.0}}}, 0.002, "configured"),
        ({"own": {_ASKED: {"input": 1.0}}, "charged": 7.0, "tier": "priority"}, 0.001, "configured"),
        ({"own": {_ASKED: {"input": 1.0}}, "usage": Usage(output_tokens=5)}, None, None),
        ({"charged": 0.0123}, 0.0123, "provider"),
        ({"charged": 0.0123, "tier": "priority"}, 0.0123, "provider"),
        ({"charged": "0.1"}, _LISTED, "genai-prices"),
        ({"charged": -1.0}, _LISTED, "genai-prices"),
        ({"tier": "default"}, _LISTED, "genai-prices"),
        ({"tier": "default", "asked_tier": "priority"}, _LISTED, "genai-prices"),
        ({"tier": "flex"}, _LISTED / 2, "genai-prices"),
        ({"asked_tier": "flex"}, _LISTED / 2, "genai-prices"),
        ({"tier": "priority"}, None, None),
        ({"tier": "scale"}, None, None),
        ({"kind": "batch"}, _LISTED / 2, "genai-prices"),
        ({"kind": "batch", "provider": "azure.ai.openai"}, None, None),
        ({"tier": "flex", "provider": "openai_compatible"}, None, None),
    ],
)
def test_whose_price_it_is(said: dict[str, Any], dollars: float | None, source: str | None) -> None:
    assert _cost(**said) == (None if dollars is None else pytest.approx(dollars), source)


def test_what_was_charged_is_not_charged_again_when_it_is_fetched() -> None:
    attributes = {semconv.USAGE_COUNTED_BEFORE: {"input_tokens": 1}, semconv.COST: 1.0}
    assert cost_of(Pricer(), None, attributes) is None
    assert semconv.COST not in attributes


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
