"""Tool calls in streamed chat completions, put together from the pieces that different servers send."""

from __future__ import annotations

from typing import Any

import pytest
from openai_wire import chunk, stream_fields


def _message(events: list[dict[str, Any]]) -> dict[str, Any]:
    return stream_fields(events).outputs["choices"][0]["message"]


def _piece(**call: Any) -> dict[str, Any]:
    return chunk({"tool_calls": [call]})


@pytest.mark.parametrize(
    ("pieces", "calls"),
    [
        (
            [
                _piece(index=0, id="a", type="function", function={"name": "f", "arguments": ""}),
                _piece(index=0, function={"arguments": '{"x"'}),
                _piece(index=1, id="b", type="function", function={"name": "g", "arguments": "{}"}),
                _piece(index=0, function={"arguments": ": 1}"}),
            ],
            [("a", "f", '{"x": 1}'), ("b", "g", "{}")],
        ),
        # no index: by id, and what has neither goes on where the last one stopped
        (
            [
                _piece(id="a", function={"name": "f", "arguments": "{"}),
                _piece(id="a", function={"arguments": "}"}),
                _piece(id="b", function={"name": "g", "arguments": "["}),
                _piece(function={"arguments": "]"}),
            ],
            [("a", "f", "{}"), ("b", "g", "[]")],
        ),
        # neither index nor id, and a name each: one call each
        (
            [_piece(function={"name": "f", "arguments": "1"}), _piece(function={"name": "g", "arguments": "2"})],
            [(None, "f", "1"), (None, "g", "2")],
        ),
        # all calls at index 0
        (
            [
                _piece(index=0, id="a", function={"name": "f", "arguments": "1"}),
                _piece(index=0, id="b", function={"name": "f", "arguments": "2"}),
            ],
            [("a", "f", "1"), ("b", "f", "2")],
        ),
        # all calls at index 0, without an id
        (
            [
                _piece(index=0, id="", function={"name": "f", "arguments": '{"x": 1}'}),
                _piece(index=0, id="", function={"name": "g", "arguments": '{"x": '}),
                _piece(index=0, id="", function={"arguments": "2}"}),
                _piece(index=0, id="", function={"name": "g", "arguments": "{}"}),
            ],
            [("", "f", '{"x": 1}'), ("", "g", '{"x": 2}'), ("", "g", "{}")],
        ),
        # the name repeated with each piece, without an id, also where a brace ends and begins a piece
        (
            [
                _piece(index=0, function={"name": "f", "arguments": '{"x": [{}'}),
                _piece(index=0, function={"name": "f", "arguments": ", "}),
                _piece(index=0, function={"name": "f", "arguments": "{}]}"}),
                _piece(index=0, function={"name": "f", "arguments": ""}),
            ],
            [(None, "f", '{"x": [{}, {}]}')],
        ),
        # a new id with each piece of one call
        (
            [
                _piece(index=0, id="a", function={"name": "f", "arguments": "{"}),
                _piece(index=0, id="b", function={"arguments": "}"}),
            ],
            [("a", "f", "{}")],
        ),
        # a name in pieces
        (
            [
                _piece(index=0, id="a", function={"name": "get_", "arguments": ""}),
                _piece(index=0, function={"name": "weather", "arguments": "{}"}),
            ],
            [("a", "get_weather", "{}")],
        ),
        # name, type and id repeated with each piece; arguments null
        (
            [
                _piece(index=0, id="a", type="function", function={"name": "f", "arguments": None}),
                _piece(index=0, id="a", type="function", function={"name": "f", "arguments": "{}"}),
            ],
            [("a", "f", "{}")],
        ),
        # out of order, with a gap
        (
            [
                _piece(index=5, id="b", function={"name": "g", "arguments": "2"}),
                _piece(index=2, id="a", function={"name": "f", "arguments": "1"}),
            ],
            [("a", "f", "1"), ("b", "g", "2")],
        ),
        # arguments that were parsed already
        ([_piece(index=0, id="a", function={"name": "f", "arguments": {"x": 1}})], [("a", "f", {"x": 1})]),
    ],
)
def test_tool_calls(pieces: list[dict[str, Any]], calls: list[tuple[Any, str, Any]]) -> None:
    found = _message(pieces)["tool_calls"]
    assert [(c["id"], c["function"]["name"], c["function"]["arguments"]) for c in found] == calls


def test_custom_tools_and_the_older_function_call() -> None:
    message = _message(
        [
            _piece(index=0, id="a", type="custom", custom={"name": "py", "input": "1 "}),
            _piece(index=0, custom={"input": "+ 1"}),
            chunk({"function_call": {"name": "f", "arguments": "{"}}),
            chunk({"function_call": {"arguments": "}"}}),
        ]
    )
    assert message["tool_calls"] == [{"id": "a", "type": "custom", "custom": {"name": "py", "input": "1 + 1"}}]
    assert message["function_call"] == {"name": "f", "arguments": "{}"}
