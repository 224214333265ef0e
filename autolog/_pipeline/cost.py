"""What a call is charged: at whose price, and whether a list of usual prices says it at all."""

from __future__ import annotations

from typing import Any, Final

from autolog import semconv
from autolog._model import Usage
from autolog._pipeline.prices import Pricer

__all__ = ["cost_of"]

# "on_demand" is Groq's word for it.
_USUAL: Final = frozenset({"auto", "default", "standard", "on_demand"})
# Shares of the usual price, by provider and tier. OpenAI: a batch is half price
# (https://developers.openai.com/api/docs/guides/batch), and flex processing is at the rates of batches
# (https://developers.openai.com/api/docs/guides/flex-processing). Groq: flex is at the price on demand
# (https://console.groq.com/docs/flex-processing).
_SHARES: Final = {("openai", "batch"): 0.5, ("openai", "flex"): 0.5, ("groq", "flex"): 1.0}


def cost_of(pricer: Pricer, usage: Usage | None, attributes: dict[str, Any]) -> float | None:
    """Give the dollars of a call, and note in its attributes where the price comes from; ``None`` where nobody knows.

    First the user's own price of the answering or the requested model, then what the provider says that it charged,
    then the list price, which the call's tier may change.
    """
    if usage is None:
        if semconv.USAGE_COUNTED_BEFORE in attributes:
            attributes.pop(semconv.COST, None)  # what was charged then is not charged again
        return None
    charged: Any = attributes.pop(semconv.COST, None)
    provider = attributes.get(semconv.PROVIDER_NAME)
    models = [m for key in (semconv.RESPONSE_MODEL, semconv.REQUEST_MODEL) if isinstance(m := attributes.get(key), str)]
    dollars, source = None, "configured"
    own = next(filter(pricer.has_own, models), None)
    if own is not None:
        dollars = pricer.own_price(usage, own)
    elif type(charged) in (int, float) and charged >= 0:
        dollars, source = float(charged), "provider"
    elif (share := _share(provider, attributes)) is not None:
        source = "genai-prices"
        listed = next((p for m in models if (p := pricer.list_price(usage, m, provider)) is not None), None)
        dollars = None if listed is None else listed * share
    if dollars is not None:
        attributes[semconv.PRICE_SOURCE] = source
    return dollars


def _share(provider: Any, attributes: dict[str, Any]) -> float | None:
    """Give the share of the usual price at which a call is charged; ``None`` where that is not known."""
    tier = (
        attributes.get(semconv.PRICE_TIER)
        or attributes.get(semconv.OPENAI_RESPONSE_SERVICE_TIER)
        or attributes.get(semconv.OPENAI_REQUEST_SERVICE_TIER)
    )
    if tier is None or tier in _USUAL:
        return 1.0
    return _SHARES.get((provider, tier))
