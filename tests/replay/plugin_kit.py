"""What the tests of the plugin run: projects of a test file or two, with cassettes, in pytester's folder."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import openai
import pytest

from autolog._pytest import report, room  # noqa: F401
from autolog._pytest.tracing import tracing
from autolog._replay.cassette import Cassette, Interaction, RecordedRequest, RecordedResponse
from autolog._replay.format import load, save
from autolog._replay.tape import replay

__all__ = ["PROGRAM", "Project", "interaction", "loaded", "project"]

BASE_URL = "http://model.test/v1"
URI = f"{BASE_URL}/chat/completions"

PROGRAM = """
import asyncio
import os
import openai
import pytest
import autolog

BASE_URL = os.environ.get("FAKE_URL", "http://model.test/v1")

def client(kind=openai.OpenAI, **options):
    plain = openai.DefaultAsyncHttpxClient if kind is openai.AsyncOpenAI else openai.DefaultHttpxClient
    return kind(base_url=BASE_URL, api_key="k", http_client=plain(verify=False), **options)

def request(prompt):
    return {"model": "m", "messages": [{"role": "user", "content": prompt}]}

def ask(prompt, **options):
    with client(**options) as made:
        return made.chat.completions.create(**request(prompt)).choices[0].message.content

async def aask(prompt):
    async with client(openai.AsyncOpenAI) as made:
        return (await made.chat.completions.create(**request(prompt))).choices[0].message.content
"""


def interaction(prompt: str, answer: str, *, model: str = "m-1", tokens: tuple[int, int] = (10, 5)) -> Interaction:
    """A chat: what was asked and what came back."""
    sent = {"messages": [{"role": "user", "content": prompt}], "model": "m"}
    body = {
        "id": f"chatcmpl-{prompt}-{answer}",
        "object": "chat.completion",
        "created": 1,
        "model": model,
        "choices": [{"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": answer}}],
        "usage": {"prompt_tokens": tokens[0], "completion_tokens": tokens[1], "total_tokens": sum(tokens)},
    }
    headers = {"content-type": ("application/json",)}
    return Interaction(
        RecordedRequest("POST", URI, headers, json.dumps(sent).encode()),
        RecordedResponse(200, "OK", headers, json.dumps(body).encode()),
    )


@pytest.fixture(scope="session")
def loaded() -> None:
    """Load all that a replayed test loads: pytester puts `sys.modules` back, and every run would load it again."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "loaded.yaml"
        save(Cassette(path).with_interactions((interaction("load", "all"),)))
        http_client = openai.DefaultHttpxClient(verify=False)
        with tracing(), replay(path), openai.OpenAI(base_url=BASE_URL, api_key="k", http_client=http_client) as client:
            client.chat.completions.create(model="m", messages=[{"role": "user", "content": "load"}])


class Project:
    """A folder with tests and cassettes."""

    def __init__(self, pytester: pytest.Pytester) -> None:
        self.pytester = pytester
        self.path = pytester.path

    def write(self, tests: str, name: str = "test_it.py", *, program: bool = True) -> None:
        """Write a test file; with the ``program`` above its tests."""
        path = self.path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text((PROGRAM if program else "") + "\n" + tests, encoding="utf-8")

    def record(self, name: str, pairs: Iterable[tuple[str, str]], **options: Any) -> Path:
        """Write a cassette of prompts and answers, ``name`` below ``cassettes``."""
        path = self.path / "cassettes" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        save(Cassette(path).with_interactions(tuple(interaction(*pair, **options) for pair in pairs)))
        return path

    def recorded(self, name: str) -> list[tuple[str, str]]:
        """Read a cassette's prompts and answers."""
        cassette = load(self.path / "cassettes" / name)
        return [
            (each.request.json["messages"][-1]["content"], each.response.json["choices"][0]["message"]["content"])
            for each in cassette.interactions
        ]

    def run(self, *arguments: str, separate: bool = False) -> pytest.RunResult:
        """Run the tests, in this process or a separate one."""
        # Run in this process, it finds the plugin imported already.
        warnings = ["-W", "default", "-W", "ignore::pytest.PytestAssertRewriteWarning"]
        given = ["-p", "autolog.pytest_plugin", "-p", "no:cacheprovider", *warnings, "-rA", *arguments]
        if separate:
            return self.pytester.runpytest_subprocess(*given)
        return self.pytester.runpytest_inprocess(*given)


@pytest.fixture
def project(loaded: None, pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> Project:
    """A project in an environment that says nothing of recording."""
    for name in ("CI", "AUTOLOG_RECORD", "AUTOLOG_RAISE_ERRORS"):
        monkeypatch.delenv(name, raising=False)
    # Only what a test names: each plugin that is installed costs every run its import.
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    return Project(pytester)
