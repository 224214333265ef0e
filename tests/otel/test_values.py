"""What values become as OTLP attributes."""

from __future__ import annotations

import json
import math
from typing import Any

import pytest

from autolog._otel.values import attribute_value, clean_text, json_text


@pytest.mark.parametrize(
    "value",
    ["text", "", "中 “Größe” 🙂", True, False, 0, -(2**63), 1.5, ["a", "b"], [1, 2], [True], [1.5, 2.5]],
)
def test_primitives_and_homogeneous_lists_stay(value: Any) -> None:
    result = attribute_value(value)
    assert result == value
    assert type(result) is type(value)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (None, None),
        (2**63, str(2**63)),
        (math.inf, "inf"),
        (b"\x00\xff", "AP8="),
        ((1, 2), [1, 2]),
        ([2**63, 1], f"[{2**63}, 1]"),
        ([2**64, 2**65], [str(2**64), str(2**65)]),
        ([], "[]"),
        ([1, "a"], '[1, "a"]'),
        ([1, None], "[1, null]"),
        ({"a": [1, {"b": None}]}, '{"a": [1, {"b": null}]}'),
    ],
)
def test_the_rest_becomes_what_otlp_takes(value: Any, expected: Any) -> None:
    assert attribute_value(value) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ({"a": math.nan, "b": [math.inf, 1]}, {"a": "nan", "b": ["inf", 1]}),
        ({(1, 2): b"\x00"}, {"(1, 2)": "AA=="}),
        ([{1}], [[1]]),
        ({"a": object}, {"a": "<class 'object'>"}),
    ],
)
def test_json_is_strict(value: Any, expected: Any) -> None:
    def refuse(constant: str) -> Any:
        raise AssertionError(constant)

    assert json.loads(json_text(value), parse_constant=refuse) == expected


def test_lone_surrogates_are_replaced_and_pairs_joined() -> None:
    assert clean_text("a\ud800b") == "a\ufffdb"
    assert clean_text("\ud83d\ude42 \udc00") == "🙂 \ufffd"
    json_text({"a": "\ud800"}).encode()
