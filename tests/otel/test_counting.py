"""Whose usage is sent, where several spans of a branch carry the same."""

from __future__ import annotations

import pytest

from autolog._otel.counting import DeepestUsage


@pytest.mark.parametrize(
    ("ended", "expected"),
    [
        ([("b", "a", True), ("a", None, True)], [True, False]),
        ([("c", "b", True), ("b", "a", False), ("a", None, True)], [True, False, False]),
        ([("b", "a", False), ("a", None, True)], [True, True]),
        ([("b", "a", True), ("c", "a", True), ("a", None, False)], [True, True, False]),
    ],
)
def test_the_deepest_span_with_usage_counts(ended: list[tuple[str, str | None, bool]], expected: list[bool]) -> None:
    usage = DeepestUsage()
    assert [usage.counts(span, parent, has_usage=has) for span, parent, has in ended] == expected


def test_what_is_remembered_is_bounded() -> None:
    usage = DeepestUsage()
    for number in range(25_000):
        usage.counts(f"child-{number}", f"parent-{number}", has_usage=True)
    assert len(usage._above) == 10_000
    assert not usage.counts("parent-24999", None, has_usage=True)
