"""Safe to commit: what is kept of headers and ids, what stops a file from being written, and when one is."""

from __future__ import annotations

import json
import os
import stat
from pathlib import Path
from typing import Any

import httpx2
import pytest
from replay.loopback import HEADERS, KEY, Loopback, ask, chat, stream

from autolog._replay.cassette import Cassette, Interaction, RecordedRequest, RecordedResponse, SseEvent
from autolog._replay.format import dump, load, save
from autolog._replay.gate import SecretError, gate
from autolog._replay.saving import Saved
from autolog._replay.scrub import scrub, scrub_text
from autolog._replay.tape import replay


def test_only_headers_that_are_known_to_be_harmless_are_kept(server: Loopback, path: Path) -> None:
    with replay(path, mode="missing"):
        ask(server.url)
        stream(server.url)
    text = path.read_text()
    for leak in (KEY, "secret-cookie", "authorization", "cf_bm", "org-AbCd", "req_0123", "x-stainless", "user-agent"):
        assert leak.lower() not in text.lower(), leak
    for each in load(path).interactions:
        assert set(each.request.headers) == {"content-type"}
        assert set(each.response.headers) == {"content-type"}
    assert load(path).interactions[0].response.json["organization"] == "org-redacted"


def test_the_program_gets_what_the_server_sent_all_the_same(server: Loopback, path: Path) -> None:
    with replay(path, mode="missing"), httpx2.Client(headers=HEADERS) as client:
        response = client.post(server.url, json=chat())
    assert response.headers["openai-organization"].startswith("org-AbCd")
    assert response.json()["organization"].startswith("org-AbCd")


INTERACTION = Interaction(
    RecordedRequest(
        "POST",
        "https://me:hunter2@host.com/v1?key=AIzaXyz&v=1",
        {"Authorization": ("Bearer x",), "Content-Type": ("application/json",), "OpenAI-Beta": ("assistants=v2",)},
        json.dumps(
            {"tools": [{"type": "mcp", "authorization": "tok", "headers": {"X-API-Key": "abc"}}], "project": "proj_a1b2c3d4e5"}
        ).encode(),
    ),
    RecordedResponse(200, "OK", {"Content-Type": ("text/event-stream",), "Set-Cookie": ("a",), "Retry-After": ("1",)},
                     events=(SseEvent(1, '{"org":"org-A1b2C3d4E5f6"}'),)),
)  # fmt: skip


def test_what_is_scrubbed() -> None:
    made = scrub(INTERACTION)
    assert made.request.uri == "https://host.com/v1?key=REDACTED&v=1"
    assert dict(made.request.headers) == {"content-type": ("application/json",), "openai-beta": ("assistants=v2",)}
    tool = made.request.json["tools"][0]
    assert tool == {"type": "mcp", "authorization": "REDACTED", "headers": {"X-API-Key": "REDACTED"}}
    assert made.request.json["project"] == "proj_redacted"
    assert dict(made.response.headers) == {"content-type": ("text/event-stream",), "retry-after": ("1",)}
    assert made.response.text == 'data: {"org":"org-redacted"}\n\n'


def test_what_is_harmless_stays_as_it_was() -> None:
    body = b'{\n  "logprobs": [{"token": "Paris"}],\n  "password": {"type": "string"}, "text": "req_uest org-anic"}'
    kept = scrub(
        Interaction(RecordedRequest("POST", "https://a.com/x?v=1", {}, body), RecordedResponse(200, body=body))
    )
    assert kept.request.body == kept.response.body == body
    assert scrub_text("organisation org-wide") == "organisation org-wide"


SHAPES = [
    "sk-proj-abcdefghijklmnop1234567890",
    "sk-ant-api03-abcdefghijklmnopqrst",
    "AKIAABCDEFGHIJKLMNOP",
    "AIza" + "aB3_" * 8 + "abc",
    "ghp_" + "a1B2" * 9,
    "github_pat_" + "a1B2" * 6,
    "xoxb-1234567890-abcdef",
    "hf_" + "aB3d" * 8,
    "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.abc-DEF_123",
    "-----BEGIN RSA PRIVATE KEY-----",
    "Bearer abcdefghij0123456789xyz",
]


