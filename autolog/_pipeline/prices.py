"""What a call cost, in US dollars, from its tokens: offline, and ``None`` where nobody knows."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from functools import cache
from typing import Any, Final, Literal, cast

from autolog._model import Usage
from autolog._settings import Price

__all__ = ["PRICE_MEMBERS", "Pricer", "check_prices"]

PRICE_MEMBERS: Final = ("input", "output", "cached_input", "cache_creation", "audio_input", "audio_output")
_MILLION: Final = 1_000_000
# Prices in dollars per million tokens, as genai-prices calls them, and as we do.
_RATES: Final[Mapping[str, str]] = {
    "input_mtok": "input",
    "output_mtok": "output",
    "cache_read_mtok": "cached_input",
    "cache_write_mtok": "cache_creation",
    "input_audio_mtok": "audio_input",
    "output_audio_mtok": "audio_output",
}
# Prices of what a usage does not count: they change nothing.
_OF_OTHER_THINGS: Final = frozenset(
    {
        "cache_image_read_mtok",
        "cache_write_1h_mtok",
        "input_image_mtok",
        "storage_searches_kcount",
        "web_searches_kcount",
    }
)

_IMAGES: Final = "output_image_mtok"

# Providers under the conventions' names, and as genai-prices (0.2) calls them.
_PROVIDERS: Final[Mapping[str, str]] = {
    "azure.ai.openai": "azure",
    "azure.ai.inference": "azure",
    "aws.bedrock": "aws",
    "gcp.gemini": "google",
    "gcp.vertex_ai": "google",
    "gcp.gen_ai": "google",
    "mistral_ai": "mistral",
    "x_ai": "x-ai",
    "moonshot_ai": "moonshotai",
    "together_ai": "together",
}

# At a host that nobody knows (a gateway, a server of one's own), a model's name tells its price only where one vendor
# alone serves the model; an open-weight model costs there what its owner says.
_SOLE_VENDORS: Final = frozenset({"openai", "anthropic", "google", "x-ai", "perplexity"})


def check_prices(prices: Mapping[str, Price]) -> None:
    """Raise ``ValueError`` or ``TypeError`` naming what is wrong with prices that the user gave."""
    for model, price in prices.items():
        for member, dollars in price.items():
            if member not in PRICE_MEMBERS:
                raise ValueError(
                    f"prices[{model!r}] has {member!r}; a price has, in US dollars per million tokens: "
                    + ", ".join(PRICE_MEMBERS)
                )
            if dollars < 0:
                raise ValueError(f"prices[{model!r}][{member!r}] is {dollars}; a price is not below 0")


class Pricer:
    """Prices calls: with the user's prices first, then with those of the genai-prices package."""

    def __init__(self, own: Mapping[str, Price] | None = None) -> None:
        self._own = own or {}
        # What was found out about a model at a provider: its rates, ``None`` where it has no price, and "ask" where
        # the price depends on more than counts.
        self._known: dict[tuple[str | None, str], Price | Literal["ask"] | None] = {}

    def has_own(self, model: str) -> bool:
        """Tell whether the user gave a price of this model."""
        return model in self._own

    def own_price(self, usage: Usage, model: str) -> float | None:
        """Give dollars at the user's own price; ``None`` where a count that it needs is not known."""
        return _by_rates(usage, self._own[model])

    def list_price(self, usage: Usage, model: str, provider: str | None) -> float | None:
        """Give dollars at the list price; ``None`` for a model, or a kind of token, without a known price."""
        key = (provider, model)
        if key not in self._known:
            self._known[key] = _look_up(model, provider)
        rates = self._known[key]
        if rates is None:
            return None
        return _ask(usage, model, provider) if rates == "ask" else _by_rates(usage, rates, listed=True)


def _by_rates(usage: Usage, price: Price, *, listed: bool = False) -> float | None:
    if not _is_counted(usage, price) or (listed and not _prices_audio(usage, price)):
        return None
    # The details are subsets: what has a price of its own is taken out of the whole.
    input_tokens, output_tokens = usage.input_tokens or 0, usage.output_tokens or 0
    total = 0.0
    for member, tokens in (
        ("cached_input", usage.cached_input_tokens),
        ("cache_creation", usage.cache_creation_tokens),
        ("audio_input", usage.audio_input_tokens),
    ):
        if tokens and member in price:
            total += tokens * price[member]
            input_tokens -= tokens
    if usage.audio_output_tokens and "audio_output" in price:
        total += usage.audio_output_tokens * price["audio_output"]
        output_tokens -= usage.audio_output_tokens
    total += max(input_tokens, 0) * price.get("input", 0.0) + max(output_tokens, 0) * price.get("output", 0.0)
    return total / _MILLION


def _is_counted(usage: Usage, price: Price) -> bool:
    """Tell whether what has a price was counted: half of a call's cost is not its cost."""
    counts = usage.input_tokens, usage.output_tokens
    if usage.total_tokens is not None and usage.total_tokens in counts:  # the other one is none
        return True
    return all(
        count is not None or not price.get(member) for member, count in zip(("input", "output"), counts, strict=True)
    )


def _prices_audio(usage: Usage, price: Price) -> bool:
    """Tell whether the list has a price of the audio tokens: it is not that of text."""
    return ("audio_input" in price or not usage.audio_input_tokens) and (
        "audio_output" in price or not usage.audio_output_tokens
    )


def _calculate(usage: Usage, model: str, provider: str | None) -> Any:
    from genai_prices import Usage as PriceUsage
    from genai_prices import calc_price

    listed = _PROVIDERS.get(provider, provider) if provider else None
    known = listed is not None and listed in _listed_providers()
    try:
        calculated = calc_price(
            PriceUsage(
                input_tokens=usage.input_tokens,
                output_tokens=usage.output_tokens,
                cache_read_tokens=usage.cached_input_tokens,
                cache_write_tokens=usage.cache_creation_tokens,
                input_audio_tokens=usage.audio_input_tokens,
                output_audio_tokens=usage.audio_output_tokens,
            ),
            model_ref=model,
            provider_id=listed if known else None,
        )
    except (LookupError, ValueError):  # unknown model or provider; counts that contradict each other
        return None
    return calculated if known or calculated.provider.id in _SOLE_VENDORS else None


def _ask(usage: Usage, model: str, provider: str | None) -> float | None:
    calculated = _calculate(usage, model, provider)
    if calculated is None:
        return None
    prices = cast("dict[str, Any]", vars(calculated.model_price))
    rates: Price = {_RATES[name]: 1.0 for name, rate in prices.items() if rate and name in _RATES}
    return float(calculated.total_price) if _is_counted(usage, rates) and _prices_audio(usage, rates) else None


def _look_up(model: str, provider: str | None) -> Price | Literal["ask"] | None:
    """Find a model's rates once: asking the library for every call costs more than all else that is done with it."""
    calculated = _calculate(Usage(input_tokens=1, output_tokens=1), model, provider)
    if calculated is None:
        return None
    if isinstance(calculated.model.prices, list):  # they depend on the time of the call
        return "ask"
    prices = cast("dict[str, Any]", vars(calculated.model_price))
    if prices.get(_IMAGES) is not None:  # an answer's pictures and its words cost differently, and are counted as one
        return None
    found = {name: value for name, value in prices.items() if value is not None and name not in _OF_OTHER_THINGS}
    if not all(name in _RATES and isinstance(value, Decimal) for name, value in found.items()):
        return "ask"
    return {_RATES[name]: float(value) for name, value in found.items()}


@cache
def _listed_providers() -> frozenset[str]:
    from genai_prices.data import providers

    return frozenset(p.id for p in providers)
