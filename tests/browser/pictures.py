"""The pictures of the docs, taken anew from the demo: `make pictures`.

Acme has just reached the second stage in them, so there is something to see. The trap: a picture that weighs more than
the text around it; what is too heavy is refused.
"""

from __future__ import annotations

import sys
from pathlib import Path

from playwright.sync_api import Page

from tests.browser.looking import looking
from tests.browser.people import ARCHITECT, PARTNER, act_as, close, column, gates, sign_in, verify
from tests.browser.town import ROOT, Demo, chromium, running_demo, until

FOLDER = ROOT / "docs" / "images"
HEAVIEST = 150_000
"""Bytes of one picture."""


def main() -> int:
    """Writes all pictures; says which and how heavy."""
    with chromium() as browser, running_demo() as demo, looking(browser, "desktop", "light") as page:
        page.goto(demo.sandbox)
        act_as(page, PARTNER)
        for title in demo.left:
            close(page, demo, title, evidence=f"Evidence: {title}, https://acme.example/proof")
        sign_in(page, demo, ARCHITECT)
        for title in gates(page, demo):
            verify(page, demo, title)
        page.goto(demo.board)
        until(page, page.get_by_role("region", name="stage::enabling").locator(".card"))
        _take(page, "board")
        page.goto(demo.epic_board)
        until(page, column(page, "Acme").filter(has_text="enabling"))
        _take(page, "portfolio")
        _take_site(page, demo)
    return 0


def _take_site(page: Page, demo: Demo) -> None:
    page.goto(demo.site)
    until(page, page.get_by_role("row").filter(has_text="Acme").filter(has_text="Walk"))
    _take(page, "site-portfolio")
    page.set_viewport_size({"width": 1160, "height": 700})
    page.goto(f"{demo.site}/partners/acme")
    _take(page, "site-partner")


def _take(page: Page, name: str) -> None:
    path = FOLDER / f"{name}.png"
    data = page.screenshot(path=path)
    if len(data) > HEAVIEST:
        raise SystemExit(f"{_told(path)} has {len(data)} bytes, more than {HEAVIEST}. Show less of the page.")
    sys.stdout.write(f"{_told(path)}: {len(data) // 1000} kB\n")


def _told(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


if __name__ == "__main__":
    sys.exit(main())
