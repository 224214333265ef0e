"""The file: readable, stable to the byte, read whoever wrote it, and refused with its line where it is none."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import httpx2
import pytest
import yaml
from cassette import CASSETTES
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from replay.loopback import Loopback, ask, stream

from autolog._replay.bodies import split_events
from autolog._replay.cassette import (
    Cassette,
    CassetteError,
    Chunk,
    Interaction,
    RecordedError,
    RecordedRequest,
    RecordedResponse,
    SseEvent,
)
from autolog._replay.format import dump, load, loads, save
from autolog._replay.tape import replay
from autolog._replay.yamlread import read_yaml
from autolog._replay.yamltext import Line, yaml_text

FILES = sorted((CASSETTES / "openai").glob("*.yaml")) + sorted((CASSETTES / "handwritten").glob("**/*.yaml"))
URI = "https://api.openai.com/v1/chat/completions"


def one(request: bytes = b"", **response: Any) -> Cassette:
    return Cassette(
        Path("x.yaml"), (Interaction(RecordedRequest("POST", URI, {}, request), RecordedResponse(**response)),)
    )


def again(cassette: Cassette) -> Cassette:
    text = dump(cassette)
    read = loads(text, cassette.path)
    assert dump(read) == text
    return read


CHUNK = '{{"id":"c","object":"chat.completion.chunk","created":1,"model":"m-2024-01","choices":[{{"delta":{{"content":"{}"}}}}]}}'
EVENTS = (
    SseEvent(412, CHUNK.format("Hi")),
    SseEvent(55, CHUNK.format(" ☂️\\n")),
    SseEvent(3, CHUNK.format("x").replace('"choices"', '"extra":[1e-05],"choices"')),
    SseEvent(0, "[DONE]"),
)

EXPECTED = """version: 1
format: llm-1
metadata: {recorded_at: "2026-11-22", models: [gpt-4o-mini-2024-07-18]}
interactions:
- request:
    method: POST
    uri: https://api.openai.com/v1/chat/completions
    headers: {content-type: application/json}
    json:
      model: gpt-4o-mini
      stream: true
      messages:
      - {role: system, content: You are terse.}
      - role: user
        content: |-
          Line one
          line "two"
  response:
    status: 200
    headers: {content-type: text/event-stream}
    after_ms: 12
    sse:
      common: {id: c, object: chat.completion.chunk, created: 1, model: m-2024-01}
      events:
      - {after_ms: 412, data: {"choices": [{"delta": {"content": "Hi"}}]}}
      - {after_ms: 55, data: {"choices": [{"delta": {"content": " ☂️\\n"}}]}}
      - {after_ms: 3, data: {"extra": [1.0e-05], "choices": [{"delta": {"content": "x"}}]}}
      - {data: "[DONE]"}
