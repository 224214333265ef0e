"""Whose model it is, and where: from what LangChain says of a model."""

from __future__ import annotations

import os
from typing import Final
from urllib.parse import urlsplit

from autolog_langchain._plain import Json, as_dict, as_str

__all__ = ["address_of", "provider_of"]

# The conventions' names (gen_ai.provider.name) for LangChain's (`ls_provider`).
_NAMES: Final = {
    "amazon_bedrock": "aws.bedrock",
    "azure": "azure.ai.openai",
    "azure_openai": "azure.ai.openai",
    "fireworks": "fireworks_ai",
    "google_anthropic_vertex": "gcp.vertex_ai",
    "google_genai": "gcp.gemini",
    "google_vertexai": "gcp.vertex_ai",
    "ibm": "ibm.watsonx.ai",
    "mistral": "mistral_ai",
    "mistralai": "mistral_ai",
    "moonshot": "moonshot_ai",
    "together": "together_ai",
    "xai": "x_ai",
}
# What a server that speaks OpenAI's protocol is called where it is not OpenAI's own.
_UNKNOWN: Final = "openai_compatible"
_ADDRESSES: Final = ("openai_api_base", "base_url", "azure_endpoint", "anthropic_api_url", "endpoint_url", "api_base")


def address_of(serialized: Json) -> tuple[str | None, int | None]:
    """Give the host and the port that a model is asked at, where it was told one."""
    members = as_dict(serialized.get("kwargs"))
    url = next((found for name in _ADDRESSES if (found := as_str(members.get(name))) is not None), None)
    if url is None and str(serialized.get("name") or "").endswith("OpenAI"):
        url = as_str(os.environ.get("OPENAI_BASE_URL"))
    if url is None:
        return None, None
    try:
        parts = urlsplit(url)
        return parts.hostname, parts.port
    except ValueError:
        return None, None


def provider_of(named: str | None, host: str | None) -> str | None:
    """Give the provider's name in the conventions' form."""
    if named is None:
        return None
    if named == "openai" and host is not None and not host.endswith(("api.openai.com", "openai.azure.com")):
        return _UNKNOWN
    return _NAMES.get(named, named)
