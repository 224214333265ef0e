"""The program whose trace is sent: a function of one's own around the client and a chain, played from cassettes.

`program.py` prints the trace as it was made, as JSON, once it has been sent to where OpenTelemetry's variables say.
"""

from __future__ import annotations

import json
import sys
from typing import Any

import autolog
from autolog._demo import weather
from autolog._demo.player import play
from autolog._demo.programs import FRAMEWORKS
from autolog._demo.programs import play as play_program


@autolog.trace(span_type="AGENT", attributes={"release": 7})
def assistant(question: str) -> str:
    autolog.update_current_trace(tags={"env": "check"}, session_id="s-1", user_id="ann")
    with play("openai"):
        weather.main(lambda _: None)
    framework = FRAMEWORKS["langchain"]
    program = next(p for p in framework.programs if p.name == "rag")
    with play("langchain", program.name):
        return play_program(framework, program)


def main() -> None:
    memory = autolog.MemoryExporter()
    autolog.configure(store="none", prices=weather.PRICES, exporters=[memory])
    autolog.openai.autolog()
    autolog.langchain.autolog()
    assistant("What is the weather in Paris?")
    autolog.flush()
    (trace,) = memory.traces
    counted: dict[str, Any] = {k: v for k, v in trace.to_dict()["usage"].items() if v is not None}
    spans = [
        {
            "name": s.name,
            "span_id": s.span_id,
            "parent_id": s.parent_id,
            "span_type": s.span_type,
            "status": s.status,
            "texts": _texts(s.attributes),
        }
        for s in trace.spans
    ]
    json.dump({"trace_id": trace.trace_id, "usage": counted, "cost": trace.cost, "spans": spans}, sys.stdout)


def _texts(attributes: Any) -> list[str]:
    messages = [
        *(attributes.get("gen_ai.input.messages") or ()),
        *(attributes.get("gen_ai.output.messages") or ()),
    ]
    return [p["content"] for m in messages for p in m["parts"] if p["type"] == "text" and p["content"]]


if __name__ == "__main__":
    main()
