"""What a response says of its price: a charge in dollars, or that it is not at the usual one."""

from __future__ import annotations

from typing import Any

from autolog.integration import semconv
from autolog_openai._json import Json, as_dict, as_number

__all__ = ["charges_in"]


def charges_in(response: Json, provider: str | None) -> dict[str, Any]:
    """Give attributes of what the call cost, where the response tells.

    OpenRouter sends what it charged as ``usage.cost``, in credits, one of which is a US dollar
    (https://openrouter.ai/docs/use-cases/usage-accounting). With a key of the user's own at the upstream the charge is
    OpenRouter's fee alone, and what the upstream takes is ``cost_details.upstream_inference_cost``.
    """
    found: dict[str, Any] = {}
    if response.get("object") == "batch":
        found[semconv.PRICE_TIER] = "batch"
    if provider == "openrouter":
        usage = as_dict(response.get("usage"))
        charged = as_number(usage.get("cost"))
        if charged is not None and usage.get("is_byok") is True:
            upstream = as_number(as_dict(usage.get("cost_details")).get("upstream_inference_cost"))
            charged = None if upstream is None else charged + upstream
        if charged is not None and charged >= 0:
            found[semconv.COST] = float(charged)
    return found
