"""Whose model it is: the conventions' provider name, by the package that the class comes from and the host it calls."""

from __future__ import annotations

from typing import Final
from urllib.parse import urlsplit

__all__ = ["provider_of", "server_of"]

# The last part of `llama_index.llms.NAME` or `llama_index.embeddings.NAME`, where it is not the provider's name already.
_PACKAGES: Final = {
    "azure_openai": "azure.ai.openai",
    "azure_inference": "azure.ai.inference",
    "bedrock": "aws.bedrock",
    "bedrock_converse": "aws.bedrock",
    "sagemaker_endpoint": "aws.sagemaker",
    "gemini": "gcp.gemini",
    "google_genai": "gcp.gemini",
    "google": "gcp.gemini",
    "vertex": "gcp.vertex_ai",
    "vertex_endpoint": "gcp.vertex_ai",
    "ibm": "ibm.watsonx.ai",
    "watsonx": "ibm.watsonx.ai",
    "cohere": "cohere",
    "fireworks": "fireworks_ai",
    "mistralai": "mistral_ai",
    "together": "together_ai",
    "xai": "x_ai",
    "openai_like": "openai_compatible",
    "huggingface_api": "huggingface",
    "voyageai": "voyage_ai",
    "jinaai": "jina_ai",
}
_OPENAI_HOSTS: Final = ("api.openai.com", ".api.openai.com")


def provider_of(module: str | None, address: str | None) -> str | None:
    """Give the provider; ``None`` for a class of the program's own."""
    parts = (module or "").split(".")
    if len(parts) < 3 or parts[0] != "llama_index" or parts[1] not in ("llms", "embeddings", "multi_modal_llms"):
        return None
    package = parts[2]
    if package == "openai" and address:
        host = urlsplit(address).hostname or ""
        if host != _OPENAI_HOSTS[0] and not host.endswith(_OPENAI_HOSTS[1]):
            return "openai_compatible"
    return _PACKAGES.get(package, package)


def server_of(address: str | None) -> tuple[str | None, int | None]:
    """Give the host and the port that an address names; the port only where it does."""
    if not address:
        return None, None
    parts = urlsplit(address if "//" in address else f"//{address}")
    try:
        return parts.hostname, parts.port
    except ValueError:  # a port that is none
        return parts.hostname, None
