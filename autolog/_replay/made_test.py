"""The text of a pytest file that replays a cassette made of a trace, and asserts what the trace says."""

from __future__ import annotations

import json
import keyword
import re
import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, cast

from autolog import semconv
from autolog._model import Span, Trace
from autolog._replay.rebuild_pieces import json_list, json_object
from autolog._replay.seen import model_calls, tool_calls

__all__ = ["Target", "slug", "test_text"]

_LONGEST_NAME = 48
_LONGEST_TEXT = 400
_WIDTH = 112
# Nothing of the text may be lost: joined, the lines are the text.
_WRAP: Final[dict[str, Any]] = {
    "width": 100, "drop_whitespace": False, "replace_whitespace": False, "expand_tabs": False, "break_on_hyphens": False,
}  # fmt: skip

_AGAIN = '''


def program(requests: list[Any]) -> None:
    """Send the requests of the trace again, one by one.

    Put the call of your own program here instead: it has to ask what was asked then.
    """
    for request in requests:
        address = urlsplit(request.uri)
        base_url = f"{address.scheme}://{address.netloc}"
        client = openai.OpenAI(base_url=base_url, api_key="replayed", max_retries=0)
        path = address.path + (f"?{address.query}" if address.query else "")
        streamed = isinstance(request.json, dict) and request.json.get("stream") is True
        with contextlib.suppress(openai.APIError), client:
            options: dict[str, Any] = {"body": request.json, "cast_to": object}
            if streamed:
                options |= {"stream": True, "stream_cls": openai.Stream[object]}
            if request.method == "GET":
                del options["body"]
            answer = getattr(client, request.method.lower())(path, **options)
            if streamed:
                list(answer)
'''


@dataclass(frozen=True, slots=True)
class Target:
    """The function that the test calls: its module, and its name in it."""

    module: str
    name: str

    @staticmethod
    def of(text: str) -> Target:
        """Read ``package.module:function``. Raises ``ValueError``."""
        module, colon, name = text.partition(":")
        words = [*module.split("."), name]
        if not colon or not all(word.isidentifier() and not keyword.iskeyword(word) for word in words):
            raise ValueError(f"{text!r} names no function: give it as package.module:function")
        return Target(module, name)


def slug(text: str) -> str:
    """Give a name for files and functions."""
    found = re.sub(r"\W+", "_", text, flags=re.ASCII).strip("_").lower()[:_LONGEST_NAME].rstrip("_")
    return found or "trace"


def test_text(
    trace: Trace, spans: Sequence[Span], cassette: str, *, ignore: Sequence[str] = (), target: Target | None = None
) -> str:
    """Give the test's text. ``spans`` are those of the calls in the cassette, whose name the marker has.

    ``target`` is called with the inputs of the trace's root; without it the test sends the recorded requests again.
    """
    marker = f'"{cassette}"' + (f", ignore={_literal(list(ignore))}" if ignore else "")
    program = "program([interaction.request for interaction in llm_replay.unused])"
    head = [
        f'"""Replays the trace {trace.trace_id}; made by `autolog cassettes from-trace`."""',
        "",
        "from __future__ import annotations",
        "",
    ]
    if target is None:
        head += ["import contextlib", "from typing import Any", "from urllib.parse import urlsplit", ""]
        head += ["import openai", "import pytest"]
    else:
        program = f"{target.name}({_arguments(trace.root.inputs if trace.root else None)})"
        head += ["from typing import Any", "", "import pytest", f"from {target.module} import {target.name}"]
    lines = [
        "",
        "",
        f"@pytest.mark.llm_replay({marker})",
        f"def test_{slug(trace.name)}(llm_replay: Any, traces: Any) -> None:",
        f"    {program}",
        "",
        *(f"    {line}" for line in _assertions(spans)),
        "",
    ]
    return "\n".join(head) + (_AGAIN.rstrip("\n") if target is None else "") + "\n" + "\n".join(lines)


def _arguments(inputs: Any) -> str:
    named = json_object(inputs)
    if named and all(str(name).isidentifier() and not keyword.iskeyword(str(name)) for name in named):
        return ", ".join(f"{name}={_literal(value)}" for name, value in named.items())
    given: object = inputs
    return "" if given is None else _literal(given)


def _assertions(spans: Sequence[Span]) -> list[str]:
    calls = model_calls(spans)
    found: list[str] = []
    if calls:
        said = [(call.model, call.tokens.input, call.tokens.output) for call in calls]
        found += _equals("[(call.model, call.tokens.input, call.tokens.output) for call in traces.llm]", said)
        reasons = [call.finish_reasons for call in calls]
        found += _equals("[call.finish_reasons for call in traces.llm]", reasons)
        answered = [(place, call.text) for place, call in enumerate(calls) if call.text]
        if answered:
            place, text = answered[-1]
            wanted = text[:_LONGEST_TEXT]
            found += _equals(f"traces.llm[{place}].text" + (f"[:{_LONGEST_TEXT}]" if wanted != text else ""), wanted)
    total = Trace("", tuple(spans)).usage.total_tokens
    if total is not None:
        found += _equals("traces.usage.total_tokens", total)
    tools = [tool.name for tool in tool_calls(spans)]
    if tools:
        found.append(f"traces.assert_tools({_literal(tools)})")
    failed = [span.attributes.get(semconv.HTTP_STATUS_CODE) for span in spans if span.status == "ERROR"]
    if failed:
        which = f'span.attributes.get("{semconv.HTTP_STATUS_CODE}") for span in traces.spans if span.status == "ERROR"'
        found += _equals(f"[{which}]", failed)
    else:
        found.append("traces.assert_no_errors()")
    return found or ["assert traces.spans"]


def _equals(what: str, value: Any) -> list[str]:
    flat = f"assert {what} == {_literal(value)}"
    if len(flat) <= _WIDTH:
        return [flat]
    if isinstance(value, list):
        items = json_list(cast("Any", value))
        return [f"assert {what} == [", *(f"    {_literal(item)}," for item in items), "]"]
    return [f"assert {what} == (", *(f"    {_literal(line)}" for line in textwrap.wrap(str(value), **_WRAP)), ")"]


def _literal(value: Any) -> str:
    """Give a value as Python with double quotes, as formatters write it: a JSON text is such a literal."""
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False)
    if isinstance(value, list):
        return f"[{', '.join(map(_literal, json_list(cast('Any', value))))}]"
    if isinstance(value, tuple):
        return f"({', '.join(map(_literal, cast('tuple[Any, ...]', value)))})"
    return repr(value)
