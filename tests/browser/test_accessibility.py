"""No page of the site or the sandbox shuts anybody out: axe's rules, and nothing that is wider than a phone."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page

from tests.browser.looking import Shade, Shape, looking, sandbox_pages, site_pages
from tests.browser.town import Demo

SEVERE = ("serious", "critical")


def findings(page: Page) -> list[str]:
    """What axe finds on a page, as far as it hinders somebody, and what sticks out of the window."""
    page.wait_for_load_state()
    found = [
        f"{rule['id']}: {node['html'][:200]} ({node['failureSummary']})"
        for rule in Axe().run(page, options={"resultTypes": ["violations"]}).response["violations"]
        if rule["impact"] in SEVERE
        for node in rule["nodes"]
    ]
    beyond = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    return found + ([f"{beyond} pixels wider than the window"] if beyond > 0 else [])


@pytest.mark.parametrize(("shape", "shade"), [("desktop", "light"), ("phone", "dark")])
@pytest.mark.parametrize("pages", [site_pages, sandbox_pages])
def test_nothing_serious_is_found(
    browser: Browser, demo: Demo, pages: Callable[[Page, Demo], Iterator[str]], shape: Shape, shade: Shade
) -> None:
    with looking(browser, shape, shade) as page:
        assert {name: found for name in pages(page, demo) if (found := findings(page))} == {}
