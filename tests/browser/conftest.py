"""One demo and one browser for the tests of a file; a fresh set of cookies for each of them.

The trap: Playwright keeps an event loop in this thread while it is open, and other tests of the process could start
none. So it is closed at the end of each file.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser

from tests.browser.town import Demo, chromium, running_demo


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as opened:
        yield opened


@pytest.fixture(scope="module")
def demo(browser: Browser) -> Iterator[Demo]:
    """Asked for after the browser: without one the demo need not run."""
    with running_demo() as opened:
        yield opened
