"""Bodies of every content type, and errors of every shape: nothing is lost and nothing raises."""

from __future__ import annotations

import json
from typing import Any

import pytest
from openai_wire import chunk, fields_of, sse, stream_fields

COMPLETION = {"id": "c", "choices": [{"message": {"content": "hi"}, "finish_reason": "stop"}]}
TEXTS = [{"role": "assistant", "parts": [{"type": "text", "content": "hi"}], "finish_reason": "stop"}]
STREAM = sse([chunk({"content": "h"}), chunk({"content": "i"}, finish="stop")])


@pytest.mark.parametrize("content_type", ["application/json", "", "**REDACTED**", "text/plain", "text/event-stream"])
@pytest.mark.parametrize("before", ["", "\n   \n", " " * 200, "\ufeff"])
def test_json_is_read_whatever_it_is_called(content_type: str, before: str) -> None:
    fields = fields_of(request={"stream": True}, response=before + json.dumps(COMPLETION), content_type=content_type)
    assert fields.output_messages == TEXTS


@pytest.mark.parametrize("content_type", ["text/event-stream; charset=utf-8", "", "**REDACTED**", "application/json"])
@pytest.mark.parametrize("before", ["", " ", ": processing\n\n", "\ufeff", "event: message\n"])
@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
def test_events_are_read_whatever_they_are_called(content_type: str, before: str, newline: str) -> None:
    body = (before + STREAM).replace("\n", newline)
    fields = fields_of(request={"stream": True}, response=body, content_type=content_type, tapped=True)
    assert fields.output_messages == TEXTS


def test_events_of_a_call_that_asked_for_none() -> None:
    assert fields_of(request={}, response=STREAM, content_type="text/event-stream").output_messages == TEXTS


def test_line_separators_inside_json_end_no_line() -> None:
    said = "a\u2028b\u2029c\x85d\x0be\x0cf"
    body = "data: " + json.dumps(chunk({"content": said}), ensure_ascii=False) + "\n\ndata: [DONE]\n\n"
    fields = fields_of(request={"stream": True}, response=body, content_type="text/event-stream")
    assert fields.outputs["choices"][0]["message"]["content"] == said


def test_data_on_several_lines_broken_data_and_what_follows_the_end() -> None:
    body = (
        'data: {"id": "c",\ndata: "model": "m"}\n\n'
        "data: {not json\n\n"
        "event: ping\n\n"
        'id: 7\ndata:{"choices": [{"delta": {"content": "x"}}]}\n\n'
        "data: [DONE]\n\n"
        'data: {"id": "other", "choices": [{"delta": {"content": "y"}}]}\n\n'
    )
    fields = fields_of(request={"stream": True}, response=body, content_type="text/event-stream")
    assert (fields.response_id, fields.response_model) == ("c", "m")
    assert fields.outputs["choices"][0]["message"]["content"] == "x"


@pytest.mark.parametrize(
    ("body", "content_type", "outputs"),
    [
        (b"\xff\xfb\x90\x00audio", "audio/mpeg", {"content_type": "audio/mpeg", "size": 9}),
        (b"{}", "audio/wav", {"content_type": "audio/wav", "size": 2}),
        (b"\x89PNG", "image/png", {"content_type": "image/png", "size": 4}),
        (b"PK\x03\x04", "application/octet-stream", {"content_type": "application/octet-stream", "size": 4}),
        (b"\x00\xff", "", {"size": 2}),
        (b"\xff\xfe\xfd", "**REDACTED**", {"content_type": "**REDACTED**", "size": 3}),
        ("grüezi".encode(), "", "grüezi"),
        (b"gr\xfcezi", "text/plain", "gr\ufffdezi"),
        (b"<html>502</html>", "text/html; charset=utf-8", "<html>502</html>"),
        (b'{"id": "c", "choi', "application/json", '{"id": "c", "choi'),
        (b'{"id": "c", "choi', "", '{"id": "c", "choi'),
        (b'{"a": 1} {"b": 2}', "application/json", '{"a": 1} {"b": 2}'),
        (b"[" * 100_000, "application/json", "[" * 100_000),
        (b"3", "application/json", 3),
        (b"", "application/json", None),
        (b"", "", None),
    ],
)
def test_bodies_that_are_no_answer(body: bytes, content_type: str, outputs: Any) -> None:
    request = {"model": "gpt-4o", "messages": [{"role": "user", "content": "hi"}]}
    fields = fields_of(request=request, response=body, content_type=content_type)
    assert fields.outputs == outputs
    assert (fields.name, fields.inputs, fields.usage) == ("chat gpt-4o", request, None)


def test_of_a_body_that_was_not_kept_the_size_is_known() -> None:
    fields = fields_of("/audio/speech", {"model": "tts-1"}, b"\0" * 9, content_type="audio/mpeg", kept=False)
    assert fields.outputs == {"content_type": "audio/mpeg", "size": 9}


@pytest.mark.parametrize("path", ["/files/file-1/content", "/containers/cntr_1/files/cfile_1/content"])
def test_the_content_of_a_file_is_not_read(path: str) -> None:
    fields = fields_of(path, None, {"secret": 1}, method="GET", content_type="application/octet-stream")
    assert fields.outputs == {"content_type": "application/octet-stream", "size": 13}
    failed = fields_of(path, None, {"error": {"code": "gone"}}, method="GET", content_type="", status=404)
    assert failed.error_code == "gone"


