"""The table of scenarios: each is a few calls to an OpenAI client and the cassette that holds their traffic.

    with play(scenario.cassette):
        scenario.run(client_for(scenario))                              # OpenAI
        await scenario.arun(client_for(scenario, asynchronous=True))    # AsyncOpenAI, in another ``play``

What a test expects of a scenario is to be read from its cassette. Imported as a top-level module: ``tests`` is on
pytest's path.
"""

from __future__ import annotations

from typing import Any

import openai
import scenarios_api
import scenarios_chat
import scenarios_handwritten_api
import scenarios_handwritten_chat
from scenario_kit import Scenario

__all__ = ["BASE_URL", "SCENARIOS", "Scenario", "client_for", "find", "supported"]

# Whatever the port was at recording. The reserved domain (RFC 2606) makes sure that a call past a cassette fails.
BASE_URL = "http://model.test/v1"
AZURE_ENDPOINT = "https://model-test.openai.azure.com"
AZURE_VERSION = "2024-10-21"
# No secret: the clients want one to start. It is never written to a cassette.
API_KEY = "dummy"

SCENARIOS: tuple[Scenario, ...] = tuple(
    scenarios_chat.SCENARIOS
    + scenarios_api.SCENARIOS
    + scenarios_handwritten_chat.SCENARIOS
    + scenarios_handwritten_api.SCENARIOS
)


def client_for(scenario: Scenario, *, asynchronous: bool = False, **options: Any) -> Any:
    """A client without retries for a scenario; ``options`` go to its constructor."""
    # Reading the certificates is most of what making a client costs, and a cassette needs none.
    http_client = openai.DefaultAsyncHttpxClient if asynchronous else openai.DefaultHttpxClient
    options = {"api_key": API_KEY, "max_retries": 0, "http_client": http_client(verify=False), **options}
    if scenario.azure:
        azure = openai.AsyncAzureOpenAI if asynchronous else openai.AzureOpenAI
        return azure(azure_endpoint=AZURE_ENDPOINT, api_version=AZURE_VERSION, **options)
    plain = openai.AsyncOpenAI if asynchronous else openai.OpenAI
    return plain(**{"base_url": BASE_URL, **options})


def find(name: str) -> Scenario:
    """The scenario of that name."""
    for scenario in SCENARIOS:
        if scenario.name == name:
            return scenario
    raise KeyError(f"no scenario {name!r}; there are {', '.join(s.name for s in SCENARIOS)}")


def supported() -> list[Scenario]:
    """The scenarios that the installed ``openai`` has the APIs for."""
    return [scenario for scenario in SCENARIOS if scenario.supported]
