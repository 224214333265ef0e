"""The view where a notebook's server shows it: of cells that ran, of a file that was saved, of one not to be trusted."""

from __future__ import annotations

import importlib.util
import json
import os
import re
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any, NamedTuple
from urllib.error import URLError
from urllib.request import urlopen

import pytest

from autolog import Trace
from autolog._view.output import mimebundle

expect: Any = pytest.importorskip(
    "playwright.sync_api", reason="the view is driven where playwright is installed"
).expect
expect.set_options(timeout=60_000)

FRAME = 'iframe[title="autolog traces"]'
CELL = """
import autolog

autolog.configure(store=None)
autolog.display(enabled=True)


@autolog.trace
def work(n):
    return n


@autolog.trace(name="all of it")
def both():
    return work(1) + work(2)


both()
"""
SETTINGS = {"themes": {"theme": "JupyterLab Dark"}, "notification": {"fetchNews": "false", "checkForUpdates": False}}


class Server(NamedTuple):
    """A server that shows the notebooks of a folder."""

    url: str
    folder: Path

    def write(self, name: str, *outputs: dict[str, Any], source: str = CELL) -> str:
        """Write a notebook of one cell and give its address."""
        cell = {"cell_type": "code", "id": "a", "source": source.strip(), "metadata": {}, "execution_count": None}
        spec = {"display_name": "Python 3", "language": "python", "name": "python3"}
        kernel = {"kernelspec": spec, "language_info": {"name": "python"}}
        book = {"nbformat": 4, "nbformat_minor": 5, "metadata": kernel, "cells": [{**cell, "outputs": list(outputs)}]}
        (self.folder / name).write_text(json.dumps(book), encoding="utf-8")
        return self.address(name)

    def address(self, name: str) -> str:
        """Give where a notebook is shown, and nothing that was open before."""
        return f"{self.url}{name}?reset"


@pytest.fixture(scope="module", params=[("notebook", "notebooks/"), ("jupyterlab", "lab/tree/")], ids=lambda p: p[0])
def server(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Notebook or JupyterLab, dark, at a port of its own on this machine."""
    module, path = request.param
    for needed in (module, "ipykernel"):
        if importlib.util.find_spec(needed) is None:
            pytest.skip(f"{needed} is not installed")
    folder, own = tmp_path_factory.mktemp("books"), tmp_path_factory.mktemp("jupyter")
    extension = own / "settings/@jupyterlab/apputils-extension"
    extension.mkdir(parents=True)
    for name, settings in SETTINGS.items():
        (extension / f"{name}.jupyterlab-settings").write_text(json.dumps(settings), encoding="utf-8")
    with closing(socket.socket()) as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("AUTOLOG_", "JUPYTER_"))} | {
        "JUPYTERLAB_SETTINGS_DIR": str(own / "settings"),
        "JUPYTERLAB_WORKSPACES_DIR": str(own / "workspaces"),
        **{f"JUPYTER_{n}_DIR": str(own / n) for n in ("CONFIG", "DATA", "RUNTIME")},
        "IPYTHONDIR": str(own / "ipython"),
    }
    options = [f"--port={port}", "--ServerApp.port_retries=0", "--IdentityProvider.token=", "--ip=127.0.0.1"]
    quiet = ["--no-browser", "--allow-root", f"--ServerApp.root_dir={folder}"]
    with (own / "log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", module, *options, *quiet], env=environment, stdout=log, stderr=log, cwd=folder
        )
    try:
        _wait(process, f"http://127.0.0.1:{port}/api", own / "log")
        yield Server(f"http://127.0.0.1:{port}/{path}", folder)
    finally:
        process.terminate()  # it ends its kernels
        try:
            process.wait(15)
        except subprocess.TimeoutExpired:  # a thread of the server's own may keep it from ending
            process.kill()
            process.wait()


def _wait(process: subprocess.Popen[bytes], url: str, log: Path) -> None:
    for _ in range(600):
        try:
            urlopen(url).close()
            return
        except URLError:
            if process.poll() is not None:
                break
            time.sleep(0.1)
    pytest.fail(f"the server did not start: {log.read_text('utf-8')}")


@pytest.fixture
def visit(browser: Any, server: Server) -> Iterator[Callable[[str], Any]]:
    """Opens a notebook; the test fails where the view complained or anything was asked of another machine."""
    said: list[str] = []
    context = browser.new_context(viewport={"width": 1280, "height": 1000}, color_scheme="light")
    context.set_default_timeout(60_000)
    own = (server.url[: server.url.index("/", 8)], "data:", "blob:", "about:")

    def visit(url: str) -> Any:
        page = context.new_page()
        # What the front end itself complains of is its own.
        page.on("console", lambda m: said.append(m.text) if m.location["url"].startswith("about:") else None)
        page.on("request", lambda r: None if r.url.startswith(own) else said.append(r.url))
        page.goto(url)
        page.locator(".jp-Notebook .jp-CodeCell").first.wait_for()
        return page

    yield visit
    context.close()
    assert said == []


def _is_the_view(page: Any) -> None:
    element = page.locator(FRAME)
    frame = page.frame_locator(FRAME)
    expect(frame.locator(".row")).to_have_count(3)
    element.scroll_into_view_if_needed()
    box = element.bounding_box()
    assert 380 < box["height"] < 600
    assert box["width"] > 800
    frame.locator(".row").nth(2).click()
    expect(frame.locator(".row.selected bdi")).to_have_text("work")
    expect(frame.locator("html")).to_have_css("color-scheme", "dark")


def _run(page: Any) -> None:
    not_run = page.locator(".jp-CodeCell .jp-InputPrompt", has_text="[ ]:")
    for _ in range(20):  # what is asked for before the kernel is there is not run
        page.wait_for_timeout(1_500)
        if not not_run.count():
            return
        dialog = page.locator(".jp-Dialog button.jp-mod-accept")
        if dialog.count():
            dialog.click()
            continue
        page.get_by_role("menuitem", name="Run", exact=True).click()
        page.get_by_role("menuitem", name="Run All Cells", exact=True).click()


# What a browser's connection leaves behind is not ours.
@pytest.mark.filterwarnings("ignore")
def test_a_cell_that_ran_and_what_was_saved_of_it(server: Server, visit: Callable[[str], Any]) -> None:
    page = visit(server.write("ran.ipynb"))
    _run(page)
    _is_the_view(page)
    page.get_by_role("menuitem", name="File", exact=True).click()
    page.get_by_role("menuitem", name=re.compile("^Save Notebook( Ctrl.*)?$")).click()
    file = server.folder / "ran.ipynb"
    page.wait_for_function("!document.title.startsWith('*')")
    for _ in range(100):
        if "autolog traces" in file.read_text("utf-8"):
            break
        page.wait_for_timeout(100)
    page.close()
    _is_the_view(visit(server.address("ran.ipynb")))


@pytest.mark.filterwarnings("ignore")
def test_a_file_that_is_not_trusted(server: Server, visit: Callable[[str], Any], rich: Trace) -> None:
    output = {"output_type": "display_data", "metadata": {}, "data": mimebundle([rich])}
    page = visit(server.write("given.ipynb", output))
    summary = page.locator(".jp-OutputArea summary").filter(has_text="tool refund")
    summary.click()
    assert page.get_by_text("closed until 06:00").is_visible()
    assert page.locator(".jp-OutputArea").locator("iframe, script, style").count() == 0
