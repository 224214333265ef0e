"""``autolog cassettes``: every command for people and for programs, with its exit codes."""

from __future__ import annotations

import gzip
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml
from cassette import play
from cli.command import Cli, Result
from scenarios import client_for, find

import autolog
from autolog import Trace
from autolog._cli import main
from autolog._demo import weather
from autolog._replay.cassette import Cassette, Interaction, RecordedRequest, RecordedResponse, SseEvent
from autolog._replay.format import load, save
from autolog._store import open_store

CASSETTES = Path(__file__).resolve().parents[2] / "cassettes"
JSON = {"content-type": ("application/json",)}


@pytest.fixture
def cli(capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Cli:
    """Run a command in this process, in an empty folder, without colours."""
    for name in ("FORCE_COLOR", "NO_COLOR", "COLUMNS", "AUTOLOG_STORE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)

    def run(*words: str) -> Result:
        capsys.readouterr()
        code = main(words)
        out, err = capsys.readouterr()
        return Result(code, out, err)

    return run


def call(
    question: str, answer: str, *, usage: tuple[int, int] = (10, 5), identifier: str = "", **rest: Any
) -> Interaction:
    asked = {"model": "gpt-4o-mini", "messages": [{"role": "user", "content": question}], **rest}
    said = {
        "id": f"chatcmpl-{identifier or answer}",
        "object": "chat.completion",
        "model": "gpt-4o-mini-2024-07-18",
        "choices": [{"index": 0, "message": {"role": "assistant", "content": answer}, "finish_reason": "stop"}],
        "usage": {"prompt_tokens": usage[0], "completion_tokens": usage[1], "total_tokens": sum(usage)},
    }
    request = RecordedRequest("POST", "https://api.openai.com/v1/chat/completions", JSON, json.dumps(asked).encode())
    return Interaction(request, RecordedResponse(200, "OK", JSON, json.dumps(said).encode()))


def tape(name: str, *interactions: Interaction, **metadata: Any) -> Path:
    path = Path(name)
    save(Cassette(path, metadata=metadata).with_interactions(interactions))
    return path


# list


def test_list_finds_cassettes_and_nothing_else(cli: Cli) -> None:
    tape("tests/cassettes/agent.yaml", call("a?", "a"), call("b?", "b"), recorded_at="2020-01-01")
    Path("config.yaml").write_text("a: 1", encoding="utf-8")
    Path(".hidden").mkdir()
    shutil.copy("tests/cassettes/agent.yaml", ".hidden/x.yaml")
    result = cli("cassettes", "list")
    assert result.code == 0
    head, line = result.out.splitlines()
    assert head.split() == ["file", "calls", "models", "tokens", "cost", "age", "format"]
    assert line.split()[:4] == ["tests/cassettes/agent.yaml", "2", "gpt-4o-mini-2024-07-18", "20→10"]
    assert line.split()[-1] == "llm-1"
    (row,) = json.loads(cli("cassettes", "list", "tests", "--json").out)
    assert row["interactions"] == 2
    assert row["usage"] == {"input_tokens": 20, "output_tokens": 10, "total_tokens": 30}
    assert row["recorded"] == "2020-01-01"
    assert row["age_days"] > 2000
    assert row["cost"] > 0


def test_list_of_the_recordings_of_this_project(cli: Cli) -> None:
    rows = json.loads(cli("cassettes", "list", str(CASSETTES / "openai"), "--json").out)
    assert len(rows) == len(list((CASSETTES / "openai").glob("*.yaml")))
    assert {row["format"] for row in rows} <= {"vcr", "llm-1"}
    demo = next(row for row in rows if row["path"].endswith("demo.yaml"))
    assert demo["interactions"] == 4
    assert demo["models"] == ["all-minilm-l6-v2", "smollm2-135m-instruct"]


@pytest.mark.parametrize("command", ["list", "stats", "scan", "prune"])
def test_a_broken_cassette_is_named_and_the_others_are_read(cli: Cli, command: str) -> None:
    tape("good.yaml", call("a?", "a"))
    Path("bad.yaml").write_text("version: 1\ninteractions: 3\n", encoding="utf-8")
    result = cli("cassettes", command)
    assert result.code == 2
    assert "bad.yaml" in result.err


@pytest.mark.parametrize("command", ["list", "stats", "scan", "prune", "migrate"])
def test_nothing_there(cli: Cli, command: str) -> None:
    assert cli("cassettes", command).code == 1
    missing = cli("cassettes", command, "nope.yaml")
    assert missing.code == 2
    assert missing.err == "autolog: there is no file or folder nope.yaml\n"


@pytest.mark.parametrize(
    "command", ["list", "show", "diff", "scan", "prune", "stats", "migrate", "from-trace", None], ids=str
)
def test_every_command_has_help_with_an_example(command: str | None, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["cassettes", command] if command else ["replay-proxy"]
    with pytest.raises(SystemExit) as ended:
        main([*words, "--help"])
    assert ended.value.code == 0
    help_text = capsys.readouterr().out
    assert re.search(rf"^  .*autolog {' '.join(words)}( |$)", help_text, re.MULTILINE)
    assert "exit codes: 0 " in help_text


# show


def test_show_reads_as_a_conversation(cli: Cli) -> None:
    result = cli("cassettes", "show", str(CASSETTES / "openai" / "demo.yaml"))
    assert result.code == 0
    assert "#2 POST /v1/chat/completions  200  smollm2-135m-instruct  144→37  tool_calls" in result.out
    assert "calls get_weather #" in result.out
    assert "(2 earlier messages as above)" in result.out
    assert "The weather in Paris is quite pleasant" in result.out
    assert "#4 POST /v1/chat/completions  400" in result.out
    assert "25 events" in result.out


def test_show_one_interaction_whole(cli: Cli) -> None:
    path = str(CASSETTES / "openai" / "demo.yaml")
    result = cli("cassettes", "show", path, "3")
    assert result.out.count("#") == 3
    assert "What is the weather in Paris?" in result.out
    assert "earlier" not in result.out
    assert cli("cassettes", "show", path, "9").code == 1


def test_show_as_json(cli: Cli) -> None:
    tape("a.yaml", call("a?", "alpha"))
    (row,) = json.loads(cli("cassettes", "show", "a.yaml", "--json").out)
    assert row["asked"] == [{"role": "user", "parts": [{"type": "text", "content": "a?"}]}]
    assert row["answered"][0]["parts"] == [{"type": "text", "content": "alpha"}]
    assert row["usage"]["total_tokens"] == 15
    assert row["finish_reasons"] == ["stop"]


@pytest.mark.parametrize("path", sorted(CASSETTES.glob("**/*.yaml")), ids=lambda p: p.stem)
def test_show_reads_everything(cli: Cli, path: Path) -> None:
    result = cli("cassettes", "show", str(path))
    assert result.code == 0
    assert result.err == ""
    assert result.out.count("\n#") + 1 == len(load(path).interactions)


def test_show_is_harmless(cli: Cli) -> None:
    tape("a.yaml", call("\x1b[31mred\x1b]0;owned\x07", "\u202egnp"))
    out = cli("cassettes", "show", "a.yaml").out
    assert "\x1b" not in out
    assert "\u202e" not in out


def test_show_of_streams_and_of_other_bodies(cli: Cli) -> None:
    events = (SseEvent(0, '{"choices":[{"index":0,"delta":{"content":"Hel"}}]}'),
              SseEvent(0, '{"choices":[{"index":0,"delta":{"content":"lo"},"finish_reason":"length"}]}'))  # fmt: skip
    request = call("a?", "").request
    stream = Interaction(request, RecordedResponse(200, "", {"content-type": ("text/event-stream",)}, events=events))
    image = Interaction(
        RecordedRequest("GET", "https://api.openai.com/v1/files/f/content"),
        RecordedResponse(200, "", {"content-type": ("image/png",)}, b"\x89PNG\r\n\0\0"),
    )
    tape("a.yaml", stream, image)
    out = cli("cassettes", "show", "a.yaml").out
    assert "Hello" in out
    assert "2 events, length" in out
    assert "[image/png, 8 bytes]" in out


# diff


def test_diff_says_what_changed(cli: Cli) -> None:
    tape("old.yaml", call("a?", "It rains.", temperature=0), call("same?", "same"), call("gone?", "gone"))
    tape("new.yaml", call("a?", "It rains a lot.", usage=(10, 9), temperature=1), call("same?", "same"))
    result = cli("cassettes", "diff", "old.yaml", "new.yaml")
    assert result.code == 1
    assert "request temperature" in result.out
    assert "- It rains." in result.out
    assert "+ It rains a lot." in result.out
    assert "tokens  10→5  now  10→9" in result.out
    assert "- gone" in result.out
    assert "same?" not in result.out
    assert "2 interactions changed: tokens 20→10 now 10→9" in result.out
    found = json.loads(cli("cassettes", "diff", "old.yaml", "new.yaml", "--json").out)
    changed = next(row for row in found if row["old"] and row["new"])
    assert changed["request"] == [{"path": "temperature", "old": 0, "new": 1}]
    assert [row["new"] for row in found if not row["new"]] == [None]


def test_diff_of_the_same_calls_with_other_ids_in_another_order(cli: Cli) -> None:
    tape("old.yaml", call("a?", "a", identifier="1"), call("b?", "b", identifier="2"))
    tape("new.yaml", call("b?", "b", identifier="3"), call("a?", "a", identifier="4"))
    result = cli("cassettes", "diff", "old.yaml", "new.yaml")
    assert (result.code, result.out) == (0, "")
    assert "say the same" in result.err


def test_diff_of_a_long_line_shows_the_words(cli: Cli) -> None:
    line = (
        "The weather in Paris is quite pleasant, with a temperature of {} degrees and a sunny sky over the whole city."
    )
    tape("old.yaml", call("a?", line.format(18)))
    tape("new.yaml", call("a?", line.format(21)))
    out = cli("cassettes", "diff", "old.yaml", "new.yaml").out
    assert "[-18-]{+21+}" in out
    assert "The weather" not in out


# scan


def test_scan_names_places_and_no_values(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    secret = "correct-horse-battery-9"
    monkeypatch.setenv("SHOP_API_TOKEN", secret)
    key = "sk-proj-" + "aB3dE5gH7jK9" * 4
    raw = {
        "version": 1,
        "interactions": [
            {
                "request": {
                    "method": "POST",
                    "uri": "https://api.openai.com/v1/chat/completions",
                    "headers": {"Authorization": [f"Bearer {key}"], "Content-Type": ["application/json"]},
                    "body": "{}",
                },
                "response": {
                    "status": {"code": 200, "message": "OK"},
                    "headers": {"Content-Type": ["application/json"], "Set-Cookie": ["__cf_bm=abc"],
                                "Content-Encoding": ["gzip"]},
                    "body": {"string": gzip.compress(json.dumps({"debug": secret}).encode())},
                },
            }
        ],
    }  # fmt: skip
    Path("leak.yaml").write_text(yaml.safe_dump(raw), encoding="utf-8")
    tape("clean.yaml", call("a?", "a"))
    result = cli("cassettes", "scan")
    assert result.code == 1
    assert "an OpenAI key" in result.out
    assert "$SHOP_API_TOKEN" in result.out  # inside a gzipped body
    assert "interaction #1 request header Authorization" in result.out
    assert "interaction #1 response header Set-Cookie" in result.out
    assert "clean.yaml" not in result.out
    as_json = cli("cassettes", "scan", "--json")
    assert {row["path"] for row in json.loads(as_json.out)} == {"leak.yaml"}
    for text in (result.out, result.err, as_json.out):
        assert key not in text
        assert secret not in text
        assert "__cf_bm=abc" not in text
    assert cli("cassettes", "scan", "clean.yaml").code == 0


def test_the_recordings_of_this_project_are_clean(cli: Cli) -> None:
    result = cli("cassettes", "scan", str(CASSETTES / "openai"), str(CASSETTES / "handwritten"))
    assert result.code == 0, result.out


# prune


def report(*tests: dict[str, Any]) -> str:
    Path("report.json").write_text(json.dumps({"root": ".", "tests": tests}), encoding="utf-8")
    return "report.json"


def numbers(path: str) -> list[str]:
    return [json.loads(i.request.body)["messages"][0]["content"] for i in load(path).interactions]


def test_prune_drops_what_no_test_replays(cli: Cli) -> None:
    tape("a.yaml", *(call(f"{n}?", f"{n}") for n in range(4)))
    tape("b.yaml", call("x?", "x"))
    file = report(
        {"test": "t1", "cassette": "a.yaml", "interactions": 4, "unused": [2, 3, 4], "passed": True},
        {"test": "t2", "cassette": "a.yaml", "interactions": 4, "unused": [1, 3, 4], "passed": True},
    )
    dry = cli("cassettes", "prune", "--llm-report", file, "--dry-run")
    assert dry.code == 0
    assert "a.yaml: #3" in dry.err
    assert "2 interactions would be dropped" in dry.err
    assert numbers("a.yaml") == ["0?", "1?", "2?", "3?"]
    rows = json.loads(cli("cassettes", "prune", "--llm-report", file, "--json").out)
    assert [(row["path"], row["number"]) for row in rows] == [("a.yaml", 3), ("a.yaml", 4)]
    assert numbers("a.yaml") == ["0?", "1?"]
    assert numbers("b.yaml") == ["x?"]
    stale = cli("cassettes", "prune", "--llm-report", file)
    assert stale.code == 2
    assert "run the tests again" in stale.err


def test_a_test_that_failed_says_nothing_about_the_rest(cli: Cli) -> None:
    tape("a.yaml", call("0?", "0"), call("1?", "1"))
    file = report({"test": "t", "cassette": "a.yaml", "interactions": 2, "unused": [2], "passed": False})
    assert cli("cassettes", "prune", "--llm-report", file).code == 1
    assert numbers("a.yaml") == ["0?", "1?"]


def test_prune_drops_copies_and_keeps_repeats(cli: Cli) -> None:
    tape("a.yaml", call("a?", "a"), call("a?", "a"), call("a?", "a", identifier="another"))
    result = cli("cassettes", "prune")
    assert result.code == 0
    assert "#2 POST" in result.err
    assert "a copy of #1" in result.err
    assert len(load("a.yaml").interactions) == 2
    assert cli("cassettes", "prune").code == 1


def picture(prompt: str, content: bytes) -> Interaction:
    """A call whose answer is kept as a blob."""
    return replace(call(prompt, "a", identifier=prompt), response=RecordedResponse(200, "OK", {}, content))


def test_prune_deletes_blobs_that_no_cassette_names(cli: Cli) -> None:
    one, two, other = (bytes([0xFF, n]) * 3000 for n in range(3))
    tape("a.yaml", picture("0?", one), picture("1?", two))
    tape("b.yaml.gz", picture("x?", two))
    tape("elsewhere/c.yaml", picture("y?", other))
    before = {path.name for path in Path("blobs").iterdir()}
    assert len(before) == 2
    file = report({"test": "t", "cassette": "a.yaml", "interactions": 2, "unused": [1], "passed": True})
    dry = cli("cassettes", "prune", "--llm-report", file, "--dry-run")
    assert "1 interaction and 1 blob would be dropped" in dry.err
    assert {path.name for path in Path("blobs").iterdir()} == before
    rows = json.loads(cli("cassettes", "prune", "--llm-report", file, "--json").out)
    assert [row["number"] for row in rows] == [1, None]
    (kept,) = Path("blobs").iterdir()
    assert kept.read_bytes() == two  # which both of the others refer to
    assert load("a.yaml").interactions[0].response.body == two
    assert list(Path("elsewhere/blobs").iterdir())


def test_prune_leaves_what_a_broken_cassette_speaks_of(cli: Cli) -> None:
    tape("a.yaml", picture("0?", b"\xff" * 500))
    text = Path("a.yaml").read_text(encoding="utf-8")
    tape("b.yaml", call("b?", "b"))
    Path("a.yaml").write_text(text.replace("method: POST", "method: ["), encoding="utf-8")
    Path("blobs/notes.txt").write_text("mine", encoding="utf-8")
    assert cli("cassettes", "prune").code == 2
    assert len(list(Path("blobs").iterdir())) == 2


def test_a_copy_that_a_test_replays_stays(cli: Cli) -> None:
    tape("a.yaml", call("a?", "a"), call("a?", "a"))
    file = report({"test": "t", "cassette": "a.yaml", "interactions": 2, "unused": [], "passed": True})
    assert cli("cassettes", "prune", "--llm-report", file).code == 1
    assert len(load("a.yaml").interactions) == 2


@pytest.mark.parametrize("text", ["{", '{"tests": [{"cassette": "a.yaml"}]}', None])
def test_a_report_that_is_none(cli: Cli, text: str | None) -> None:
    tape("a.yaml", call("a?", "a"))
    if text is not None:
        Path("report.json").write_text(text, encoding="utf-8")
    result = cli("cassettes", "prune", "--llm-report", "report.json")
    assert result.code == 2
    assert result.err.count("\n") == 1


def test_a_cassette_is_never_emptied(cli: Cli) -> None:
    tape("a.yaml", call("a?", "a"))
    file = report({"test": "t", "cassette": "a.yaml", "interactions": 1, "unused": [1], "passed": True})
    result = cli("cassettes", "prune", "--llm-report", file)
    assert result.code == 2
    assert "delete the file" in result.err
    assert len(load("a.yaml").interactions) == 1


# stats


def test_stats(cli: Cli) -> None:
    tape("a.yaml", call("a?", "a"), call("b?", "b"))
    tape("b.yaml", call("a?", "a"))
    result = cli("cassettes", "stats")
    assert result.code == 0
    last = result.out.splitlines()[-1].split()
    assert last[0] == "all"
    assert last[1] == "3"
    assert "30→15" in last
    for by, name in (
        ("model", "gpt-4o-mini-2024-07-18"),
        ("path", "POST /v1/chat/completions"),
        ("host", "api.openai.com"),
    ):
        found = json.loads(cli("cassettes", "stats", "--by", by, "--json").out)
        assert [row["name"] for row in found[f"by_{by}"]] == [name]
        assert found["total"]["calls"] == 3
        assert found["total"]["files"] == 2


# migrate


def vcr(request: dict[str, Any], /, **response: Any) -> dict[str, Any]:
    return {
        "interactions": [
            {
                "request": {
                    "method": "POST",
                    "uri": "https://api.openai.com/v1/chat/completions",
                    "headers": {"authorization": ["Bearer x"], "content-type": ["application/json"]},
                    **request,
                },
                "response": {
                    "status": {"code": 200, "message": "OK"},
                    "headers": {"content-type": ["application/json"], "openai-organization": ["org-abcdefgh12345678"]},
                    **response,
                },
            }
        ],
        "version": 1,
    }


ASKED = {"model": "m", "messages": [{"role": "user", "content": "Hi"}]}
SAID = {"id": "c-1", "object": "chat.completion", "choices": [{"index": 0, "message": {"content": "Ho"}}]}
FOREIGN: dict[str, Callable[[], bytes]] = {
    "plain.yaml": lambda: yaml.safe_dump(vcr({"body": json.dumps(ASKED)}, body={"string": json.dumps(SAID)})).encode(),
    "parsed.yaml": lambda: yaml.safe_dump(vcr({"parsed_body": ASKED}, parsed_body=SAID)).encode(),
    "packed.yaml.gz": lambda: gzip.compress(
        yaml.safe_dump(vcr({"body": json.dumps(ASKED)}, body={"string": json.dumps(SAID)})).encode()
    ),
    "plain.json": lambda: json.dumps(vcr({"body": json.dumps(ASKED)}, body={"string": json.dumps(SAID)})).encode(),
}


@pytest.mark.parametrize("name", FOREIGN)
@pytest.mark.parametrize("out", [None, "made"])
def test_migrate(cli: Cli, name: str, out: str | None) -> None:
    source = Path("old/deep", name)
    source.parent.mkdir(parents=True)
    source.write_bytes(FOREIGN[name]())
    before = source.read_bytes()
    dry = cli("cassettes", "migrate", "old", "--dry-run", *(["--out", out] if out else []))
    assert dry.code == 0
    assert source.read_bytes() == before
    result = cli("cassettes", "migrate", "old", *(["--out", out] if out else []))
    assert result.code == 0
    made = Path(out or "old", "deep", name.partition(".")[0] + ".yaml")
    text = made.read_text(encoding="utf-8")
    assert "format: llm-1" in text
    assert "authorization" not in text
    assert "org-" not in text
    (interaction,) = load(made).interactions
    assert interaction.request.json == ASKED
    assert interaction.response.json == SAID
    if out:
        assert source.read_bytes() == before
    else:
        assert source == made or not source.exists()
    again = cli("cassettes", "migrate", str(made), "--json")
    assert [row["done"] for row in json.loads(again.out)] == [False]
    assert made.read_text(encoding="utf-8") == text


def test_migrate_replaces_no_other_file(cli: Cli) -> None:
    Path("a.yaml.gz").write_bytes(FOREIGN["packed.yaml.gz"]())
    tape("a.yaml", call("a?", "a"))
    before = Path("a.yaml").read_bytes()
    clash = cli("cassettes", "migrate")
    assert clash.code == 2
    assert "both become a.yaml" in clash.err
    alone = cli("cassettes", "migrate", "a.yaml.gz")
    assert alone.code == 2
    assert "a.yaml exists" in alone.err
    assert Path("a.yaml").read_bytes() == before
    assert Path("a.yaml.gz").exists()


def test_migrate_does_not_write_a_secret(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHOP_API_TOKEN", "correct-horse-battery-9")
    said = {**SAID, "debug": "correct-horse-battery-9"}
    raw = yaml.safe_dump(vcr({"body": json.dumps(ASKED)}, body={"string": json.dumps(said)}))
    Path("a.yaml").write_text(raw, encoding="utf-8")
    result = cli("cassettes", "migrate")
    assert result.code != 0
    assert "$SHOP_API_TOKEN" in result.err
    assert "correct-horse" not in result.err
    assert Path("a.yaml").read_text(encoding="utf-8") == raw


def test_migrated_recordings_of_this_project_are_the_same(cli: Cli) -> None:
    assert cli("cassettes", "migrate", str(CASSETTES / "openai"), "--out", "made").code == 0
    for path in sorted((CASSETTES / "openai").glob("*.yaml")):
        old, new = load(path), load(Path("made", path.name))
        assert [_said(i) for i in old.interactions] == [_said(i) for i in new.interactions]


def _said(interaction: Interaction) -> Any:
    """What an interaction holds; how its JSON is laid out does not matter."""
    request, response = interaction.request, interaction.response
    events = response.events and [(e.event, e.json or e.data) for e in response.events]
    return (
        request.method,
        request.uri,
        request.json or request.body,
        response.status,
        events or response.json or response.body,
    )


def test_migrate_lays_out_a_file_of_ours_that_was_edited(cli: Cli) -> None:
    tidy = tape("a.yaml", call("a?", "a")).read_bytes()
    edited = yaml.safe_dump(yaml.safe_load(tidy), sort_keys=False).encode()
    assert edited != tidy
    Path("a.yaml").write_bytes(edited)
    assert "would be laid out" in cli("cassettes", "migrate", "--dry-run").err
    assert Path("a.yaml").read_bytes() == edited
    assert "a.yaml: laid out" in cli("cassettes", "migrate").err
    assert Path("a.yaml").read_bytes() == tidy
    assert "has this format already" in cli("cassettes", "migrate").err


# from-trace


def stored(program: Callable[[], Any], recording: str, path: Path, name: str, **options: Any) -> Trace:
    """Run a program from its recording, and put its trace into a store."""
    memory = autolog.MemoryExporter()
    autolog.configure(store=None, exporters=[memory])
    autolog.openai.autolog(**options)
    with play(recording), autolog.start_span(name, span_type="AGENT") as span:
        span.set_inputs({"question": "Why?"})
        program()
    assert autolog.flush()
    autolog.openai.autolog(log_traces=False)
    (trace,) = memory.traces
    with open_store(path) as store:
        store.write([trace])
    return trace


def scenario(name: str) -> Callable[[], Any]:
    def program() -> Any:
        found = find(name)
        with client_for(found) as client:
            return found.run(client)

    return program


def demo() -> None:
    weather.main(lambda _: None)


def test_from_trace_writes_a_cassette(cli: Cli, tmp_path: Path) -> None:
    trace = stored(scenario("chat_tools"), "openai/chat_tools", tmp_path / "autolog.db", "Weather agent!")
    result = cli("cassettes", "from-trace", trace.trace_id[:8])
    assert result.code == 0, result.err
    assert "wrote cassettes/weather_agent.yaml (2 interactions)" in result.err
    made = load("cassettes/weather_agent.yaml")
    recorded = load(CASSETTES / "openai" / "chat_tools.yaml")
    assert [i.request.json for i in made.interactions] == [i.request.json for i in recorded.interactions]
    assert [i.response.json for i in made.interactions] == [i.response.json for i in recorded.interactions]
    assert [i.request.uri for i in made.interactions] == [i.request.uri for i in recorded.interactions]
    assert made.metadata["from_trace"] == trace.trace_id
    again = cli("cassettes", "from-trace", "@last")
    assert again.code == 2
    assert "--force" in again.err
    assert cli("cassettes", "from-trace", "@last", "--force", "--json").code == 0
    assert cli("cassettes", "from-trace", "ffff").code == 1


def test_from_trace_says_what_is_missing(cli: Cli, tmp_path: Path) -> None:
    trace = stored(demo, "openai/demo", tmp_path / "autolog.db", "demo")
    span = next(s for s in trace.spans if s.span_type == "EMBEDDING")
    refused = cli("cassettes", "from-trace", "@last")
    assert refused.code == 1
    assert span.span_id in refused.err
    assert "capture_embeddings=True" in refused.err
    assert not Path("cassettes").exists()
    partial = cli("cassettes", "from-trace", "@last", "--partial", "--json", "-o", "part.yaml")
    assert partial.code == 0
    assert json.loads(partial.out)["interactions"] == 3
    assert len(json.loads(partial.out)["missing"]) == 1
    whole = cli("cassettes", "from-trace", "@last", "--stand-in-vectors", "-o", "whole.yaml")
    assert whole.code == 0
    assert "made up" in whole.err
    assert len(load("whole.yaml").interactions) == 4


def test_from_trace_without_http_calls(cli: Cli, tmp_path: Path) -> None:
    memory = autolog.MemoryExporter()
    autolog.configure(store=None, exporters=[memory])
    with autolog.start_span("nothing"):
        pass
    assert autolog.flush()
    with open_store(tmp_path / "autolog.db") as store:
        store.write(memory.traces)
    result = cli("cassettes", "from-trace", "@last")
    assert result.code == 1
    assert "nothing to replay" in result.err


def pytest_of(*paths: str) -> subprocess.CompletedProcess[str]:
    """Run tests in a process of its own, with our plugin alone."""
    environ = {k: v for k, v in os.environ.items() if k not in ("CI", "AUTOLOG_RECORD", "AUTOLOG_RAISE_ERRORS")}
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "autolog.pytest_plugin", "-p", "no:cacheprovider", "-rA", *paths],
        env={**environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


RECORDINGS = (
    "openai/chat_tools",
    "openai/chat_stream_usage",
    "openai/response_tools_stream",
    "openai/completion_stream",
    "openai/error_bad_request",
    "handwritten/openai/azure_chat",
)


def test_the_tests_that_are_written_pass_and_can_fail(cli: Cli, tmp_path: Path) -> None:
    for recording in RECORDINGS:
        name = recording.rpartition("/")[2]
        trace = stored(scenario(name), recording, tmp_path / "autolog.db", f"Run {name}")
        made = cli("cassettes", "from-trace", trace.trace_id, "--test", f"tests/test_{name}.py")
        assert made.code == 0, made.err
        text = Path(f"tests/test_{name}.py").read_text(encoding="utf-8")
        assert max(map(len, text.splitlines())) <= 120
    passed = pytest_of("tests")
    assert passed.returncode == 0, passed.stdout + passed.stderr
    assert f"{len(RECORDINGS)} passed" in passed.stdout
    # What the recording says is what is asserted.
    for cassette in Path("tests/cassettes").glob("*.yaml"):
        text = cassette.read_text(encoding="utf-8")
        text = text.replace("status: 200", "status: 503").replace("status: 400", "status: 404")
        cassette.write_text(text, encoding="utf-8")
    failed = pytest_of("tests")
    assert f"{len(RECORDINGS)} failed" in failed.stdout


def test_a_test_that_calls_the_program(cli: Cli, tmp_path: Path) -> None:
    stored(scenario("chat_plain"), "openai/chat_plain", tmp_path / "autolog.db", "answer")
    made = cli("cassettes", "from-trace", "@last", "--call", "shop.agent:answer")
    assert made.code == 0, made.err
    text = Path("test_answer.py").read_text(encoding="utf-8")
    assert "from shop.agent import answer" in text
    assert '    answer(question="Why?")' in text
    Path("shop").mkdir()
    request = load("cassettes/answer.yaml").interactions[0].request.json
    Path("shop/agent.py").write_text(
        "import openai\n"
        "def answer(question):\n"
        "    with openai.OpenAI(base_url='http://model.test/v1', api_key='k') as client:\n"
        f"        return client.chat.completions.create(**{request!r})\n",
        encoding="utf-8",
    )
    passed = pytest_of("test_answer.py")
    assert passed.returncode == 0, passed.stdout + passed.stderr


@pytest.mark.parametrize("target", ["shop.agent", "shop:a:b", "1shop:a", "shop:def", "shop agent:x"])
def test_a_function_that_is_none(cli: Cli, target: str) -> None:
    result = cli("cassettes", "from-trace", "@last", "--call", target)
    assert result.code == 2
    assert "package.module:function" in result.err
