"""Traffic that other projects recorded, where it lies beside the project: in vcrpy's files it replays unchanged."""

from __future__ import annotations

import gzip
import json
from collections import defaultdict
from pathlib import Path
from typing import Any

import httpx2
import pytest

from autolog._replay.format import dump, load, loads, save
from autolog._replay.tape import replay

SAMPLES = Path(__file__).resolve().parents[2].parent / "shared" / "wire-samples" / "openai-wire.jsonl.gz"
pytestmark = pytest.mark.skipif(not SAMPLES.exists(), reason="the recordings are not here")
BASE_URL = "https://api.openai.com/v1"


def _files() -> dict[str, list[dict[str, Any]]]:
    found: dict[str, list[dict[str, Any]]] = defaultdict(list)
    if SAMPLES.exists():
        with gzip.open(SAMPLES, "rt", encoding="utf-8") as lines:
            for sample in map(json.loads, lines):
                found[sample["source"]].append(sample)
    return found


FILES = _files()


def written(samples: list[dict[str, Any]], path: Path) -> None:
    """Write the file as vcrpy does."""
    from vcr.request import Request
    from vcr.serialize import serialize
    from vcr.serializers import yamlserializer

    requests = [
        Request(
            "POST", f"{BASE_URL}{each['endpoint']}", json.dumps(each["request"]), {"content-type": "application/json"}
        )
        for each in samples
    ]
    responses = [
        {
            "status": {"code": int(each["status"]), "message": "OK"},
            "headers": {"Content-Type": [each["content_type"]], "x-request-id": ["req_1"]},
            "body": {"string": each["response"].encode()},
        }
        for each in samples
    ]
    path.write_text(serialize({"requests": requests, "responses": responses}, yamlserializer), encoding="utf-8")


def played(samples: list[dict[str, Any]], path: Path) -> None:
    """Send every request and look at every answer."""
    with replay(path, mode="replay"), httpx2.Client(verify=False) as client:
        for each in samples:
            response = client.post(f"{BASE_URL}{each['endpoint']}", json=each["request"])
            assert response.status_code == int(each["status"])
            assert response.headers["content-type"] == each["content_type"]
            if each["response"].lstrip().startswith(("data:", "event:")):
                assert response.text == each["response"]
            else:
                assert json.loads(response.text) == json.loads(each["response"])


@pytest.mark.parametrize("source", FILES, ids=lambda source: source.replace("/", "-"))
def test_it_replays_unchanged_and_so_does_what_is_made_of_it(source: str, tmp_path: Path) -> None:
    path, ours = tmp_path / "theirs.yaml", tmp_path / "ours.yaml"
    written(FILES[source], path)
    before = path.read_bytes()
    played(FILES[source], path)
    assert path.read_bytes() == before
    save(load(path), ours)
    played(FILES[source], ours)
    text = ours.read_text(encoding="utf-8")
    assert dump(loads(text, ours)) == text
