"""Send one trace to real servers over OTLP and compare what they then show with what was made; docs/backends.md.

`check.py [--mlflow URL] [--phoenix URL]`, with the servers running. It is no part of the test suite, which starts none.
"""

from __future__ import annotations

import argparse
import base64
import json
import os
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

PROGRAM = Path(__file__).with_name("program.py")
ROOT = PROGRAM.parents[2]
PATIENCE_S = 60.0


def ask(url: str, body: Any = None) -> Any:
    """Give a server's JSON."""
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url, data, {"content-type": "application/json"})
    with urllib.request.urlopen(request, timeout=PATIENCE_S) as answer:
        return json.load(answer)


def made(endpoint: str, **more: str) -> Any:
    """Run the program with its traces sent to an endpoint; give the trace as it was made."""
    paths = (str(ROOT), str(ROOT / "integrations"), os.environ.get("PYTHONPATH", ""))
    variables = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join(filter(None, paths)),
        "OTEL_EXPORTER_OTLP_ENDPOINT": endpoint,
        **more,
    }
    command = [sys.executable, str(PROGRAM)]
    return json.loads(subprocess.run(command, env=variables, check=True, stdout=subprocess.PIPE).stdout)


def in_mlflow(url: str, trace: Any) -> Mapping[str, Any]:
    """What MLflow shows of a trace, under the names of the program's."""
    found = ask(f"{url}/api/3.0/mlflow/traces/get?trace_id=tr-{trace['trace_id']}")["trace"]
    info = found["trace_info"]
    spans = [
        {
            "name": s["name"],
            "span_id": base64.b64decode(s["span_id"]).hex(),
            "parent_id": base64.b64decode(s.get("parent_span_id") or "").hex() or None,
            "span_type": _attribute(s, "mlflow.spanType"),
            "status": "ERROR" if s["status"]["code"] == "STATUS_CODE_ERROR" else "OK",
            "shown": json.dumps(s["attributes"]),
        }
        for s in found["spans"]
    ]
    usage = json.loads(info["trace_metadata"]["mlflow.trace.tokenUsage"])
    return {"usage": usage, "spans": spans, "session": info["trace_metadata"].get("mlflow.trace.session")}


def in_phoenix(url: str, trace: Any) -> Mapping[str, Any]:
    """What Phoenix shows of a trace. Its kinds are fewer, and its totals are of model calls, without embeddings."""
    found = [s for s in _phoenix_spans(url) if s["context"]["trace_id"] == trace["trace_id"]]
    query = (
        f'{{ getTraceByOtelId(traceId: "{trace["trace_id"]}") {{ session {{ sessionId }} rootSpan '
        "{ cumulativeTokenCountPrompt cumulativeTokenCountCompletion cumulativeTokenCountTotal } } }"
    )
    shown = ask(f"{url}/graphql", {"query": query})["data"]["getTraceByOtelId"]
    embedded = sum(s["attributes"].get("llm.token_count.prompt", 0) for s in found if s["span_kind"] == "EMBEDDING")
    prompt, completion, total = (
        shown["rootSpan"][f"cumulativeTokenCount{n}"] for n in ("Prompt", "Completion", "Total")
    )
    usage = {"input_tokens": prompt + embedded, "output_tokens": completion, "total_tokens": total + embedded}
    spans = [
        {
            "name": s["name"],
            "span_id": s["context"]["span_id"],
            "parent_id": s["parent_id"],
            "span_type": s["attributes"].get("autolog.span_type"),
            "status": "ERROR" if s["status_code"] == "ERROR" else "OK",
            "shown": json.dumps(s["attributes"]),
        }
        for s in found
    ]
    return {"usage": usage, "spans": spans, "session": (shown["session"] or {}).get("sessionId")}


def differences(trace: Any, shown: Mapping[str, Any]) -> list[str]:
    """Say what a backend shows otherwise than it was."""
    there = {s["span_id"]: s for s in shown["spans"]}
    found = [] if shown["session"] == "s-1" else [f"the session is {shown['session']}"]
    for kind, count in trace["usage"].items():
        if shown["usage"].get(kind) != count:
            found.append(f"{kind}: {shown['usage'].get(kind)}, not {count}")
    for span in trace["spans"]:
        other = there.pop(span["span_id"], None)
        if other is None:
            found.append(f"{span['name']} is missing")
            continue
        found += [
            f"{span['name']}: {key} is {other[key]}, not {span[key]}"
            for key in ("name", "parent_id", "span_type", "status")
            if other[key] != span[key]
        ]
        text = other["shown"]
        found += [f"{span['name']}: no {t[:40]!r}" for t in span["texts"] if not _holds(text, t)]
    return found + [f"{s['name']} is one too many" for s in there.values()]


def check(name: str, url: str, read: Callable[[str, Any], Mapping[str, Any]]) -> list[str]:
    """Send the trace and wait until the backend has all of it."""
    trace = made(url, OTEL_EXPORTER_OTLP_HEADERS="x-mlflow-experiment-id=0")
    until = time.monotonic() + PATIENCE_S
    while True:
        try:
            found = differences(trace, read(url, trace))
        except (urllib.error.HTTPError, KeyError, TypeError) as e:  # not there yet
            found = [f"no answer: {type(e).__name__} {e}"]
        if not found or time.monotonic() > until:
            break
        time.sleep(1)
    verdict = "DIFFERENT" if found else "as they were"
    sys.stdout.write(f"{name}: {len(trace['spans'])} spans, {trace['usage']}: {verdict}\n")
    return found


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--mlflow", metavar="URL")
    parser.add_argument("--phoenix", metavar="URL")
    asked = parser.parse_args()
    found: list[str] = []
    for name, read in (("mlflow", in_mlflow), ("phoenix", in_phoenix)):
        if url := getattr(asked, name):
            found += [f"{name}: {each}" for each in check(name, url.rstrip("/"), read)]
    sys.stdout.writelines(f"{each}\n" for each in found)
    return 1 if found else 0


def _phoenix_spans(url: str) -> list[Any]:
    spans: list[Any] = []
    cursor = ""
    while True:
        page = ask(f"{url}/v1/projects/default/spans?limit=1000{cursor}")
        spans += page["data"]
        if not page.get("next_cursor"):
            return spans
        cursor = f"&cursor={page['next_cursor']}"


def _attribute(span: Any, key: str) -> Any:
    value = next((a["value"] for a in span["attributes"] if a["key"] == key), {})
    return value.get("string_value")


def _holds(shown: str, text: str) -> bool:
    """Whether JSON holds a text, which may stand in JSON inside it."""
    once = json.dumps(text)[1:-1]
    twice = json.dumps(once)[1:-1]
    return any(form in shown for form in (once, twice, json.dumps(twice)[1:-1]))


if __name__ == "__main__":
    raise SystemExit(main())
