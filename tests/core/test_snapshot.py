"""What is kept of values that are linked, deep or large: the calling thread copies them, so the copy has bounds."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from enum import Enum, IntEnum
from pathlib import PurePosixPath
from typing import Any, NamedTuple
from uuid import UUID

import pytest

import autolog


@dataclass(eq=False)
class Node:
    name: str
    parent: Any = None
    children: list[Any] = field(default_factory=list)


def inputs_of(value: Any, traces: Any) -> Any:
    with autolog.start_span("mine") as span:
        span.set_inputs(value)
    return traces.all[-1].root.inputs


def test_a_tree_that_knows_its_parents_is_kept_once(traces: Any) -> None:
    root = Node("root")
    root.children = [Node(str(n), root) for n in range(3)]
    kept = inputs_of({"tree": root}, traces)["tree"]
    assert [child["name"] for child in kept["children"]] == ["0", "1", "2"]
    assert {child["parent"] for child in kept["children"]} == {"<Node shown above>"}


def test_values_nested_without_end(traces: Any) -> None:
    endless: list[Any] = []
    endless.append(endless)
    deep: Any = "bottom"
    for _ in range(5_000):
        deep = [deep]
    with autolog.start_span("mine") as span:
        span.set_inputs(endless)
        span.set_outputs({"deep": deep})
    assert "nested too deep" in traces.all[0].to_json()


@pytest.mark.parametrize("ring", [[], {}, Node("ring")], ids=lambda ring: type(ring).__name__)
def test_a_cycle_ends_where_it_begins(ring: Any, traces: Any) -> None:
    links = {list: lambda: ring.extend([ring, ring]), dict: lambda: ring.update(a=ring, b=ring)}
    links.get(type(ring), lambda: ring.children.extend([ring, ring]))()
    shown = f"<{type(ring).__name__} shown above>"
    kept = inputs_of([ring], traces)[0]
    if isinstance(ring, Node):
        kept = kept["children"]
    assert list(kept.values() if isinstance(kept, dict) else kept) == [shown, shown]


def test_a_graph_is_kept_a_node_once(traces: Any) -> None:
    nodes = [Node(str(n)) for n in range(50)]
    for node in nodes:
        node.children = nodes
    text = json.dumps(inputs_of(nodes, traces))
    assert [text.count(f'"name": "{n}"') for n in range(50)] == [1] * 50


def test_small_values_are_kept_wherever_they_are_used(traces: Any) -> None:
    schema = {"type": "object", "properties": {"city": {"type": "string"}}}
    assert inputs_of([schema] * 20_000, traces) == [schema] * 20_000


def test_what_has_too_many_parts_says_what_is_left_out(traces: Any) -> None:
    kept = inputs_of([[n] for n in range(200_010)], traces)
    assert kept[:2] == [[0], [1]]
    assert kept[-1] == "<left out: too many parts>"


def test_what_is_made_when_it_is_asked_for_is_no_cycle(traces: Any) -> None:
    class Made(Mapping[str, Any]):
        def __init__(self, levels: int) -> None:
            self.levels = levels

        def __getitem__(self, key: str) -> Any:
            return Made(self.levels - 1) if self.levels else key

        def __iter__(self) -> Iterator[str]:
            return iter("ab")

        def __len__(self) -> int:
            return 2

    kept = inputs_of(Made(13), traces)
    for _ in range(13):
        kept = kept["b"]
    assert kept == {"a": "a", "b": "b"}


class Colour(Enum):
    RED = "red"


class Level(IntEnum):
    HIGH = 3


class Point(NamedTuple):
    x: int
    y: int


class Query:
    """What a database's library gives: it runs when it is printed, counted or asked what it is."""

    def __init__(self) -> None:
        self.ran = 0

    def __iter__(self) -> Iterator[int]:
        self.ran += 1
        return iter([1])

    def __repr__(self) -> str:
        return f"<Query {list(self)}>"


class Lazy:
    @property
    def __class__(self) -> Any:
        raise AssertionError("it was computed")

    @__class__.setter
    def __class__(self, value: Any) -> None: ...


@pytest.mark.parametrize(
    ("value", "kept"),
    [
        (datetime(2026, 1, 2, 3, 4, tzinfo=UTC), "2026-01-02T03:04:00+00:00"),
        (timedelta(hours=1), "1:00:00"),
        (Decimal("1.10"), "1.10"),
        (PurePosixPath("a/b"), "a/b"),
        (UUID(int=1), "00000000-0000-0000-0000-000000000001"),
        (Colour.RED, "red"),
        (Level.HIGH, 3),
        (Point(1, 2), {"x": 1, "y": 2}),
        ({Colour.RED: 1, 2: 3}, {"red": 1, "2": 3}),
        (range(3), "range(0, 3)"),
        (Query(), "<Query>"),
    ],
    ids=lambda value: type(value).__name__,
)
def test_values_are_kept_as_they_are_written(value: Any, kept: Any, traces: Any) -> None:
    assert inputs_of({"value": value}, traces)["value"] == kept
    assert getattr(value, "ran", 0) == 0


def test_a_lazy_object_is_not_computed(traces: Any) -> None:
    assert inputs_of({"value": Lazy()}, traces)["value"].startswith("<")


def test_the_numbers_of_a_small_array_are_kept(traces: Any) -> None:
    numpy = pytest.importorskip("numpy")
    few, many = inputs_of([numpy.array([[1, 2], [3, 4]]), numpy.zeros(100)], traces)
    assert few == {"type": "ndarray", "shape": [2, 2], "dtype": "int64", "values": [[1, 2], [3, 4]]}
    assert many == {"type": "ndarray", "shape": [100], "dtype": "float64"}
    assert inputs_of(numpy.float32(0.5), traces) == 0.5
