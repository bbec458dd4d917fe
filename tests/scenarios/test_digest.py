"""The weekly digest: one comment for each solution architect, once a week, and none when there is nothing to say."""

from __future__ import annotations

import logging
from datetime import UTC, datetime, timedelta

import pytest
from stagehand import (
    BOT,
    INTERRUPTIONS,
    Fault,
    Kind,
    Theatre,
    capabilities,
    close_required,
    comments,
    copied,
    issue_of,
    nothing_to_do,
    onboard,
    pass_quiet_time,
    requests_since,
)

from app.demo.local import ACME, LocalStage
from app.journey import markers
from app.sandbox.http import error_response
from app.sandbox.world import WorkItem, World

MONDAY = datetime(2026, 9, 7, 7, 10, tzinfo=UTC)  # the stage's clock begins on Tuesday, the first
CERTIFIED = "onboarding/get-certified"


def go(stage: LocalStage, moment: datetime) -> None:
    """All that happens until then, and what is due at that moment."""
    stage.settle()
    stage.clock.now = moment
    stage.settle()


def digest_issue(stage: LocalStage, sa: str) -> WorkItem | None:
    control = stage.project("journey-control").id
    found = [
        i for i in stage.world.work_items.values()
        if i.project_id == control and markers.find("digest", i.description) == sa
    ]  # fmt: skip
    assert len(found) <= 1
    return found[0] if found else None


def told(stage: LocalStage, sa: str = "gl.sa1") -> list[str]:
    """The digests that this architect was told, oldest first."""
    issue = digest_issue(stage, sa)
    return [note.body for note in comments(issue)] if issue else []


def waits(stage: LocalStage) -> None:
    """The partner closes what an architect has to confirm."""
    stage.finish(issue_of(stage, CERTIFIED), "acme.lead")
    stage.settle()


def test_on_monday_the_architect_reads_what_waits_and_what_has_moved(two_partners: LocalStage) -> None:
    stage = two_partners
    close_required(stage)
    pass_quiet_time(stage)
    stage.clock.advance(days=1)
    stage.finish(issue_of(stage, "enabling/demo-gitlab-com"), "acme.lead")
    go(stage, MONDAY)
    (text,) = told(stage)
    assert text.startswith("<!-- partner-journey comment=digest/2026-W37 -->\n\n@gl.sa1 **Your week 37:** 1 waits for")
    assert "### Waits for you, longest first\n\n- [" in text
    assert "of Acme Integrators, since 2\u00a0Sep\u00a02026" in text
    assert "### Moved since 31\u00a0Aug\u00a02026" in text
    assert "reached 02 - Enabling (Walk) on 1\u00a0Sep\u00a02026" in text
    assert "was confirmed by `gl.sa1` on 1\u00a0Sep\u00a02026" in text
    assert "Globex" not in text
    assert text.rstrip().endswith("or `/journey reject` and the reason.")
    issue = digest_issue(stage, "gl.sa1")
    assert issue is not None
    assert (issue.title, issue.assignee_ids) == ("Digest: gl.sa1", [stage.user("gl.sa1").id])
    assert digest_issue(stage, "gl.sa2") is None, "his partner did not move, and nothing waits"


def test_with_nothing_to_say_nothing_is_sent_and_gitlab_is_not_asked(two_partners: LocalStage) -> None:
    go(two_partners, MONDAY - timedelta(hours=1))
    before = len(two_partners.world.journal)
    two_partners.clock.now = MONDAY
    assert two_partners.service.digest.post() == []
    assert requests_since(two_partners, before) == []
    go(two_partners, MONDAY + timedelta(hours=1))
    assert told(two_partners) == told(two_partners, "gl.sa2") == []


def test_every_week_has_its_own_comment_in_the_same_issue_for_two_requests(onboarded: LocalStage) -> None:
    waits(onboarded)
    go(onboarded, MONDAY)
    onboarded.clock.now = MONDAY + timedelta(days=7)
    before = len(onboarded.world.journal)
    assert onboarded.service.digest.post() == ["gl.sa1"]
    assert [r.split()[0] for r in requests_since(onboarded, before)] == ["GET", "GET", "POST"]
    go(onboarded, MONDAY + timedelta(days=10))
    assert [markers.find("comment", text) for text in told(onboarded)] == ["digest/2026-W37", "digest/2026-W38"]


