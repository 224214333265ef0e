"""What is kept of values that are linked, deep or large: the calling thread copies them, so the copy has bounds."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

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
