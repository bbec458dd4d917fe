"""What the README promises a newcomer, played in a browser against the demo as `make demo` starts it."""

from __future__ import annotations

from playwright.sync_api import Browser, expect

from tests.browser.people import ARCHITECT, PARTNER, act_as, close, column, gates, sign_in, verify
from tests.browser.town import Demo, strict, until

CARD = "Acme Integrators"
FIRST, SECOND = "Onboarding (Stand)", "Enabling (Walk)"


def test_a_newcomer_closes_the_last_issues_of_a_stage_and_sees_it_everywhere(browser: Browser, demo: Demo) -> None:
    with browser.new_context() as partner, browser.new_context() as architect:
        wrong = strict(partner) + strict(architect)
        boards, site = architect.new_page(), architect.new_page()
        boards.goto(demo.epic_board)
        expect(column(boards, CARD)).to_have_accessible_name("stage::onboarding")
        sign_in(site, demo, ARCHITECT)
        acme = site.get_by_role("row").filter(has_text=CARD)
        expect(acme).to_contain_text(FIRST)

        page = partner.new_page()
        page.goto(demo.sandbox)
        act_as(page, PARTNER)
        assert demo.left
        for title in demo.left:
            close(page, demo, title, evidence=f"Evidence: {title}, https://acme.example/proof")
        for title in gates(site, demo):
            verify(boards, demo, title)

        boards.goto(demo.epic_board)
        until(boards, boards.get_by_role("region", name="stage::enabling").get_by_role("link", name=CARD))
        page.goto(f"{demo.project}/-/issues/1")
        told = page.locator(".timeline .comment").filter(has_text=SECOND)
        until(page, told)
        expect(told).to_have_count(1)
        site.goto(demo.site)
        until(site, acme.filter(has_text=SECOND))
        assert wrong == []
