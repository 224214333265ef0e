"""Whose server answers: the conventions' provider name, by host, or by what an unknown server says of itself."""

from __future__ import annotations

import re
from functools import lru_cache

from autolog_openai._json import Json, as_str

__all__ = ["UNKNOWN_PROVIDER", "provider_in", "provider_of"]

UNKNOWN_PROVIDER = "openai_compatible"
"""A server that speaks OpenAI's protocol and is not known to us: calling it OpenAI would be wrong."""

# Names are the conventions' where they have one (gen_ai.provider.name), else the maker's, in the same style.
_BY_SUFFIX = {
    "api.openai.com": "openai",  # eu.api.openai.com, us.api.openai.com
    "chatgpt.com": "openai",
    "openai.azure.com": "azure.ai.openai",
    "openai.azure.us": "azure.ai.openai",
    "openai.azure.cn": "azure.ai.openai",
    "cognitiveservices.azure.com": "azure.ai.openai",
    "cognitiveservices.azure.us": "azure.ai.openai",
    "services.ai.azure.com": "azure.ai.inference",
    "inference.ai.azure.com": "azure.ai.inference",
    "models.ai.azure.com": "azure.ai.inference",
    "models.github.ai": "github_models",
    "api.anthropic.com": "anthropic",
    "generativelanguage.googleapis.com": "gcp.gemini",
    "aiplatform.googleapis.com": "gcp.vertex_ai",
    "api.cohere.ai": "cohere",
    "api.cohere.com": "cohere",
    "api.groq.com": "groq",
    "api.deepseek.com": "deepseek",
    "api.mistral.ai": "mistral_ai",
    "codestral.mistral.ai": "mistral_ai",
    "api.x.ai": "x_ai",
    "api.perplexity.ai": "perplexity",
    "api.moonshot.ai": "moonshot_ai",
    "api.moonshot.cn": "moonshot_ai",
    "ml.cloud.ibm.com": "ibm.watsonx.ai",
    "api.together.xyz": "together_ai",
    "api.together.ai": "together_ai",
    "openrouter.ai": "openrouter",
    "api.fireworks.ai": "fireworks_ai",
    "api.cerebras.ai": "cerebras",
    "api.sambanova.ai": "sambanova",
    "integrate.api.nvidia.com": "nvidia",
    "router.huggingface.co": "huggingface",
    "api-inference.huggingface.co": "huggingface",
    "endpoints.huggingface.cloud": "huggingface",
    "cloud.databricks.com": "databricks",
    "azuredatabricks.net": "databricks",
    "gcp.databricks.com": "databricks",
    "api.ai21.com": "ai21",
    "dashscope.aliyuncs.com": "alibaba",
    "dashscope-intl.aliyuncs.com": "alibaba",
    "dashscope-us.aliyuncs.com": "alibaba",
    "api.deepinfra.com": "deepinfra",
    "api.hyperbolic.xyz": "hyperbolic",
    "api.novita.ai": "novita",
    "api.z.ai": "zhipu_ai",
    "open.bigmodel.cn": "zhipu_ai",
    "api.minimax.io": "minimax",
    "api.voyageai.com": "voyage_ai",
    "api.jina.ai": "jina_ai",
    "ai-gateway.vercel.sh": "vercel",
    "api.studio.nebius.com": "nebius",
    "api.tokenfactory.nebius.com": "nebius",
}

# Compiled where they are used, in the background.
_LLAMA_CPP = r"b\d+-[0-9a-f]{6,}"  # its build number and commit
_VLLM_ID = r"(chatcmpl|cmpl|embd|resp)-[0-9a-f]{32}"  # a UUID without dashes


@lru_cache(maxsize=256)
def provider_of(host: str) -> str:
    """Give the provider of a host; :data:`UNKNOWN_PROVIDER` for one that is not known, loopback included."""
    name = host.strip().rstrip(".").lower()
    if name.endswith(".amazonaws.com") and (name.startswith("bedrock") or ".bedrock" in name):
        return "aws.bedrock"
    if name.endswith("-aiplatform.googleapis.com"):  # us-central1-aiplatform.googleapis.com
        return "gcp.vertex_ai"
    labels = name.split(".")
    for start in range(len(labels) - 1):
        found = _BY_SUFFIX.get(".".join(labels[start:]))
        if found is not None:
            return found
    return UNKNOWN_PROVIDER


def provider_in(response: Json) -> str | None:
    """Give the provider that a response of an unknown host names by its form; ``None`` where it does not."""
    fingerprint = as_str(response.get("system_fingerprint"))
    if fingerprint is not None:
        if fingerprint == "fp_ollama":
            return "ollama"
        if fingerprint.startswith("vllm"):
            return "vllm"
        if re.fullmatch(_LLAMA_CPP, fingerprint):
            return "llama_cpp"
    identifier = as_str(response.get("id"))
    if identifier is not None and re.fullmatch(_VLLM_ID, identifier):
        return "vllm"
    return None
