"""The page about all partners in the control project: made, renewed, left alone, and an issue where the wiki is off."""

from __future__ import annotations

import pytest
from stagehand import close_required, pass_quiet_time, requests_since

from app.demo.local import GLOBEX, LocalStage
from app.gitlab.errors import GitLabError
from app.sandbox.http import Request


def pages(stage: LocalStage) -> list[str]:
    return [page.content for page in stage.project("journey-control").wiki if page.slug == "Portfolio"]


def issues(stage: LocalStage) -> list[str]:
    return [item.description for item in stage.issues("journey-control") if item.title == "Portfolio"]


def an_hour_passes(stage: LocalStage) -> None:
    stage.settle()
    stage.clock.advance(minutes=61)
    stage.settle()


def test_the_wiki_has_a_page_with_every_partner_and_follows_the_stages(two_partners: LocalStage) -> None:
    an_hour_passes(two_partners)
    (text,) = pages(two_partners)
    assert "Acme Integrators" in text
    assert "Globex Consulting" in text
    assert "2 here, 2 reached" in text
    close_required(two_partners)
    an_hour_passes(two_partners)
    an_hour_passes(two_partners)
    (text,) = pages(two_partners)
    assert "1 here, 2 reached" in text
    assert "50#37; went on" in text


def test_a_partner_who_has_just_joined_is_on_the_page_with_links_within_minutes(onboarded: LocalStage) -> None:
    an_hour_passes(onboarded)
    onboarded.write_partner_file("globex", GLOBEX)
    onboarded.service.desired.reload()
    onboarded.service.loop.run("globex", "test")  # it makes the project, and has seen none
    assert onboarded.service.portfolio_page.follow() is True
    onboarded.settle()
    assert onboarded.service.portfolio_page.follow() is True
    (text,) = pages(onboarded)
    assert "/partners/globex/-/issues/1" in text


def test_a_page_that_says_all_this_already_is_read_and_not_written(two_partners: LocalStage) -> None:
    an_hour_passes(two_partners)
    start = len(two_partners.world.journal)
    assert two_partners.service.portfolio_page.renew() is False
    assert [request.split()[0] for request in requests_since(two_partners, start)] == ["GET", "GET"]


def test_where_the_wiki_is_off_an_issue_stands_in(two_partners: LocalStage) -> None:
    two_partners.project("journey-control").settings["wiki_access_level"] = "disabled"
    an_hour_passes(two_partners)
    assert pages(two_partners) == []
    (text,) = issues(two_partners)
    assert "Acme Integrators" in text
    assert two_partners.service.portfolio_page.renew() is False
    close_required(two_partners)
    an_hour_passes(two_partners)
    an_hour_passes(two_partners)
    (text,) = issues(two_partners)
    assert "1 here, 2 reached" in text


@pytest.mark.parametrize("wiki", ["enabled", "disabled"])
def test_a_create_without_an_answer_makes_no_second_page(two_partners: LocalStage, wiki: str) -> None:
    two_partners.project("journey-control").settings["wiki_access_level"] = wiki

    def lose(request: Request, _number: int, _answer: object) -> Exception | None:
        return ConnectionError("cut off") if request.method == "POST" else None

    two_partners.sandbox.fault_after = lose
    with pytest.raises(GitLabError):
        two_partners.service.portfolio_page.renew()
    two_partners.sandbox.fault_after = None
    two_partners.service.portfolio_page.renew()
    assert len(pages(two_partners) + issues(two_partners)) == 1


def test_the_page_follows_a_stage_within_minutes_and_asks_gitlab_nothing_otherwise(two_partners: LocalStage) -> None:
    an_hour_passes(two_partners)
    close_required(two_partners)
    pass_quiet_time(two_partners)
    two_partners.clock.advance(minutes=2)
    start = len(two_partners.world.journal)
    two_partners.service.ticker.tick(two_partners.clock())
    assert [r.split()[0] for r in requests_since(two_partners, start) if "wiki" in r] == ["GET", "PUT"]
    (text,) = pages(two_partners)
    assert "1 here, 2 reached" in text
    two_partners.clock.advance(minutes=2)
    start = len(two_partners.world.journal)
    assert two_partners.service.portfolio_page.follow() is False
    assert requests_since(two_partners, start) == []