def test_who_was_down_on_monday_tells_it_in_the_week_and_never_after_it(
    theatre: Theatre, onboarded_world: World
) -> None:
    with theatre.open(copied(onboarded_world)) as stage:
        stage.settle()
        waits(stage)
        world = stage.world
    world.clock.now = MONDAY + timedelta(days=2)
    with theatre.open(world) as stage:  # with a new database as well: GitLab knows all that matters
        stage.settle()
        go(stage, MONDAY + timedelta(days=2, minutes=11))
        assert [markers.find("comment", text) for text in told(stage)] == ["digest/2026-W37"]
    world.clock.now = MONDAY + timedelta(days=15)
    with theatre.open(world) as stage:
        stage.settle()
        go(stage, MONDAY + timedelta(days=15, minutes=11))
        assert [markers.find("comment", text) for text in told(stage)] == ["digest/2026-W37", "digest/2026-W39"]


def test_a_lost_database_and_partners_that_fail_on_monday_only_make_it_late(
    theatre: Theatre, onboarded_world: World
) -> None:
    with theatre.open(copied(onboarded_world)) as stage:
        stage.settle()
        waits(stage)
        world = stage.world
    world.clock.now = MONDAY
    with theatre.open(world) as stage:
        fails = error_response(500, "500 Internal Server Error")
        stage.sandbox.fault = lambda request, _: fails if b"observePartner" in request.body else None
        for minutes in (0, 11, 22):
            go(stage, MONDAY + timedelta(minutes=minutes))
        assert stage.service.store.partner("acme").failures
        assert told(stage) == []
        stage.sandbox.fault = None
        go(stage, MONDAY + timedelta(hours=3))
        go(stage, MONDAY + timedelta(hours=3, minutes=11))
        assert len(told(stage)) == 1


def test_two_bots_that_know_nothing_of_each_other_tell_it_once(theatre: Theatre, onboarded_world: World) -> None:
    with theatre.open(copied(onboarded_world)) as stage:
        stage.settle()
        waits(stage)
        go(stage, MONDAY)
        world = stage.world
    with theatre.open(world) as other:
        other.settle()
        go(other, MONDAY + timedelta(minutes=30))
        assert len(told(other)) == 1
        other.comment(other.issues("journey-control")[-1], "gl.sa1", "<!-- partner-journey comment=digest/2026-W38 -->")
        go(other, MONDAY + timedelta(days=7))
        assert len(told(other)) == 3, "a mark that a person has typed counts for nothing"


@pytest.mark.parametrize(("kind", "restarted"), INTERRUPTIONS)
def test_a_digest_interrupted_at_every_request_is_told_once(
    theatre: Theatre, onboarded_world: World, kind: Kind, restarted: bool
) -> None:
    with theatre.open(copied(onboarded_world)) as stage:
        stage.settle()
        waits(stage)
        stage.clock.now = MONDAY - timedelta(minutes=11)
        stage.settle()
        ready = stage.world
    for at in range(1, 9):
        with theatre.open(copied(ready), database=f"{kind}-{restarted}-{at}") as stage:
            stage.settle()
            stage.clock.now = MONDAY
            with Fault(stage, kind, at) as fault:
                stage.service.ticker.tick(stage.clock())
            world = stage.world
        database = None if restarted else f"{kind}-{restarted}-{at}"
        with theatre.open(world, database=database) as stage:
            stage.settle()
            go(stage, MONDAY + timedelta(minutes=11))
            go(stage, MONDAY + timedelta(minutes=22))
            assert len(told(stage)) == 1, at
        if not fault.hit:
            break
    assert at > 3


