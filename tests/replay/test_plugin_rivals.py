"""What recording model calls with pytest-recording is rough about: each check fails with it and passes here."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest
from fake_api import FakeApi
from replay.rivals import fails_there

if TYPE_CHECKING:
    from replay.plugin_kit import Project

pytest.importorskip("pytest_recording")
pytest_plugins = ["pytester", "replay.plugin_kit"]


@dataclass(frozen=True)
class Tool:
    """A plugin: how it is loaded, how a test is marked for it, and how it is told to record."""

    plugin: tuple[str, ...]
    marker: str
    missing: str
    again: str
    replay_only: str

    def run(self, project: Project, tests: str, *arguments: str) -> pytest.RunResult:
        project.write(tests.replace("@marked", f"@pytest.mark.{self.marker}"))
        return project.run(*self.plugin, *arguments)


OURS = Tool(
    (), "llm_replay", "--llm-record=missing", "--llm-record=all", 'pytestmark = pytest.mark.llm_replay(mode="replay")'
)
THEIRS = Tool(
    ("-p", "pytest_recording.plugin"),
    "vcr",
    "--record-mode=new_episodes",
    "--record-mode=rewrite",
    '@pytest.fixture(scope="module")\ndef vcr_config():\n    return {"record_mode": "none"}',
)


@pytest.fixture(params=[pytest.param(OURS, id="autolog"), fails_there(THEIRS, tool="pytest-recording")])
def tool(request: pytest.FixtureRequest) -> Tool:
    return request.param  # type: ignore[no-any-return]


@pytest.fixture
def api(project: Project, monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeApi]:
    server = FakeApi()
    monkeypatch.setenv("FAKE_URL", server.base_url)
    yield server
    server.close()


HELLO = '@marked\ndef test_hello():\n    assert ask("hello")\n'


def cassette(project: Project) -> str:
    (file,) = (project.path / "cassettes").rglob("*.yaml")
    return file.read_text(encoding="utf-8")


def test_a_test_that_fails_half_way_leaves_no_half_a_cassette(project: Project, api: FakeApi, tool: Tool) -> None:
    tool.run(project, HELLO + "    raise ValueError\n", tool.missing).assert_outcomes(failed=1)
    assert not list(project.path.rglob("*.yaml"))


def test_what_is_asked_for_on_the_command_line_is_done(project: Project, api: FakeApi, tool: Tool) -> None:
    tool.run(project, HELLO, tool.missing).assert_outcomes(passed=1)
    sent = len(api.sent)
    tool.run(project, f"{tool.replay_only}\n\n{HELLO}", tool.again).assert_outcomes(passed=1)
    assert len(api.sent) == sent + 1


def test_a_changed_prompt_fails(project: Project, api: FakeApi, tool: Tool) -> None:
    tool.run(project, HELLO, tool.missing).assert_outcomes(passed=1)
    tool.run(project, HELLO.replace('"hello"', '"good bye"')).assert_outcomes(failed=1)


def test_a_miss_says_what_to_type(project: Project, api: FakeApi, tool: Tool) -> None:
    tool.run(project, HELLO, tool.missing).assert_outcomes(passed=1)
    result = tool.run(project, HELLO.replace("assert ask", 'ask("hello")\n    assert ask'))
    result.assert_outcomes(failed=1)
    assert f"test_hello {tool.again}" in result.stdout.str()


def test_a_recording_that_nobody_uses_is_told(project: Project, api: FakeApi, tool: Tool) -> None:
    tool.run(project, HELLO + '    assert ask("more")\n', tool.missing).assert_outcomes(passed=1)
    tool.run(project, HELLO).assert_outcomes(failed=1)


def test_nothing_secret_is_written(project: Project, api: FakeApi, tool: Tool, monkeypatch: pytest.MonkeyPatch) -> None:
    key = "sk-proj-0123456789abcdefABCDEF"
    monkeypatch.setenv("OPENAI_API_KEY", key)
    with_key = HELLO.replace("ask(", "ask_with_key(")
    program = f"""
def ask_with_key(prompt):
    with openai.OpenAI(base_url=BASE_URL, api_key="{key}") as made:
        return made.chat.completions.create(**request(prompt)).choices[0].message.content
"""
    tool.run(project, program + with_key, tool.missing).assert_outcomes(passed=1)
    assert key not in cassette(project)


def test_a_client_that_nobody_patches_does_not_get_out(project: Project, api: FakeApi, tool: Tool) -> None:
    tool.run(project, HELLO, tool.missing).assert_outcomes(passed=1)
    out = "    import socket\n    socket.getaddrinfo('localhost.model.invalid', 443)\n"
    result = tool.run(project, HELLO + out)
    result.assert_outcomes(failed=1)
    assert "the look-up of localhost.model.invalid" in result.stdout.str()


def test_a_cassette_with_metadata_is_played(project: Project, api: FakeApi, tool: Tool) -> None:
    path = project.path / "cassettes/test_it/test_hello.yaml"
    path.parent.mkdir(parents=True)
    path.write_text(f"""
version: 1
metadata: {{seed: 7}}
interactions:
- request:
    method: POST
    uri: {api.base_url}/chat/completions
    body: '{{"messages":[{{"role":"user","content":"hello"}}],"model":"m"}}'
    headers: {{content-type: [application/json]}}
  response:
    status: {{code: 200, message: OK}}
    headers: {{content-type: [application/json]}}
    body: {{string: '{{"id": "1", "object": "chat.completion", "created": 1, "model": "m", "choices":
      [{{"index": 0, "finish_reason": "stop", "message": {{"role": "assistant", "content": "ho"}}}}]}}'}}
""")
    tool.run(project, HELLO).assert_outcomes(passed=1)
