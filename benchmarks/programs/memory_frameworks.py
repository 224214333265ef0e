"""Make many LangChain runs of all kinds and measure what stays: `memory_frameworks.py autolog|nothing RUNS…` (ascending)."""

from __future__ import annotations

import contextlib
import json
import sys
from typing import Any

import fake_api
import openai
from langchain_core.output_parsers import StrOutputParser
from langchain_core.prompts import ChatPromptTemplate
from langchain_core.runnables import RunnableLambda
from langchain_openai import ChatOpenAI
from left import left

QUESTION = {"question": "hi"}


def _chain(reply: str) -> Any:
    client = fake_api.client(reply)
    model: Any = ChatOpenAI(model="gpt-4o-mini", api_key="none", root_client=client, client=client.chat.completions)
    return ChatPromptTemplate.from_messages([("user", "{question}")]) | model | StrOutputParser()


def _stream(chain: Any, how: str) -> None:
    stream = chain.stream(QUESTION)
    for count, _ in enumerate(stream):
        if count == 5 and how != "drained":
            break
    if how == "closed":
        stream.close()


def _fail(number: int) -> int:
    raise ValueError(f"no {number}")


def main() -> None:
    tracer, *targets = sys.argv[1:]
    if tracer == "autolog":
        import autolog

        autolog.autolog()
    chat, stream, bad = (_chain(reply) for reply in ("chat", "pieces-20", "bad"))
    steps = RunnableLambda(lambda number: number + 1) | RunnableLambda(_fail)
    done = 0
    for target in map(int, targets):
        while done < target:
            turn = done % 20
            if turn < 12:
                chat.invoke(QUESTION)
            elif turn < 17:
                _stream(stream, ("drained", "drained", "closed", "abandoned", "abandoned")[turn - 12])
            elif turn < 18:
                chat.batch([QUESTION, QUESTION])
            elif turn < 19:
                with contextlib.suppress(ValueError):
                    steps.invoke(1)
            else:
                with contextlib.suppress(openai.BadRequestError):
                    bad.invoke(QUESTION)
            done += 1
        if tracer == "autolog":
            autolog.flush(timeout=300)
        print(json.dumps({"calls": done, **left()}), flush=True)


main()
