"""Takes over a new recording into the repository."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path
from urllib.parse import urlsplit

from server import server_version

from autolog._replay.cassette import Interaction
from autolog._replay.format import load, save

__all__ = ["keep"]


def keep(recording: Path, target: Path, *, base_url: str, scenario: str, packages: Iterable[str]) -> None:
    """Replace a cassette by what was just recorded, at the address that its program knows, and say what made it."""
    cassette = load(recording)
    # In the order in which a person wants to know it; the rest is what every recording says of itself.
    metadata = {"source": "recorded", "scenario": scenario, **cassette.metadata}
    metadata |= {package: version(package) for package in packages}
    metadata["server"] = server_version()
    interactions = tuple(_at(base_url, each) for each in cassette.interactions)
    target.parent.mkdir(exist_ok=True)
    save(replace(cassette, metadata=metadata, interactions=interactions), target)


def _at(base_url: str, interaction: Interaction) -> Interaction:
    """The same, whatever port the server had."""
    where, address = urlsplit(interaction.request.uri), urlsplit(base_url)
    uri = where._replace(scheme=address.scheme, netloc=address.netloc).geturl()
    return replace(interaction, request=replace(interaction.request, uri=uri))