def test_two_architects_read_their_own_partners_whatever_happens_to_the_other_one(
    two_partners: LocalStage, caplog: pytest.LogCaptureFixture
) -> None:
    waits(two_partners)
    close_required(two_partners, "globex", by="gl.sa2", leave=1)
    two_partners.user("gl.sa1").state = "blocked"
    with caplog.at_level(logging.WARNING):
        go(two_partners, MONDAY)
    assert told(two_partners) == []
    assert "No digest for gl.sa1" in caplog.text
    (text,) = told(two_partners, "gl.sa2")
    assert "Globex Consulting" in text
    assert "Acme" not in text


def test_when_another_architect_takes_over_he_reads_it_and_the_former_one_does_not(onboarded: LocalStage) -> None:
    waits(onboarded)
    go(onboarded, MONDAY)
    onboarded.write_partner_file("acme", ACME.replace("gl.sa1", "gl.sa2"))
    go(onboarded, MONDAY + timedelta(days=7))
    assert len(told(onboarded)) == 1
    (text,) = told(onboarded, "gl.sa2")
    assert "Getting GitLab certified" in text


def test_who_closes_the_issue_has_peace_until_it_is_opened_again(onboarded: LocalStage) -> None:
    waits(onboarded)
    go(onboarded, MONDAY)
    issue = digest_issue(onboarded, "gl.sa1")
    assert issue is not None
    onboarded.close(issue, "gl.sa1")
    go(onboarded, MONDAY + timedelta(days=7))
    assert len(told(onboarded)) == 1
    onboarded.reopen(issue, "gl.sa1")
    go(onboarded, MONDAY + timedelta(days=14))
    assert len(told(onboarded)) == 2


def test_who_is_stalled_and_what_expires_within_thirty_days(onboarded: LocalStage) -> None:
    for item in capabilities(onboarded, state="opened"):
        if markers.find("capability", item.description) == "onboarding/nfr-license":
            onboarded.finish(item, "gl.sa1")
    onboarded.comment(issue_of(onboarded, CERTIFIED), "gl.sa1", "/journey waive until 2026-10-25 They hire now.")
    go(onboarded, MONDAY + timedelta(days=28))
    text = told(onboarded)[-1]
    assert "### Stalled\n\n- [Acme Integrators](" in text
    assert "nothing since 1\u00a0Sep\u00a02026. Ask `acme.lead`" in text
    assert "its waiver ends on 25\u00a0Oct\u00a02026" in text
    assert "NFR" not in text
    go(onboarded, MONDAY + timedelta(days=7 * 48))
    text = told(onboarded)[-1]
    assert "on 1\u00a0Sep\u00a02027, `acme.lead` renews it" in text


def test_a_hostile_partner_name_calls_nobody_and_forges_no_mark(stage: LocalStage) -> None:
    evil = '"/close @all <!-- partner-journey comment=digest/2026-W38 --> [x](javascript:1) | `y`"'
    onboard(stage, "acme", ACME.replace("Acme Integrators", evil))
    waits(stage)
    go(stage, MONDAY)
    go(stage, MONDAY + timedelta(days=7))
    issue = digest_issue(stage, "gl.sa1")
    assert issue is not None
    assert issue.state == "opened"
    texts = told(stage)
    assert [markers.find("comment", text) for text in texts] == ["digest/2026-W37", "digest/2026-W38"]
    assert all(text.count("@") == text.count("@gl.sa1") + text.count("@\u2060all") for text in texts)
    bot = stage.user(BOT).id
    assert {note.author_id for note in comments(issue)} == {bot}


def test_no_digest_where_it_is_switched_off(theatre: Theatre, onboarded_world: World) -> None:
    with theatre.open(copied(onboarded_world), settings={"digest": ""}) as stage:
        stage.settle()
        waits(stage)
        go(stage, MONDAY + timedelta(days=7))
        assert digest_issue(stage, "gl.sa1") is None


def test_without_epics_the_digest_links_to_the_tracker_issues(theatre: Theatre) -> None:
    with theatre.open(tier="free") as stage:
        onboard(stage, "acme", ACME)
        close_required(stage)
        pass_quiet_time(stage)
        go(stage, MONDAY)
        (text,) = told(stage)
        assert "[Acme Integrators](http://127.0.0.1:8929/partners/journey-control/-/issues/" in text
        assert nothing_to_do(stage), "the digest's issue in the same project is no partner's"
