"""The demo as a newcomer starts it, and Debian's Chromium to look at it with.

Where no Chromium is installed the tests say so and are skipped; with PARTNER_JOURNEY_REQUIRE_BROWSER set, as in
`.ci/run`, they fail instead. The trap: a test that waits for a time. Everything here waits for what a page shows.
"""

from __future__ import annotations

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Locator, Page, sync_playwright
from playwright.sync_api import TimeoutError as NotShown

ROOT = Path(__file__).parents[2]
COMMAND = str(Path(sys.executable).parent / "partner-journey")
PROGRAMS = ("chromium", "chromium-browser")
READY = "Ctrl-C ends the demo."
PATIENCE = 30
"""How often a page is loaded anew, half a second each, until it shows what it should."""


@dataclass(frozen=True)
class Demo:
    """The addresses that the demo prints. `left`: titles of the issues that are still open in the first stage."""

    portfolio: str
    board: str
    epic_board: str
    left: tuple[str, ...]

    @property
    def sandbox(self) -> str:
        return self.board.partition("/partners/")[0]

    @property
    def site(self) -> str:
        return self.portfolio.removesuffix("/signin")

    @property
    def project(self) -> str:
        return self.board.partition("/-/")[0]


@contextmanager
def running_demo() -> Iterator[Demo]:
    """`make demo` on two free ports, until it says that it is ready; ended as by Ctrl-C."""
    arguments = [COMMAND, "demo", "--port", str(_two_free_ports())]
    process = subprocess.Popen(
        arguments, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, start_new_session=True
    )
    try:
        yield _read_welcome(process)
    finally:
        process.send_signal(signal.SIGINT)
        rest, _ = process.communicate(timeout=20)
    assert process.returncode == 0, rest
    assert "nothing is left behind" in rest


def _read_welcome(process: subprocess.Popen[str]) -> Demo:
    assert process.stdout is not None
    text = ""
    for line in process.stdout:
        text += line
        if READY in line:
            break
    else:
        raise AssertionError(f"The demo has ended:\n{text}")

    def address(name: str) -> str:
        found = re.search(rf"^\s*{name}\s+(http\S+)", text, re.MULTILINE)
        assert found is not None, text
        return found[1]

    left = tuple(re.findall(r"^ {7}- (.+)$", text, re.MULTILINE))
    return Demo(address("The portfolio"), address("Partner's board"), address("SA's epic board"), left)


def _two_free_ports() -> int:
    """The first of two neighbours: the sandbox takes one and the service the next."""
    for _ in range(100):
        with socket.create_server(("127.0.0.1", 0)) as first:
            port = int(first.getsockname()[1])
            try:
                with socket.create_server(("127.0.0.1", port + 1)):
                    return port
            except (OSError, OverflowError):
                continue
    raise AssertionError("no two free ports side by side")


@contextmanager
def chromium() -> Iterator[Browser]:
    """Debian's Chromium without a window. Skips the test, or fails it where a browser is required."""
    program = next((found for name in PROGRAMS if (found := shutil.which(name))), None)
    if program is None:
        reason = "needs Chromium (apt-get install chromium)"
        if os.environ.get("PARTNER_JOURNEY_REQUIRE_BROWSER"):
            pytest.fail(f"This test {reason}.")
        pytest.skip(reason)
    # As root Chromium starts only without its own sandbox; it sees nothing but loopback pages here.
    options = ["--no-sandbox"] if os.geteuid() == 0 else []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=options)
        try:
            yield browser
        finally:
            browser.close()


def strict(context: BrowserContext) -> list[str]:
    """What goes wrong in the pages of a context: errors of scripts, and what their policy refuses."""
    wrong: list[str] = []
    context.on("weberror", lambda error: wrong.append(str(error.error)))
    context.on("console", lambda told: wrong.append(f"{told.text} ({told.location})") if told.type == "error" else None)
    return wrong


def until(page: Page, shown: Locator) -> None:
    """Loads the page anew until it shows something."""
    for _ in range(PATIENCE):
        try:
            shown.first.wait_for(timeout=500)
        except NotShown:
            page.reload()
        else:
            return
    raise AssertionError(f"{page.url} does not show {shown}:\n{page.locator('main').inner_text()}")
