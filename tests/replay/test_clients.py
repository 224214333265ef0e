"""Whatever client speaks HTTP: recorded from a server on this machine, then replayed without it."""

from __future__ import annotations

import asyncio
import http.client
import importlib.util
import json
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx2
import openai
import pytest
from replay.loopback import HEADERS, Loopback, chat

from autolog._replay.format import load
from autolog._replay.tape import ReplayMiss, replay

aiohttp, httpx, requests, urllib3 = (
    importlib.import_module(name) if importlib.util.find_spec(name) else None
    for name in ("aiohttp", "httpx", "requests", "urllib3")
)
needs_all = pytest.mark.skipif(None in (aiohttp, requests), reason="needs aiohttp and requests")

BODY = chat("hello")


def text_of(body: Any) -> str:
    return body["choices"][0]["message"]["content"]


def over_httpx2(url: str, body: Any) -> str:
    with httpx2.Client(headers=HEADERS) as client:
        return text_of(client.post(url, json=body).json())


def over_async_httpx2(url: str, body: Any) -> str:
    async def run() -> str:
        async with httpx2.AsyncClient(headers=HEADERS) as client:
            return text_of((await client.post(url, json=body)).json())

    return asyncio.run(run())


def over_openai_aiohttp(url: str, body: Any) -> str:
    async def run() -> str:
        async with openai.AsyncOpenAI(
            api_key="k", base_url=url.removesuffix("/chat/completions"), http_client=openai.DefaultAioHttpClient()
        ) as client:
            answer = await client.chat.completions.create(model=body["model"], messages=body["messages"])
            return answer.choices[0].message.content or ""

    return asyncio.run(run())


def over_aiohttp(url: str, body: Any) -> str:
    async def run() -> str:
        async with aiohttp.ClientSession(headers=HEADERS) as session, session.post(url, json=body) as response:
            return text_of(await response.json())

    return asyncio.run(run())


def over_requests(url: str, body: Any) -> str:
    return text_of(requests.post(url, json=body, headers=HEADERS, timeout=5).json())


def over_urllib3(url: str, body: Any) -> str:
    with urllib3.PoolManager() as pool:
        return text_of(json.loads(pool.request("POST", url, json=body, headers=HEADERS).data))


def over_urllib(url: str, body: Any) -> str:
    request = urllib.request.Request(url, json.dumps(body).encode(), {**HEADERS, "content-type": "application/json"})
    with urllib.request.urlopen(request, timeout=5) as response:
        return text_of(json.load(response))


def over_http_client(url: str, body: Any) -> str:
    host = url.split("/")[2]
    connection = http.client.HTTPConnection(host, timeout=5)
    connection.request("POST", "/v1/chat/completions", json.dumps(body).encode(), HEADERS)
    try:
        return text_of(json.load(connection.getresponse()))
    finally:
        connection.close()


def over_httpx(url: str, body: Any) -> str:
    with httpx.Client(headers=HEADERS) as client:
        return text_of(client.post(url, json=body).json())


def over_async_httpx(url: str, body: Any) -> str:
    async def run() -> str:
        async with httpx.AsyncClient(headers=HEADERS) as client:
            return text_of((await client.post(url, json=body)).json())

    return asyncio.run(run())


def over_openai(url: str, body: Any) -> str:
    with openai.OpenAI(api_key="k", base_url=url.removesuffix("/chat/completions")) as client:
        answer = client.chat.completions.create(model=body["model"], messages=body["messages"])
        return answer.choices[0].message.content or ""


HTTPX = [over_httpx, over_async_httpx] if httpx else []
OTHERS: list[Any] = [over_requests, over_urllib3] if requests else []
if aiohttp:
    OTHERS.append(over_aiohttp)
    if importlib.util.find_spec("httpx_aiohttp") or importlib.util.find_spec("openai._vendor"):
        OTHERS.append(over_openai_aiohttp)
CLIENTS: list[Callable[[str, Any], str]] = [
    over_httpx2, over_async_httpx2, *HTTPX, over_openai, over_urllib, over_http_client, *OTHERS,
]  # fmt: skip
UNPACKING = [
    client for client in CLIENTS if client not in (over_urllib, over_http_client, over_openai, over_openai_aiohttp)
]


@pytest.fixture(params=CLIENTS, ids=lambda client: client.__name__)
def over(request: pytest.FixtureRequest) -> Callable[[str, Any], str]:
    return request.param  # type: ignore[no-any-return]


def test_record_and_replay(server: Loopback, path: Path, over: Callable[[str, Any], str]) -> None:
    with replay(path, mode="missing") as tape:
        live = [over(server.url, BODY), over(server.url, BODY)]
    assert live == ["answer 1", "answer 2"]
    assert [call.live for call in tape.calls] == [True, True]
    text = path.read_text()
    for leak in (HEADERS["authorization"], "secret-cookie", "org-AbCd", "req_0123"):
        assert leak not in text
    with replay(path) as tape:
        assert [over(server.url, BODY), over(server.url, BODY)] == live
    assert tape.usage.output_tokens == 3
    assert server.hits == 2


def test_a_miss_is_undisguised(path: Path, over: Callable[[str, Any], str]) -> None:
    with pytest.raises(ReplayMiss, match="there is no cassette"), replay(path) as tape:
        over("http://127.0.0.1:9/v1/chat/completions", BODY)
    assert len(tape.misses) == 1