@pytest.mark.parametrize("request_bytes", [b"--boundary\r\n", b"\xff\xfe", b"[1, 2]", b"null", b'"x"'])
def test_requests_that_are_no_object(request_bytes: bytes) -> None:
    fields = fields_of(request=request_bytes, response=COMPLETION)
    assert fields.output_messages == TEXTS
    assert fields.name == "chat"


def test_an_upload_is_its_fields_and_what_its_files_are() -> None:
    files = [{"field": "file", "filename": "a.wav", "size": 4}]
    fields = fields_of("/audio/transcriptions", {"model": "whisper-1"}, {"text": "hi"}, files=files)
    assert fields.inputs == {"model": "whisper-1", "files": files}


OPENAI = {"error": {"message": "bad key", "type": "invalid_request_error", "param": None, "code": "invalid_api_key"}}


@pytest.mark.parametrize(
    ("body", "message", "code"),
    [
        (OPENAI, "bad key", "invalid_api_key"),
        ({"error": {"message": "bad", "type": "invalid_request_error", "code": None}}, "bad", None),
        ({"error": {"code": 429, "message": "slow down"}}, "slow down", "429"),
        ({"error": {"type": "not_found_error", "message": "gone"}, "type": "error"}, "gone", "not_found_error"),
        ({"error": "model not found"}, "model not found", None),
        ({"error": "Unauthorized", "message": "no key", "code": 401}, "no key", "401"),
        ({"detail": "Not Found"}, "Not Found", None),
        (
            {"detail": [{"loc": ["body"], "msg": "field required"}, {"msg": "too long"}]},
            "field required; too long",
            None,
        ),
        ({"object": "error", "message": "too long", "type": "BadRequestError", "code": 400}, "too long", "400"),
        ({"object": "error", "message": {"detail": [{"msg": "no such model"}]}, "code": "1500"}, None, "1500"),
        ({"statusCode": 401, "message": "Access denied"}, "Access denied", None),
        ([{"error": {"code": 400, "message": "bad key", "status": "INVALID_ARGUMENT"}}], "bad key", "400"),
        ("<html><head><title>502 Bad Gateway</title></head></html>", "502 Bad Gateway", None),
        ("upstream timed out", "upstream timed out", None),
        ({}, "HTTP status 502", None),
        ([], "HTTP status 502", None),
        (b"", "HTTP status 502", None),
        ({"error": {}}, None, None),
        ({"error": 5}, None, None),
    ],
)
def test_error_bodies(body: Any, message: str | None, code: str | None) -> None:
    fields = fields_of(request={"model": "m"}, response=body, status=502, outcome="error")
    assert (fields.http_status, fields.error_code) == (502, code)
    assert (fields.failed, fields.error_type) == (None, None)  # the library raised: the exception says it
    fields = fields_of(request={"model": "m"}, response=body, status=502)
    assert fields.failed
    assert fields.error_type
    assert message is None or fields.failed == message


def test_a_call_that_never_got_an_answer() -> None:
    fields = fields_of(request={"model": "m"}, status=None, outcome="error", attempts=0)
    assert (fields.name, fields.http_status, fields.failed, fields.outputs, fields.retries) == ("chat m", *(None,) * 4)


@pytest.mark.parametrize(
    ("body", "failed", "code"),
    [
        ({"error": {"message": "provider down", "code": 502}, "user_id": "u"}, "provider down", "502"),
        ({"id": "c", "choices": [{"error": {"code": 502, "message": "cut"}, "finish_reason": "error"}]}, "cut", "502"),
        ({"object": "error", "message": "too long", "code": 400}, "too long", "400"),
        ({"id": "c", "choices": [], "error": None}, None, None),
        ({"id": "c", "choices": [], "error": ""}, None, None),
    ],
)
def test_errors_inside_good_replies(body: dict[str, Any], failed: str | None, code: str | None) -> None:
    fields = fields_of(request={"model": "m"}, response=body)
    assert (fields.failed, fields.error_code) == (failed, code)


def test_an_error_event_in_a_stream() -> None:
    events = [chunk({"content": "h"}), {"error": {"message": "boom", "code": "server_error"}}]
    fields = stream_fields(events)
    assert (fields.failed, fields.error_code) == ("boom", "server_error")
    assert fields.outputs["choices"][0]["message"]["content"] == "h"
    raised = stream_fields(events, given=1, outcome="error")
    assert (raised.failed, raised.error_code) == (None, "server_error")
    unseen = stream_fields(events, given=1, outcome="abandoned")
    assert (unseen.failed, unseen.error_code) == (None, None)


def test_a_job_that_failed_is_no_failed_call() -> None:
    job = {"id": "ftjob-1", "object": "fine_tuning.job", "status": "failed", "error": {"code": "x", "message": "bad"}}
    assert fields_of("/fine_tuning/jobs/ftjob-1", None, job, method="GET").failed is None
    assert fields_of("/fine_tuning/jobs/ftjob-1", None, {"error": {"message": "bad"}}, method="GET").failed == "bad"
