"""What people do in a browser, in their words: on the sandbox's pages and on the site.

A change in how partners close and architects verify is a change in `close` and `verify` here, and nowhere else.
"""

from __future__ import annotations

from playwright.sync_api import Locator, Page, expect

from tests.browser.town import Demo

PARTNER = "Alex Moreno"
ARCHITECT = "Sam Rivera"


def act_as(page: Page, name: str) -> None:
    """Chooses who to be, at the top of any page of the sandbox."""
    page.locator("details.act-as > summary").click()
    page.locator("details.act-as").get_by_role("button", name=name).click()
    expect(page.locator("details.act-as > summary")).to_contain_text(name)


def close(page: Page, demo: Demo, title: str, evidence: str) -> None:
    """The partner opens a card of the board, says what was done, and closes the issue on the board."""
    page.goto(demo.board)
    page.locator(".card").get_by_role("link", name=title).click()
    page.get_by_label("Write a comment").fill(evidence)
    page.get_by_role("button", name="Comment", exact=True).click()
    expect(page.locator(".timeline")).to_contain_text(evidence)
    page.goto(demo.board)
    page.get_by_role("button", name=f"Close {title}").click()
    expect(column(page, title)).to_have_accessible_name("Closed")


def verify(page: Page, demo: Demo, title: str) -> None:
    """The architect opens the closed card and confirms it by a comment."""
    page.goto(demo.board)
    page.locator(".card").get_by_role("link", name=title).click()
    page.get_by_label("Write a comment").fill("/journey verify")
    page.get_by_role("button", name="Comment", exact=True).click()
    expect(page.locator(".timeline")).to_contain_text("/journey verify")


def gates(page: Page, demo: Demo) -> list[str]:
    """Which of the closed issues wait for the architect's word, as the site says."""
    page.goto(f"{demo.site}/partners/acme")
    capabilities = page.locator(".cap")
    return [title for title in demo.left if "SA confirms" in capabilities.filter(has_text=title).inner_text()]


def column(page: Page, title: str) -> Locator:
    """The list of a board in which a card is."""
    return page.locator(".column").filter(has=page.get_by_role("link", name=title))


def sign_in(page: Page, demo: Demo, name: str) -> None:
    """From the site over GitLab's page, where one agrees as somebody, back to the site."""
    page.goto(demo.portfolio)
    page.get_by_role("button", name=name).click()
    expect(page.get_by_role("button", name="Sign out")).to_be_visible()
