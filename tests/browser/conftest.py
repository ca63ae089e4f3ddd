"""A served store and a watchful browser: no request may leave, fail or log an error."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import pytest

from data.settings import Settings

# On a deep link Streamlit first looks for its own end points below the page's path.
PROBES = ("/_stcore/health", "/_stcore/host-config")


@pytest.fixture(scope="session")
def site(make_store: Callable[..., Settings]) -> Iterator[str]:
    """Address of a server over a small demo store with hostile texts in every field."""
    with serving(make_store(600)) as address:
        yield address


@pytest.fixture(scope="session")
def serve() -> type[serving]:
    """``with serve(settings) as address``: a server of its own for one test."""
    return serving


class serving:
    """``with serving(settings) as address``: a dashboard in a process of its own."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings

    def __enter__(self) -> str:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        environment = {**os.environ, "PINGAN_HOME": str(self.settings.home)}
        self.process = subprocess.Popen(
            [sys.executable, "-m", "pingan", "serve", "--port", str(port)], env=environment
        )
        address = f"http://127.0.0.1:{port}"
        deadline = time.monotonic() + 60
        while not _answers(address):
            if self.process.poll() is not None or time.monotonic() > deadline:
                self.__exit__()
                pytest.fail("the dashboard did not start")
            time.sleep(0.2)
        return address

    def __exit__(self, *_: object) -> None:
        self.process.terminate()
        self.process.wait(20)


def _answers(address: str) -> bool:
    try:
        with urllib.request.urlopen(f"{address}/_stcore/health", timeout=1) as answer:
            return answer.status == 200
    except (urllib.error.URLError, OSError):
        return False


@dataclass
class Watch:
    """What a page did that it must not, and how much came over its websocket."""

    host: str
    outside: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)
    websocket_bytes: int = 0

    def request(self, request: object) -> None:
        parts = urlsplit(request.url)
        if parts.scheme in {"http", "https", "ws", "wss"} and parts.netloc != self.host:
            self.outside.append(request.url)

    def response(self, response: object) -> None:
        if response.status >= 400 and not urlsplit(response.url).path.endswith(PROBES):
            self.failed.append(f"{response.status} {response.url}")

    def failure(self, request: object) -> None:
        # A newer filter calls off the tiles of the one before; nothing is wrong with that.
        called_off = "ERR_ABORTED" in request.failure and "/heat/" in request.url
        if not called_off:
            self.failed.append(f"{request.failure} {request.url}")

    def console(self, message: object) -> None:
        url = urlsplit(message.location.get("url", ""))
        if message.type == "error" and not url.path.endswith(PROBES):
            self.errors.append(message.text)

    def socket(self, socket: object) -> None:
        socket.on("framereceived", self._received)

    def _received(self, payload: str | bytes) -> None:
        self.websocket_bytes += len(payload)


@pytest.fixture
def page(browser: object, site: str) -> Iterator[object]:
    """A page at 1366 × 768 with ``page.watch``; at its end nothing may have gone wrong."""
    context = browser.new_context(viewport={"width": 1366, "height": 768}, base_url=site)
    page = context.new_page()
    watch = page.watch = Watch(host=urlsplit(site).netloc)
    page.on("request", watch.request)
    page.on("response", watch.response)
    page.on("console", watch.console)
    page.on("pageerror", lambda error: watch.errors.append(str(error)))
    page.on("websocket", watch.socket)
    page.on("requestfailed", watch.failure)
    yield page
    found = (watch.outside[:], watch.errors[:], watch.failed[:])
    context.close()
    assert found == ([], [], []), json.dumps(found, ensure_ascii=False, indent=1)