"""


def test_how_a_file_looks() -> None:
    body = {"model": "gpt-4o-mini", "stream": True, "messages": [
        {"role": "system", "content": "You are terse."}, {"role": "user", "content": 'Line one\nline "two"'}]}  # fmt: skip
    interaction = Interaction(
        RecordedRequest(
            "POST", URI, {"content-type": ("application/json",)}, json.dumps(body, separators=(",", ":")).encode()
        ),
        RecordedResponse(200, "OK", {"content-type": ("text/event-stream",)}, events=EVENTS, after_ms=12),
    )
    metadata = {"recorded_at": "2026-11-22", "models": ["gpt-4o-mini-2024-07-18"]}
    cassette = Cassette(Path("x.yaml"), (interaction,), metadata)
    assert dump(cassette) == EXPECTED
    read = again(cassette)
    assert read.interactions[0].request == interaction.request
    assert read.interactions[0].response == interaction.response
    assert read.metadata == metadata
    assert read.interactions[0].line == 5


@pytest.mark.parametrize(
    "body",
    [
        b'{"a":1,"b":[1.5,-2e-05,null,true]}', b'{"a": 1, "b": "\xc3\xa9"}', b'{\n  "a": [\n    1\n  ]\n}', b"{}", b"[]",
        b'{"a": "\\u00e9"}', b'{"a":1,"a":2}', b'{"a":NaN}', b'{"a":"\\ud83d"}', b'{"$blob":"x"}', b'{"a":1}\n', b"plain",
        b"", b"\xff\x00", b"a\r\nb", b"\n\n", b"  x\n", b"line\nline\n\n", b'{"' + b"k" * 2000 + b'":1}', b"[" * 180 + b"]" * 180,
        b'{"yes":"no","1":"1e5","~":"null","<<":{"=":1},"- a":"? b","k: v":"# c"}', "☂️ \U0001f600 \u2028".encode(), b"data: x",
    ],
)  # fmt: skip
def test_bodies_come_back_as_they_were(body: bytes) -> None:
    read = again(one(body, body=body))
    assert read.interactions[0].request.body == body
    assert read.interactions[0].response.body == body


def test_json_in_a_style_of_its_own_comes_back_as_the_same_json() -> None:
    body = b'{"a" :1,\n "b":[1, 2]}'
    read = again(one(body))
    assert read.interactions[0].request.json == json.loads(body)


@pytest.mark.parametrize(
    "text",
    [
        "data: 1\n\n", "data: a\ndata: b\n\n", "event: x\ndata: {}\n\n", ": ping\n\n", "data:{}\n\n", "id: 3\ndata: x\n\n",
        "data: x\r\n\r\ndata: y\r\n\r\n", "data: cut of", 'event: t\ndata: {"type":"t"}\n\n' * 3, "\n\n",
        "retry: 5\n\ndata: 1\n\n",
        'event: a\ndata: {"type":"a"}\n\nevent: error\ndata: {"type":"b"}\n\n', 'data: {"a": 1}\n\ndata: {"a":1}\n\n',
        "data: \n\n",
        'data: "text"\n\ndata: 12\n\ndata: null\n\n', "event: \ndata: x\n\n",
    ],
)  # fmt: skip
def test_events_come_back_as_they_were(text: str) -> None:
    assert "".join(event.text for event in split_events(text)) == text
    read = again(one(headers={"content-type": ("text/event-stream",)}, events=split_events(text, 7)))
    assert read.interactions[0].response.text == text
    assert [e.after_ms for e in read.interactions[0].response.events or ()] == [7] * len(split_events(text))


def test_all_else_of_a_response_comes_back() -> None:
    response = RecordedResponse(
        599, "Odd", {"a": ("1", "2"), "Content-Type": ("x: y",)}, b"\xff" * 70, None, (Chunk(4, 30), Chunk(9, 40)), True,
        RecordedError("ReadError", "cut\nhere"), 17,
    )  # fmt: skip
    text = dump(Cassette(Path("x.yaml"), (Interaction(RecordedRequest("GET", URI), response),)))
    assert "blob: blobs/" in text
    small = RecordedResponse(0, error=RecordedError("ConnectError", "refused"))
    assert again(one(status=0, error=small.error)).interactions[0].response == small


def test_all_of_it_with_its_blob(path: Path) -> None:
    response = RecordedResponse(
        599,
        "Odd",
        {"a": ("1", "2")},
        b"\xff" * 70,
        None,
        (Chunk(4, 30), Chunk(9, 40)),
        True,
        RecordedError("R", "c"),
        17,
    )
    save(Cassette(path, (Interaction(RecordedRequest("GET", URI), response),)))
    assert load(path).interactions[0].response == response
    (blob,) = (path.parent / "blobs").iterdir()
    blob.write_bytes(b"other")
    with pytest.raises(CassetteError, match="hash is another"):
        load(path)
    blob.unlink()
    with pytest.raises(CassetteError, match=r"tape\.yaml:\d+.*cannot be read"):
        load(path)


@pytest.mark.parametrize(
    "name", ["../../etc/passwd", "/etc/passwd", "blobs/../../x.bin", "blobs/0123456789abcdef.bin/x"]
)
def test_a_blob_cannot_be_a_file_elsewhere(path: Path, name: str) -> None:
    path.write_text(f"{OURS}{{method: GET, uri: x, blob: {name}}}\n  response: {{status: 200}}\n")
    with pytest.raises(CassetteError, match="is no name of a blob"):
        load(path)


TEXT = st.text(alphabet=st.characters(exclude_categories=["Cs"]), max_size=12) | st.text(
    alphabet=" \n\t#:-'\"{}[]|>&*!%@`?=~\r", max_size=8
)
LEAF = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | TEXT
TREE = st.recursive(LEAF, lambda c: st.lists(c, max_size=4) | st.dictionaries(TEXT, c, max_size=4), max_leaves=10)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.dictionaries(TEXT, TREE, min_size=1, max_size=3))
def test_any_data_is_written_as_yaml_that_every_reader_reads(data: dict[str, Any]) -> None:
    text = yaml_text({"data": data, "lines": [Line(data=data)]})
    for loader in (yaml.SafeLoader, yaml.CSafeLoader):
        read = yaml.load(text, Loader=loader)
        assert read == {"data": data, "lines": [{"data": data}]}
    assert read_yaml(text, Path("x")) == read


def test_writing_a_file_that_was_read_gives_the_same_bytes(server: Loopback, path: Path) -> None:
    with replay(path, mode="missing"):
        ask(server.url, "say\nsomething ☂️")
        stream(server.url)
    before = path.read_bytes()
    save(load(path))
    assert path.read_bytes() == before


def plain_file(cassette: Cassette, path: Path) -> list[dict[str, Any]]:
    """Write a cassette as vcrpy itself does, and give what stands in it."""
    from vcr.request import Request
    from vcr.serialize import serialize
    from vcr.serializers import yamlserializer

    requests, responses = [], []
    for request, response in ((each.request, each.response) for each in cassette.interactions):
        headers = {name: list(values) for name, values in request.headers.items()}
        requests.append(Request(request.method, request.uri, request.body or None, headers))
        responses.append({
            "status": {"code": response.status, "message": response.reason},
            "headers": {name: list(values) for name, values in response.headers.items()},
            "body": {"string": response.body},
        })  # fmt: skip
    path.write_text(serialize({"requests": requests, "responses": responses}, yamlserializer))
    return yaml.safe_load(path.read_text())["interactions"]  # type: ignore[no-any-return]


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_plain_cassettes_are_read_and_say_the_same_in_our_format(file: Path, tmp_path: Path) -> None:
    raw = plain_file(load(file), tmp_path / "plain.yaml")
    plain = load(tmp_path / "plain.yaml")
    assert plain.format == "vcr"
    assert [each.request.uri for each in plain.interactions] == [each["request"]["uri"] for each in raw]
    for each, source in zip(plain.interactions, raw, strict=True):
        body = source["response"]["body"]["string"]
        assert each.response.body == (body if isinstance(body, bytes) else body.encode())
    save(plain, tmp_path / "ours.yaml")
    ours = load(tmp_path / "ours.yaml")
    assert ours.format == "llm-1"
    for a, b, c in zip(plain.interactions, ours.interactions, load(file).interactions, strict=True):
        assert (a.request.json, a.response.json, a.response.status) == (
            b.request.json,
            b.response.json,
            b.response.status,
        )
        assert a.response.events == b.response.events
        assert (c.request.body, c.response.body) == (b.request.body, b.response.body)
    assert dump(ours) == (tmp_path / "ours.yaml").read_text()


def recorded_by_vcrpy(server: Loopback, file: Path, serializer: Any = "yaml") -> str:
    import vcr

    with vcr.VCR(serializer=serializer).use_cassette(str(file)):
        # vcrpy cannot write what is compressed as JSON.
        return ask(server.url, do="gzip" if serializer == "yaml" else "") + "".join(stream(server.url))


@pytest.mark.parametrize(("name", "serializer"), [("a.yaml", "yaml"), ("a.json", "json")])
def test_what_vcrpy_records_replays_unchanged(server: Loopback, tmp_path: Path, name: str, serializer: str) -> None:
    live = recorded_by_vcrpy(server, tmp_path / name, serializer)
    before = (tmp_path / name).read_bytes()
    with replay(tmp_path / name):
        assert ask(server.url, do="gzip" if serializer == "yaml" else "") + "".join(stream(server.url)) == live
    assert (tmp_path / name).read_bytes() == before


def test_metadata_of_vcrpy_9(server: Loopback, path: Path) -> None:
    import vcr

    with vcr.use_cassette(str(path)) as cassette:
        cassette.get_metadata("seed", 7)
        live = ask(server.url)
    assert load(path).metadata == {"seed": 7}
    with replay(path):
        assert ask(server.url) == live


REQUEST = {"method": "POST", "uri": URI, "headers": {"Content-Type": ["application/json"]}}
ANSWER = {"choices": [{"message": {"content": "hello"}}]}
FOREIGN = {
    "parsed_body": {"version": 1, "interactions": [{
        "request": {**REQUEST, "parsed_body": {"q": "é"}},
        "response": {"headers": {"content-type": ["application/json"], "content-length": ["999"]}, "parsed_body": ANSWER,
                     "status": {"code": 200, "message": "OK"}}}]},
    "parallel lists": {"requests": [{**REQUEST, "body": b'{"q": "\xc3\xa9"}'}], "responses": [{
        "headers": {"content-type": ["application/json"], "content-encoding": ["gzip"]},
        "body": {"string": gzip.compress(json.dumps(ANSWER).encode())}, "status": {"code": 200, "message": "OK"}}]},
    "decoded under gzip headers": {"version": 1, "interactions": [{
        "request": {**REQUEST, "body": '{"q": "é"}'},
        "response": {"headers": {"Content-Encoding": ["gzip"], "Transfer-Encoding": ["chunked"]},
                     "body": {"string": json.dumps(ANSWER)}, "status": {"code": 200, "message": None}}}]},
    "vcrpy 4 on httpx": {"version": 1, "interactions": [{
        "request": {**REQUEST, "body": '{"q": "é"}'},
        "response": {"content": json.dumps(ANSWER), "headers": {"content-type": ["application/json"]}, "http_version": "HTTP/1.1",
                     "status_code": 200}}]},
    "headers as text": {"version": 1, "interactions": [{
        "request": {**REQUEST, "headers": {"Content-Type": "application/json"}, "body": {"string": '{"q": "é"}'}},
        "response": {"body": {"base64_string": "eyJjaG9pY2VzIjogW3sibWVzc2FnZSI6IHsiY29udGVudCI6ICJoZWxsbyJ9fV19"},
                     "headers": {}, "status": {"code": 200, "message": "OK"}}}]},
}  # fmt: skip


@pytest.mark.parametrize("name", FOREIGN)
@pytest.mark.parametrize("suffix", [".yaml", ".yaml.gz"])
def test_files_of_other_projects_replay_unchanged(tmp_path: Path, name: str, suffix: str) -> None:
    file = tmp_path / f"theirs{suffix}"
    text = yaml.dump(FOREIGN[name], allow_unicode=True).encode()
    file.write_bytes(gzip.compress(text) if suffix.endswith("gz") else text)
    before = file.read_bytes()
    with replay(file), httpx2.Client() as client:
        response = client.post(URI, json={"q": "é"})
    assert response.json() == ANSWER
    assert response.reason_phrase == "OK"
    assert file.read_bytes() == before


def test_pythons_own_tags_of_vcrpy_are_read_as_the_bytes_they_hold(path: Path) -> None:
    path.write_text(
        "interactions:\n- request:\n    body: !!python/object/new:_io.BytesIO\n      state: !!python/tuple\n      - !!binary |\n"
        "        YWJj\n      - 0\n      - null\n    headers: {}\n    method: POST\n    uri: http://a.com/x\n"
        "  response: {body: {string: !!python/unicode ok}, headers: {}, status: {code: 200, message: OK}}\nversion: 1\n"
    )
    (only,) = load(path).interactions
    assert (only.request.body, only.response.body) == (b"abc", b"ok")


PLAIN = "version: 1\ninteractions:\n- request: "
OURS = "version: 1\nformat: llm-1\ninteractions:\n- request: "
HOSTILE = [
    ("version: 1\ninteractions: !!python/object/apply:os.system ['touch HACKED']\n", r":2: .*constructor.*nothing was executed"),
    ("version: 1\nx: !!python/name:os.system\ninteractions: []\n", r":2: "),
    ("a: &a [*a]\ninteractions: []\nversion: 1\n", r":\d+: "),
    ("version: 1\ninteractions: [\n", r":3: "),
    ("version: 1\ninteractions:\n\t- x\n", r":3: "),
    ("[" * 5000 + "]" * 5000, ":1: nested"),
    ("- " * 5000, ":1: nested"),
    ("{" * 5000, ":1: "),
    (
        "a: &a [1,2]\n" + "".join(f"b{n}: &b{n} [{', '.join([f'*b{n - 1}' if n else '*a'] * 12)}]\n" for n in range(9)),
        "aliases that expand",
    ),
    ("", "is empty"),
    ("just text", "a mapping is expected"),
    ("- request: {}\n", "vcrpy before 1.0"),
    ("version: 2\ninteractions: []\n", "version 2"),
    ("version: 1\nformat: llm-9\ninteractions: []\n", "newer autolog"),
    ("version: 3\nformat: llm-1\ninteractions: []\n", "newer autolog"),
    ("version: 1\n", "no list of interactions"),
    ("version: 1\ninteractions:\n- 5\n", r"interactions\[0\]: a mapping"),
    (PLAIN + "{method: GET, uri: x}\n", r":3: interactions\[0\]: 'response' is missing"),
    (PLAIN + "{method: GET}\n  response: {}\n", r"'uri' is missing"),
    (PLAIN + "{method: 3, uri: x}\n  response: {status: {code: 200}}\n", "method is text"),
    (PLAIN + "{method: G, uri: x, headers: [1]}\n  response: {status: {code: 200}}\n", "headers: a mapping"),
    (PLAIN + "{method: G, uri: x, headers: {a: {b: 1}}}\n  response: {status: {code: 200}}\n", "header 'a'"),
    (PLAIN + "{method: G, uri: x, body: 5}\n  response: {status: {code: 200}}\n", "a body is text"),
    (PLAIN + "{method: G, uri: x}\n  response:\n    status: {code: ok}\n", ":5: .*no status code"),
    ('{"version": 1, "interactions": [}', ":1: "),
    ('{"version": 1,\n "interactions": 5}', "no list of interactions"),
    (OURS + "{method: G, uri: x, jsn: {}}\n  response: {status: 200}\n", ":4: .*'jsn'; known are"),
    (OURS + "{method: G, uri: x, json: {}, text: x}\n  response: {status: 200}\n", "exclude"),
    (OURS + "{method: G, uri: x}\n  response: {status: 200, style: x}\n", "no style"),
    (OURS + "{method: G, uri: x}\n  response: {status: 200, sse: {}}\n", "list of events"),
    (OURS + "{method: G, uri: x}\n  response:\n    status: 200\n    sse:\n      events:\n"
     "      - {data: {}}\n      - {dta: 1}\n", ":10: .*no member 'dta'"),
    (OURS + "{method: G, uri: x}\n  response: {status: 200, chunks: [[1]]}\n", "chunks"),
    (OURS + "{method: G, uri: x}\n  response: {status: 200, base64: '&'}\n", "cannot be read"),
    (OURS + "{method: G, uri: x, json: {? [1] : 2}}\n  response: {status: 200}\n", r":\d+: "),
    (OURS + "{method: G, uri: x, json: {a: !!binary YQ==}}\n  response: {status: 200}\n", "JSON"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "message"), HOSTILE, ids=range(len(HOSTILE)))
def test_what_is_no_cassette_is_refused_with_its_line(
    path: Path, text: str, message: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(path.parent)
    path.write_text(text)
    with pytest.raises(CassetteError, match=message) as caught:
        load(path)
    assert str(caught.value).startswith(str(path))
    assert [each.name for each in path.parent.iterdir()] == [path.name]
    assert path.read_text() == text


def test_bytes_that_are_no_text_are_refused(path: Path) -> None:
    path.write_bytes(b"version: 1\n\xff")
    with pytest.raises(CassetteError, match=":2: not UTF-8"):
        load(path)
    path.write_bytes(gzip.compress(b"version: 1")[:-4])
    with pytest.raises(CassetteError, match="damaged"):
        load(path)
    with pytest.raises(FileNotFoundError):
        load(path.parent / "none.yaml")


SOURCES = [EXPECTED, FILES[0].read_text(), FILES[-1].read_text()]
PIECES = ["!!python/object/apply:os.system [ls]", "&a", "*a", "[", "]", "{", "}", ":", "- ", "\n", "null", "1e999", "\t",
          "'", '"', "? ", "\x00", "é", "%"]  # fmt: skip


@st.composite
def damaged(draw: st.DrawFn) -> str:
    text = draw(st.sampled_from(SOURCES))
    for _ in range(draw(st.integers(1, 3))):
        at = draw(st.integers(0, len(text)))
        kind = draw(st.sampled_from(["cut", "insert", "remove", "line"]))
        if kind == "cut":
            text = text[:at]
        elif kind == "insert":
            text = text[:at] + draw(st.sampled_from(PIECES)) + text[at:]
        elif kind == "remove":
            text = text[:at] + text[at + draw(st.integers(1, 40)) :]
        else:
            lines = text.splitlines(keepends=True)
            if lines:
                number = draw(st.integers(0, len(lines) - 1))
                lines[number] = draw(st.sampled_from(["", "  x: 1\n", "- 3\n", "    status: many\n", "version: 9\n"]))
            text = "".join(lines)
    return text


@settings(max_examples=250, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(damaged())
def test_a_damaged_file_is_read_or_refused_by_name_and_line(text: str) -> None:
    path = Path("folder/damaged.yaml")
    try:
        read = loads(text, path)
    except CassetteError as error:
        assert str(error).startswith("folder/damaged.yaml:")
        assert str(error).split(":")[1].split(" ")[0].isdigit()
    else:
        dump(read)