@pytest.mark.parametrize("secret", SHAPES)
def test_the_shape_of_a_key_stops_the_file(server: Loopback, path: Path, secret: str) -> None:
    with pytest.raises(SecretError) as caught, replay(path, mode="missing"):
        ask(server.url, f"use {secret} please")
    assert not path.exists()
    assert secret not in str(caught.value)
    assert "interactions[0].request.json.messages[0].content" in str(caught.value)


def test_the_value_of_a_variable_stops_the_file(server: Loopback, path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MY_SERVICE_PASSWORD", "correct-horse")
    with pytest.raises(SecretError) as caught, replay(path, mode="missing"):
        ask(server.url, "x", debug={"token": "a correct-horse b"})
    assert not path.exists()
    assert "interactions[0].request.json.debug.token (line" in str(caught.value)
    assert "contains the value of $MY_SERVICE_PASSWORD" in str(caught.value)
    assert "correct-horse" not in str(caught.value)


def test_a_key_that_the_server_echoes_stops_the_file(server: Loopback, path: Path) -> None:
    with (
        pytest.raises(SecretError, match=r"response\.json\.choices\[0\]\.message\.content"),
        replay(path, mode="missing"),
    ):
        ask(server.url, do="echo")


def test_a_file_that_was_there_stays_as_it_was(server: Loopback, path: Path) -> None:
    with replay(path, mode="missing"):
        ask(server.url, "one")
    before = path.read_bytes()
    with pytest.raises(SecretError), replay(path, mode="missing"):
        assert ask(server.url, "one") == "answer 1"
        ask(server.url, SHAPES[0])
    assert path.read_bytes() == before


@pytest.mark.parametrize(
    ("environ", "text"),
    [
        ({"MY_KEY": "hunter2"}, "hunter2"),
        (
            {"TOKENIZERS_PARALLELISM": "false", "MAX_TOKENS": "4096000000", "X_KEY": "xxxxxxxxxx"},
            "false 4096000000 xxxxxxxxxx",
        ),
        ({"HOME": "/home/me/somewhere"}, "/home/me/somewhere"),
        ({}, "task-force1-abcdefghijklmnopqrstuvw disk-sk-ip sk-learn-is-a-library-for-python"),
    ],
    ids=["short", "dummies", "not secret", "words"],
)
def test_what_is_no_secret_does_not_stop_a_file(environ: dict[str, str], text: str) -> None:
    assert gate(f"a: {text}\n", environ) == []


@pytest.mark.parametrize("value", ['quo"ted-secret', "söcret-värdi", "with/slash+plus=x"])
def test_a_value_is_found_however_it_is_spelled(value: str) -> None:
    from urllib.parse import quote

    for text in (value, json.dumps(value), json.dumps(value, ensure_ascii=False), quote(value, safe="")):
        (found,) = gate(text, {"API_TOKEN": value})
        assert found.what == "the value of $API_TOKEN"


def test_a_blob_is_looked_through_too(path: Path, server: Loopback, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OTHER_SECRET", "frame-secret")
    body = b"\xff\xfbframe-secret" * 20
    with (
        pytest.raises(SecretError, match=r"blobs/.*OTHER_SECRET"),
        replay(path, mode="missing"),
        httpx2.Client() as client,
    ):
        client.post(server.url, content=body)
    assert not (path.parent / "blobs").exists()


def test_a_block_that_fails_saves_nothing(server: Loopback, path: Path) -> None:
    with pytest.raises(ZeroDivisionError), replay(path, mode="missing"):
        ask(server.url)
        raise ZeroDivisionError
    assert not path.exists()
    with replay(path, mode="missing") as tape:
        ask(server.url)
        tape.discard()
    assert not path.exists()


def test_an_error_is_kept_only_if_that_is_asked_for(server: Loopback, path: Path) -> None:
    with replay(path, mode="missing") as tape, pytest.raises(httpx2.HTTPStatusError):
        ask(server.url, do="error")
    assert not path.exists()
    assert tape.notes == ["not kept: POST /v1/chat/completions (status 429; record_errors=True keeps it)"]
    with replay(path, mode="missing", record_errors=True), pytest.raises(httpx2.HTTPStatusError):
        ask(server.url, do="error")
    with replay(path), pytest.raises(httpx2.HTTPStatusError) as caught:
        ask(server.url, do="error")
    assert caught.value.response.headers["retry-after"] == "0"


def test_a_retry_leaves_the_good_answer_alone(server: Loopback, path: Path) -> None:
    with replay(path, mode="missing"):
        with pytest.raises(httpx2.HTTPStatusError):
            ask(server.url, do="once")
        assert ask(server.url, do="once") == "answer 2"
    with replay(path):
        assert ask(server.url, do="once") == "answer 2"


def test_an_unreachable_server_may_be_recorded_too(path: Path) -> None:
    closed = "http://127.0.0.1:9/v1/chat/completions"
    with replay(path, mode="missing", record_errors=True), pytest.raises(httpx2.ConnectError):
        ask(closed)
    with replay(path), pytest.raises(httpx2.ConnectError):
        ask(closed)


def test_nothing_recorded_is_no_file(path: Path) -> None:
    with replay(path, mode="missing"):
        pass
    assert not path.exists()
    assert Saved().notes == []


def test_writing_is_whole_or_not_at_all(server: Loopback, path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with replay(path, mode="missing"):
        ask(server.url, "one")
    before = path.read_bytes()

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("autolog._replay.files.os.fsync", full)
    with pytest.raises(OSError, match="No space"), replay(path, mode="missing"):
        ask(server.url, "one")
        ask(server.url, "two")
    assert path.read_bytes() == before
    assert [each.name for each in path.parent.iterdir()] == [path.name]


def test_the_file_is_readable_by_who_reads_the_source(server: Loopback, path: Path) -> None:
    with replay(path, mode="missing"):
        ask(server.url)
    mask = os.umask(0)
    os.umask(mask)
    assert stat.S_IMODE(path.stat().st_mode) == 0o666 & ~mask
    path.chmod(0o640)
    with replay(path, mode="missing"):
        ask(server.url)
        ask(server.url, "more")
    assert stat.S_IMODE(path.stat().st_mode) == 0o640


def test_large_base64_is_kept_out_of_line(path: Path) -> None:
    import base64

    image = b"\x89PNG" + bytes(range(256)) * 40
    url = "data:image/png;base64," + base64.b64encode(image).decode()
    body: dict[str, Any] = {"a": {"image_url": {"url": url}}, "b64_json": base64.b64encode(image).decode()}
    vector = base64.b64encode(b"\0" * 6000).decode()
    interaction = Interaction(
        RecordedRequest("POST", "https://a.com/x", {}, json.dumps(body).encode()),
        RecordedResponse(200, "OK", {"content-type": ("audio/mpeg",)}, b"ID3\xff" * 100),
    )
    embedding = Interaction(RecordedRequest("POST", "https://a.com/y", {}, b""), RecordedResponse(
        200, "OK", {}, json.dumps({"embedding": vector}).encode()))  # fmt: skip
    cassette = Cassette(path, (interaction, embedding))
    save(cassette)
    assert sorted(each.suffix for each in (path.parent / "blobs").iterdir()) == [".mp3", ".png"]
    assert path.stat().st_size < 10_000
    read = load(path)
    assert read.interactions[0].request.json == body
    assert read.interactions[0].response.body == b"ID3\xff" * 100
    assert vector in path.read_text()
    assert dump(read) == path.read_text()