@pytest.mark.parametrize("over", UNPACKING)
def test_compressed_answers_are_kept_as_what_they_say(
    server: Loopback, path: Path, over: Callable[[str, Any], str]
) -> None:
    body = {**BODY, "do": "gzip"}
    with replay(path, mode="missing"):
        live = over(server.url, body)
    assert load(path).interactions[0].response.json["model"] == "m-2024"
    with replay(path):
        assert over(server.url, body) == live


@pytest.mark.parametrize("recorded_by", CLIENTS, ids=lambda client: client.__name__)
def test_what_one_client_recorded_another_replays(
    server: Loopback, path: Path, recorded_by: Callable[[str, Any], str]
) -> None:
    with replay(path, mode="missing"):
        recorded_by(server.url, BODY)
    for client in (over_httpx2, *HTTPX, *OTHERS):
        with replay(path):
            assert client("http://localhost:1/v1/chat/completions", BODY) == "answer 1"


@needs_all
def test_a_redirect_is_replayed_by_clients_that_follow_it(server: Loopback, path: Path) -> None:
    body = {**BODY, "do": "redirect"}

    def follow() -> list[str]:
        async def run() -> str:
            async with aiohttp.ClientSession() as session, session.post(server.url, json=body) as response:
                return text_of(await response.json())

        with httpx2.Client(follow_redirects=True) as client:
            return [
                text_of(client.post(server.url, json=body).json()),
                over_requests(server.url, body),
                asyncio.run(run()),
            ]

    with replay(path, mode="missing"):
        live = follow()
    hits = server.hits
    assert len(load(path).interactions) == 6
    with replay(path):
        assert follow() == live
    assert server.hits == hits


@needs_all
def test_streams_of_requests_and_aiohttp(server: Loopback, path: Path) -> None:
    body = {**BODY, "stream": True}

    def lines() -> list[list[str]]:
        with requests.post(server.url, json=body, stream=True, timeout=5) as response:
            over_requests_ = [line.decode() for line in response.iter_lines() if line]

        async def run() -> list[str]:
            async with aiohttp.ClientSession() as session, session.post(server.url, json=body) as response:
                return [line.decode().strip() async for line in response.content if line.strip()]

        return [over_requests_, asyncio.run(run())]

    with replay(path, mode="missing"):
        live = lines()
    with replay(path):
        assert lines() == live
    assert [len(each.response.events or ()) for each in load(path).interactions] == [6, 6]


@needs_all
def test_uploads_match_whatever_their_boundary_is(server: Loopback, path: Path) -> None:
    def upload() -> list[str]:
        files = {"file": ("a.txt", b"content of it")}
        with httpx2.Client() as client:
            one = text_of(client.post(server.url, files=files, data={"purpose": "x"}).json())
        return [one, text_of(requests.post(server.url, files=files, timeout=5).json())]

    with replay(path, mode="missing"):
        live = upload()
    with replay(path):
        assert upload() == live


def test_binary_answers(server: Loopback, path: Path) -> None:
    def sound() -> bytes:
        with httpx2.Client() as client:
            return client.post(server.url, json=chat(do="binary")).content

    with replay(path, mode="missing"):
        live = sound()
    with replay(path):
        assert sound() == live == b"\xff\xfb\x90\x00" * 500
    (blob,) = (path.parent / "blobs").iterdir()
    assert blob.suffix == ".mp3"


@needs_all
def test_threads_over_requests_do_not_slip_past_the_cassette(server: Loopback, path: Path) -> None:
    from concurrent.futures import ThreadPoolExecutor

    bodies = [chat(f"question {n % 5}") for n in range(20)]
    with replay(path, mode="missing"), ThreadPoolExecutor(6) as pool:
        live = list(pool.map(lambda body: over_requests(server.url, body), bodies))
    assert len(load(path).interactions) == 20
    before = http.client.HTTPConnection
    with replay(path), ThreadPoolExecutor(6) as pool:
        assert sorted(pool.map(lambda body: over_requests(server.url, body), bodies)) == sorted(live)
    assert http.client.HTTPConnection is before
    assert server.hits == 20


@pytest.mark.parametrize("asynchronous", [False, True])
def test_streams_of_the_openai_client(server: Loopback, path: Path, asynchronous: bool) -> None:
    options: dict[str, Any] = {
        "api_key": "k",
        "base_url": server.url.removesuffix("/chat/completions"),
        "max_retries": 0,
    }
    request: dict[str, Any] = {"model": "m", "messages": BODY["messages"], "stream": True}

    def pieces() -> list[str]:
        with openai.OpenAI(**options) as client:
            return [
                chunk.choices[0].delta.content for chunk in client.chat.completions.create(**request) if chunk.choices
            ]

    async def apieces() -> list[str]:
        async with openai.AsyncOpenAI(**options) as client:
            stream = await client.chat.completions.create(**request)
            return [chunk.choices[0].delta.content async for chunk in stream if chunk.choices]

    def run() -> list[str]:
        return asyncio.run(apieces()) if asynchronous else pieces()

    with replay(path, mode="missing"):
        live = run()
    with replay(path) as tape:
        assert run() == live == ["answer", " ", "1 ☂️", "."]
    assert tape.usage.total_tokens == 4
    # Who leaves before the end has a whole recording all the same, which the other client can read.
    path.unlink()
    with (
        replay(path, mode="missing"),
        openai.OpenAI(**options) as client,
        client.chat.completions.create(**request) as stream,
    ):
        next(iter(stream))
    with replay(path):
        assert len(run()) == 4
