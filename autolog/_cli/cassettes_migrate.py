"""``autolog cassettes migrate``: cassettes of vcrpy, pytest-recording and others in the format of this library."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from autolog._cli import output
from autolog._cli.cassettes import find_files, read_cassette, saved
from autolog._cli.errors import FOUND, USAGE, CommandError

if TYPE_CHECKING:
    from autolog._replay.cassette import Cassette

__all__ = ["run"]


def run(arguments: Namespace) -> int:
    """Write cassettes anew, in place or below another folder. One that fails leaves its file as it is."""
    rows: list[dict[str, Any]] = []
    code = FOUND
    files = find_files(arguments.paths)
    out = Path(arguments.out) if arguments.out is not None else None
    targets = {path: _target(path, out, arguments.paths) for path in files}
    _refuse_clashes(targets)
    for path, target in targets.items():
        try:
            rows.append(_migrate(path, target, dry_run=arguments.dry_run))
        except CommandError as e:
            code = code or e.code or USAGE
            rows.append({"path": str(path), "to": None, "done": False, "why": str(e)})
    if arguments.json:
        output.print_json(rows)
        return code
    for row in rows:
        output.note(f"{row['path']}: {row['why']}" + (f" -> {row['to']}" if row["to"] else ""))
    return code


def _target(path: Path, out: Path | None, given: Sequence[str]) -> Path:
    """Give where a file goes: beside itself, or as deep below ``out`` as it is below the folder that was named."""
    name = path.name.removesuffix(".gz")
    name = name.removesuffix(Path(name).suffix) + ".yaml"
    if out is None:
        return path.with_name(name)
    for folder in map(Path, given or ["."]):
        if folder.is_dir() and path.is_relative_to(folder):
            return out / path.relative_to(folder).with_name(name)
    return out / name


def _refuse_clashes(targets: dict[Path, Path]) -> None:
    seen: dict[Path, Path] = {}
    for path, target in targets.items():
        if target in seen:
            raise CommandError(f"{seen[target]} and {path} would both become {target}: migrate them one by one")
        seen[target] = path


def _migrate(path: Path, target: Path, *, dry_run: bool) -> dict[str, Any]:
    cassette = read_cassette(path)
    count = len(cassette.interactions)
    row: dict[str, Any] = {"path": str(path), "to": str(target), "done": not dry_run, "interactions": count}
    if cassette.format == "llm-1" and target == path:
        return {**row, "to": None, **_laid_out(cassette, path, dry_run=dry_run)}
    if target != path and target.exists():
        raise CommandError(f"{target} exists, and is not replaced")
    what = f"{count} interaction{'s' * (count != 1)}"
    if dry_run:
        return {**row, "why": f"{what} would be written"}
    target.parent.mkdir(parents=True, exist_ok=True)
    saved(cassette, target)
    if path.parent == target.parent and path != target:
        path.unlink()
    return {**row, "why": f"{what} written"}


def _laid_out(cassette: Cassette, path: Path, *, dry_run: bool) -> dict[str, Any]:
    """Write a file of ours that was edited by hand as it would be written."""
    from autolog._replay.format import dump

    if dump(cassette).encode() == path.read_bytes():
        return {"done": False, "why": "has this format already"}
    if dry_run:
        return {"done": False, "why": "would be laid out"}
    saved(cassette, path)
    return {"done": True, "why": "laid out"}
