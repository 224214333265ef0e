"""An OpenAI-compatible llama.cpp server on 127.0.0.1: ``python serve.py chat|embed MODEL.gguf PORT SECONDS``.

Runs inside the recorder's own environment (requirements.txt) and ends by itself after SECONDS, because llama.cpp
swallows SIGTERM inside Python: a parent that dies leaves nothing behind for long.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

import xllamacpp

NAMES = {"chat": "smollm2-135m-instruct", "embed": "all-minilm-l6-v2"}


def parameters(kind: str, model: Path, port: int) -> xllamacpp.CommonParams:
    """Settings under which the same request gets the same text on every run."""
    params = xllamacpp.CommonParams()
    params.model.path = str(model)
    params.model_alias = NAMES[kind]
    params.hostname = "127.0.0.1"
    params.port = port
    params.n_ctx = 4096 if kind == "chat" else 1024
    params.n_predict = 128
    params.n_parallel = 2  # n=2 needs as many slots
    params.cache_prompt = False  # what an earlier scenario left in the cache must not show in a later one's answer
    params.cpuparams.n_threads = 1  # two threads on two busy cores were up to 26 times slower than one
    params.cpuparams_batch.n_threads = 1
    params.sampling.seed = 42
    params.sampling.temp = 0.0
    params.use_jinja = True
    if kind == "embed":
        params.embedding = True
        params.pooling_type = xllamacpp.llama_pooling_type.LLAMA_POOLING_TYPE_MEAN
    else:
        params.chat_template = Path(__file__).with_name("chat.jinja").read_text(encoding="utf-8")
    return params


def main() -> None:
    kind, model, port, seconds = sys.argv[1:]
    server = xllamacpp.Server(parameters(kind, Path(model), int(port)))
    print("listening on", server.listening_address, flush=True)
    time.sleep(float(seconds))


if __name__ == "__main__":
    main()
