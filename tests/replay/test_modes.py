"""Modes: what decides, what is recorded, kept and replaced, and what a live answer is compared with."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from replay.loopback import Loopback, ask

from autolog._replay.cassette import Cassette, CassetteError
from autolog._replay.format import load, save
from autolog._replay.modes import effective_mode, parse_age, requested_mode
from autolog._replay.tape import ReplayDriftError, ReplayMiss, replay


@pytest.mark.parametrize(
    ("mode", "environ", "expected"),
    [
        (None, {}, "replay"),
        (None, {"AUTOLOG_RECORD": "missing"}, "missing"),
        ("all", {"AUTOLOG_RECORD": "missing"}, "all"),
        (None, {"AUTOLOG_RECORD": "all", "CI": "true"}, "replay"),
        (None, {"AUTOLOG_RECORD": "all", "CI": "false"}, "all"),
        ("verify", {"CI": "1"}, "verify"),
    ],
)
def test_what_decides_on_the_mode(mode: str | None, environ: dict[str, str], expected: str) -> None:
    assert requested_mode(mode, environ) == expected


@pytest.mark.parametrize(
    "options",
    [
        {"mode": "once"}, {"order": "sorted"}, {"unused": "maybe"}, {"timing": -1}, {"max_age": "30 days"},
        {"allow_hosts": "a.com"}, {"ignore": "tools"}, {"allow_hosts": ["(a"]},
    ],
    ids=lambda options: next(iter(options)),
)  # fmt: skip
def test_options_that_are_none_are_refused_at_once(path: Path, options: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r".+ is |no regular|JSON path"):
        replay(path, **options)


def test_the_environment_may_not_name_what_there_is_not(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AUTOLOG_RECORD", "once")
    with pytest.raises(ValueError, match="AUTOLOG_RECORD is one of"):
        replay(path)


def test_missing_records_what_is_not_there_and_plays_the_rest(server: Loopback, path: Path) -> None:
    with replay(path, mode="missing"):
        assert ask(server.url, "one") == "answer 1"
    with replay(path, mode="missing") as tape:
        assert ask(server.url, "one") == "answer 1"
        assert ask(server.url, "two") == "answer 2"
    assert [(call.live, call.recorded, call.interaction_index) for call in tape.calls] == [
        (False, False, 0), (True, True, None)
    ]  # fmt: skip
    with replay(path):
        assert [ask(server.url, "two"), ask(server.url, "one")] == ["answer 2", "answer 1"]
    before = path.stat()
    with replay(path, mode="missing"):
        ask(server.url, "one")
    assert path.stat() == before


def test_all_records_anew_and_says_what_changed(server: Loopback, path: Path) -> None:
    with replay(path, mode="missing"):
        ask(server.url, "one")
        ask(server.url, "gone")
    with replay(path, mode="all") as tape:
        assert ask(server.url, "one") == "answer 3"
    assert len(load(path).interactions) == 1
    told = "\n".join(tape.changes)
    assert "tokens output 1 → 3; text" in told
    assert "answer [-1-]{+3+}" in told
    assert "gone" in told


def test_all_with_nothing_recorded_leaves_the_file(server: Loopback, path: Path) -> None:
    with replay(path, mode="missing"):
        ask(server.url, "one")
    before = path.read_bytes()
    with replay(path, mode="all") as tape:
        pass
    assert path.read_bytes() == before
    assert "left as it is" in tape.notes[0]


def test_all_keeps_what_other_tests_of_the_run_recorded_into_the_file(server: Loopback, path: Path) -> None:
    with replay(path, mode="missing"):
        ask(server.url, "old")
    for owner in ("test_a", "test_b"):
        with replay(path, mode="all", owner=owner):
            ask(server.url, f"from {owner}")
    with replay(path, mode="all", owner="test_a"):
        ask(server.url, "from test_a, changed")
    asked = [each.request.json["messages"][0]["content"] for each in load(path).interactions]
    assert asked == ["from test_b", "from test_a, changed"]


def test_all_of_another_run_begins_from_scratch(server: Loopback, path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AUTOLOG_RUN_ID", "monday")
    with replay(path, mode="all", owner="test_a"):
        ask(server.url, "a")
    monkeypatch.setenv("AUTOLOG_RUN_ID", "tuesday")
    with replay(path, mode="all", owner="test_b"):
        ask(server.url, "b")
    assert len(load(path).interactions) == 1


@pytest.mark.parametrize(
    ("days", "max_age", "expected"),
    [(0, None, "replay"), (31, None, "all"), (31, "60d", "replay"), (3, timedelta(days=1), "all"), (None, None, "all")],
)
def test_stale(path: Path, days: int | None, max_age: Any, expected: str) -> None:
    day = None if days is None else (datetime.now(UTC) - timedelta(days=days)).date().isoformat()
    cassette = Cassette(path, metadata={} if day is None else {"recorded_at": day})
    assert effective_mode("stale", cassette, exists=True, max_age=max_age) == expected
    assert effective_mode("stale", cassette, exists=False, max_age=max_age) == "all"


def test_ages() -> None:
    assert parse_age("12h") == parse_age(12 * 3600) == timedelta(hours=12)


def test_metadata_tell_when_with_what_and_how_much(server: Loopback, path: Path) -> None:
    with replay(path, mode="missing"):
        ask(server.url, "one")
        ask(server.url, "two")
    metadata = load(path).metadata
    assert metadata["recorded_at"] == datetime.now(UTC).date().isoformat()
    assert metadata["models"] == ["m-2024"]
    assert metadata["tokens"] == {"input": 6, "output": 3}


def test_verify_writes_nothing_and_reports_a_change_of_shape(
    server: Loopback, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with replay(path, mode="missing"):
        ask(server.url, "one")
    before = path.read_bytes()
    with pytest.raises(ReplayDriftError) as caught, replay(path, mode="verify") as tape:
        assert ask(server.url, "one") == "answer 2"
    assert path.read_bytes() == before
    assert [line.split(": ", 1)[1] for line in tape.drift] == ["output_tokens 1 is now 2", "total_tokens 4 is now 5"]
    server.hits = 0
    with replay(path, mode="verify") as tape:
        ask(server.url, "one")
    assert tape.drift == []
    assert "no longer what is answered" in str(caught.value)
    from replay import loopback

    real = loopback._Handler._answer

    def changed(self: Any, n: int, body: Any) -> Any:
        answer = real(self, n, body)
        answer["choices"][0]["finish_reason"] = "length"
        answer["created"] = "yesterday"
        answer["extra"] = None
        del answer["organization"]
        return answer

    monkeypatch.setattr(loopback._Handler, "_answer", changed)
    server.hits = 0
    with pytest.raises(ReplayDriftError), replay(path, mode="verify") as tape:
        ask(server.url, "one")
    assert [line.split(": ", 1)[1] for line in tape.drift] == [
        "organization is gone",
        "extra is new (null)",
        "created was number and is text",
        "finish reason stop is now length",
    ]


def test_verify_tells_of_calls_that_are_not_in_the_cassette(server: Loopback, path: Path) -> None:
    with replay(path, mode="missing"):
        ask(server.url, "one")
    with pytest.raises(ReplayDriftError, match="not in the cassette"), replay(path, mode="verify"):
        ask(server.url, "two")


@pytest.mark.parametrize("mode", ["replay", "missing", "all"])
def test_a_file_that_is_no_cassette_is_never_overwritten(server: Loopback, path: Path, mode: str) -> None:
    path.write_text("version: 1\ninteractions: oops\n")
    with pytest.raises(CassetteError, match=r"tape\.yaml:1: not a cassette"), replay(path, mode=mode):
        ask(server.url)
    assert path.read_text() == "version: 1\ninteractions: oops\n"
    assert server.hits == 0


def test_ci_does_not_record(server: Loopback, path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CI", "true")
    monkeypatch.setenv("AUTOLOG_RECORD", "missing")
    with pytest.raises(ReplayMiss), replay(path):
        ask(server.url)
    assert server.hits == 0


def test_a_decorator_for_both_kinds_of_functions(server: Loopback, path: Path) -> None:
    import asyncio

    import httpx2
    from replay.loopback import chat

    tape = replay(path, mode="missing")

    @tape
    def work(text: str) -> str:
        """Ask."""
        return ask(server.url, text)

    @replay(path)
    async def awork(text: str) -> str:
        async with httpx2.AsyncClient() as client:
            return (await client.post(server.url, json=chat(text))).json()["choices"][0]["message"]["content"]

    assert work("one") == work("one") == asyncio.run(awork("one")) == "answer 1"
    assert work.__doc__ == "Ask."
    with pytest.raises(TypeError, match="generators"):
        replay(path)(lambda: (yield))


def test_a_path_without_a_suffix_gets_one(server: Loopback, tmp_path: Path) -> None:
    with replay(tmp_path / "agent", mode="missing"):
        ask(server.url)
    assert [each.name for each in tmp_path.iterdir()] == ["agent.yaml"]


def test_gzip_by_suffix(server: Loopback, tmp_path: Path) -> None:
    packed = tmp_path / "agent.yaml.gz"
    with replay(packed, mode="missing"):
        ask(server.url)
    assert packed.read_bytes()[:2] == b"\x1f\x8b"
    before = packed.read_bytes()
    save(load(packed))
    assert packed.read_bytes() == before
    with replay(packed):
        assert ask(server.url) == "answer 1"


def test_it_is_autolog_replay(server: Loopback, path: Path) -> None:
    import autolog

    assert autolog.replay is replay
