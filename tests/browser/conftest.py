"""One demo and one browser for the tests of a process; a fresh set of cookies for each of them."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser

from tests.browser.town import Demo, chromium, running_demo


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    with chromium() as opened:
        yield opened


@pytest.fixture(scope="session")
def demo(browser: Browser) -> Iterator[Demo]:
    """Asked for after the browser: without one the demo need not run."""
    with running_demo() as opened:
        yield opened
