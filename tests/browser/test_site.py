"""What only a browser can tell of the site: times in the reader's zone, and the journey as a picture."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from playwright.sync_api import Browser, expect

from tests.browser.looking import looking
from tests.browser.people import ARCHITECT, sign_in
from tests.browser.town import Demo


def test_times_are_told_in_the_readers_zone(browser: Browser, demo: Demo) -> None:
    with looking(browser, "desktop", "light", zone="Asia/Kathmandu") as page:
        sign_in(page, demo, ARCHITECT)
        page.goto(f"{demo.site}/partners/acme")
        told = page.locator(".timeline time").first
        moment = datetime.fromisoformat(told.get_attribute("datetime") or "").astimezone(ZoneInfo("Asia/Kathmandu"))
        expect(told).to_contain_text(f"{moment:%H:%M}")


def test_the_journey_is_drawn_for_light_and_for_dark(browser: Browser, demo: Demo) -> None:
    seen = set()
    for shade in ("light", "dark"):
        with looking(browser, "desktop", shade) as page:
            sign_in(page, demo, ARCHITECT)
            page.goto(f"{demo.site}/partners/acme")
            picture = page.get_by_role("img", name="Acme Integrators")
            assert picture.evaluate("image => image.complete && image.naturalWidth") == 760
            seen.add(picture.screenshot())
    assert len(seen) == 2
