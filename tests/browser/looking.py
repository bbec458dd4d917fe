"""Every page that people see, and who looks at it: for the accessibility checks and for the pictures of the docs."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Literal

from playwright.sync_api import Browser, Page

from tests.browser.people import ARCHITECT, PARTNER, act_as, sign_in
from tests.browser.town import Demo, strict

Shape = Literal["desktop", "phone"]
Shade = Literal["light", "dark"]
SHAPES: dict[Shape, tuple[int, int]] = {"desktop": (1280, 800), "phone": (390, 844)}


@contextmanager
def looking(browser: Browser, shape: Shape, shade: Shade, zone: str = "UTC") -> Iterator[Page]:
    """A page of a fresh reader. What goes wrong in it, or refuses to load, fails the test at the end."""
    width, height = SHAPES[shape]
    context = browser.new_context(
        viewport={"width": width, "height": height}, color_scheme=shade, timezone_id=zone, locale="en-GB"
    )
    with context:
        wrong = strict(context)
        yield context.new_page()
        assert wrong == []


def site_pages(page: Page, demo: Demo) -> Iterator[str]:
    """Opens one page of the site after the other, as the architect; gives their names."""
    page.goto(demo.site)
    yield "sign in"
    page.goto(demo.portfolio)
    yield "authorize"
    sign_in(page, demo, ARCHITECT)
    for path in ("/", "/?show=waiting", "/partners/acme", "/partners/globex", "/queue", "/numbers", "/health"):
        page.goto(demo.site + path)
        yield path


def sandbox_pages(page: Page, demo: Demo) -> Iterator[str]:
    """Opens one page of the sandbox after the other, as architect and as partner; gives their names."""
    page.goto(demo.sandbox)
    yield "start"
    act_as(page, ARCHITECT)
    page.goto(demo.epic_board)
    yield "epic board"
    page.locator(".card a").first.click()
    yield "epic"
    for path in (
        "/groups/partners", "/partners/journey-control", "/partners/journey-control/-/wikis",
        "/partners/journey-control/-/wikis/Portfolio",
        "/partners/acme/-/project_members", "/partners/acme/-/milestones", "/partners/acme/-/labels", "/acme.lead",
        "/-/sandbox/deliveries", "/-/sandbox/journal",
    ):  # fmt: skip
        page.goto(demo.sandbox + path)
        yield path
    page.goto(f"{demo.sandbox}/-/sandbox/deliveries")
    page.locator("main tbody a").first.click()
    yield "delivery"
    page.goto(demo.board)
    act_as(page, PARTNER)
    yield "board"
    for path in ("", "/-/issues", "/-/issues/1", "/-/issues/2", "/-/issues/new", "/-/blob/main/README.md"):
        page.goto(demo.project + path)
        yield f"project{path}"
