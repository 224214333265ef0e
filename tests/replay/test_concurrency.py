"""Many calls at once, and many processes on one file: right answers, nothing lost."""

from __future__ import annotations

import asyncio
import multiprocessing
import random
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx2
from replay.loopback import Loopback, ask, chat

from autolog._replay.format import load
from autolog._replay.tape import replay


async def gathered(url: str, texts: list[str]) -> list[str]:
    async with httpx2.AsyncClient(limits=httpx2.Limits(max_connections=50)) as client:

        async def one(text: str) -> str:
            response = await client.post(url, json=chat(text))
            return response.json()["choices"][0]["message"]["content"]

        return list(await asyncio.gather(*map(one, texts)))


async def test_twenty_tasks_with_equal_prompts_get_their_own_answers(server: Loopback, path: Path) -> None:
    texts = ["the same question"] * 5 + [f"question {n}" for n in range(15)]
    random.Random(1).shuffle(texts)
    async with replay(path, mode="missing"):
        live = await gathered(server.url, texts)
    assert len(set(live)) == 20
    # Saved in the order of their start, whatever the order in which the server answered.
    assert [each.request.json["messages"][0]["content"] for each in load(path).interactions] == texts
    for _ in range(2):
        async with replay(path):
            assert await gathered(server.url, texts) == live


def test_threads_get_each_recording_once(server: Loopback, path: Path) -> None:
    texts = [f"question {n % 4}" for n in range(24)]
    with replay(path, mode="missing"), ThreadPoolExecutor(8) as pool:
        live = list(pool.map(lambda text: (text, ask(server.url, text)), texts))
    with replay(path), ThreadPoolExecutor(8) as pool:
        again = list(pool.map(lambda text: (text, ask(server.url, text)), texts))
    assert sorted(again) == sorted(live)


def worker(url: str, path: Path, texts: list[str], start: Any) -> None:
    start.wait()
    for text in texts:
        with replay(path, mode="missing"):
            ask(url, text)


def test_processes_that_record_into_one_file_lose_nothing(server: Loopback, path: Path) -> None:
    context = multiprocessing.get_context("fork")
    start = context.Event()
    shared = ["both ask this"]
    jobs = [[f"process {n} asks {m}" for m in range(3)] + shared for n in range(3)]
    processes = [context.Process(target=worker, args=(server.url, path, job, start)) for job in jobs]
    for process in processes:
        process.start()
    start.set()
    for process in processes:
        process.join(60)
    assert [process.exitcode for process in processes] == [0, 0, 0]
    asked = sorted(each.request.json["messages"][0]["content"] for each in load(path).interactions)
    assert asked == sorted([*(text for job in jobs for text in job[:3]), *shared])


def test_what_another_wrote_meanwhile_stays(server: Loopback, path: Path) -> None:
    with replay(path, mode="missing"):
        ask(server.url, "one")
        thread = threading.Thread(target=save_meanwhile, args=(path,))
        thread.start()
        thread.join()
    assert [each.request.path for each in load(path).interactions] == ["/meanwhile", "/v1/chat/completions"]


def save_meanwhile(path: Path) -> None:
    from autolog._replay.cassette import Cassette, Interaction, RecordedRequest, RecordedResponse
    from autolog._replay.format import save

    save(Cassette(path, (Interaction(RecordedRequest("GET", "http://a.com/meanwhile"), RecordedResponse()),)))
