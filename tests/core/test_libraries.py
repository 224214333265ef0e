"""What an integration requires, what is installed, and which plugins there are."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet

from autolog import _registry
from autolog._libraries import installed, library_of, supports


@pytest.mark.parametrize(
    "requires",
    [
        "openai",
        "openai>=1.66",
        "llama-index-core >= 0.12.52",
        "a_b.c-d[x, y]>=1,<2",
        "a[x] (>=1.0)",
        'openai>=1.66; python_version < "3.13"',
        "openai ~= 1.66 ; extra == 'x'",
    ],
)
def test_a_requirement_is_read_as_packaging_reads_it(requires: str) -> None:
    name, supported = library_of(requires)
    expected = Requirement(requires)
    assert name == expected.name
    assert SpecifierSet(supported) == expected.specifier


@pytest.mark.parametrize(
    "supported", ["", ">=1.66", ">1.66", "<=1.66", "<1.66", "==1.66", "!=1.66", ">=1.5, <2", "<2,>=1.66.0"]
)
@pytest.mark.parametrize("version", ["0.9", "1.5", "1.66", "1.66.0", "1.66.1", "1.100", "2", "2.0.0", "10.0"])
def test_a_release_is_compared_as_packaging_compares_it(supported: str, version: str) -> None:
    assert supports(supported, version) == (version in SpecifierSet(supported))


@pytest.mark.parametrize("version", ["3.0.0b1", "3.0rc1", "3.0.dev1", "3.0.post1", "3+local"])
def test_what_follows_the_release_does_not_count(version: str) -> None:
    assert supports(">=3,<=3", version)
    assert not supports("<3", version)


@pytest.mark.parametrize("clause", ["~=9.1", "==9.*", "===9", ">=nine"])
def test_a_clause_that_is_not_understood_warns_of_nothing(clause: str) -> None:
    assert supports(clause, "1.0")
    assert not supports(f"{clause},>=2", "1.0")


def distribution(folder: Path, name: str, metadata: str, entry_points: str | None = None) -> None:
    info = folder / f"{name}-1.0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_bytes(metadata.encode())
    if entry_points is not None:
        (info / "entry_points.txt").write_text(entry_points)


@pytest.mark.parametrize(
    "metadata",
    [
        "Metadata-Version: 2.4\nName: parrot\nVersion: 1.2.3\nSummary: x\n\nVersion: 9\n",
        "Metadata-Version: 2.4\r\nName: parrot\r\nVersion:\t1.2.3 \r\n\r\nVersion: 9\r\n",
        "Version: 1.2.3\nName: parrot\n\nVersion: 9\n",
        "Metadata-Version: 2.4\nversion: 1.2.3\nName: parrot\n",
    ],
    ids=["usual", "crlf", "first", "lower_case"],
)
def test_the_version_is_that_of_the_headers(metadata: str, tmp_path: Path, monkeypatch: Any) -> None:
    distribution(tmp_path, "parrot", metadata)
    monkeypatch.setattr(sys, "path", [str(tmp_path)])
    assert installed("parrot") == "1.2.3"
    assert installed("budgie") is None


def test_plugins_are_found_on_the_path_the_first_of_a_name(tmp_path: Path, monkeypatch: Any) -> None:
    head = "Metadata-Version: 2.4\nName: {}\nVersion: 1.0\n"
    ours = "[console_scripts]\nparrot = parrot:main\n\n[autolog.integrations]\nparrot = {}\n"
    distribution(tmp_path / "first", "parrot", head.format("parrot"), ours.format("autolog_parrot"))
    distribution(tmp_path / "second", "parrot", head.format("parrot"), ours.format("autolog_old_parrot"))
    distribution(tmp_path / "second", "budgie", head.format("budgie"), ours.replace("parrot = {}", "budgie = ab"))
    distribution(tmp_path / "second", "other", head.format("other"), "[autolog.integrations.not]\nx = y\n")
    distribution(tmp_path / "second", "none", head.format("none"))
    monkeypatch.setattr(sys, "path", [str(tmp_path / "first"), str(tmp_path / "second"), str(tmp_path / "missing")])
    found = _registry._entry_points.__wrapped__()
    assert {name: point.value for name, point in found.items()} == {"parrot": "autolog_parrot", "budgie": "ab"}
