"""What a changed journey does to a partner who is under way: what is new, renamed or taken away, and what stays."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from build import (
    PARTNER_FILE,
    SMALL,
    SMALL_TEMPLATES,
    World,
    built_in,
    built_in_files,
    capability_text,
    nothing,
    onboarded,
    partner,
    skip,
    small_files,
)
from gitlab_model import apply_to

from app.journey import markers
from app.journey.actions import CreateIssue, Plan, PostComment, UpdateIssue
from app.journey.loading import TemplateError, load_partner, load_templates
from app.journey.observed import Issue
from app.journey.plan import RemovalsError, plan
from app.journey.progress import measure
from app.journey.templates import Templates
from app.journey.text import written

PITCH = "      - {id: stand/pitch, days: 45, evidence: link}\n"
NEW = "      - {id: stand/news, days: 20%s}\n"


def edited(*changes: tuple[str, str], texts: dict[str, str] | None = None) -> Templates:
    """The small journey with parts of journey.yaml replaced, and further capability texts by id."""
    yaml = SMALL
    for old, new in changes:
        assert old in yaml
        yaml = yaml.replace(old, new)
    more = {f"capabilities/{name}.md": text for name, text in (texts or {}).items()}
    return load_templates(small_files() | {"journey.yaml": yaml} | more)


def with_news(extra: str = "") -> Templates:
    return edited((PITCH, PITCH + NEW % extra), texts={"stand/news": capability_text("Read the news")})


def renamed(**text: str) -> Templates:
    """`stand/pitch` is called `stand/story` from now on."""
    yaml = PITCH.replace("id: stand/pitch", "id: stand/story, was: [stand/pitch]")
    return edited(
        (PITCH, yaml), ("after: [stand/pitch]", "after: [stand/story]"), ("stand/pitch: {", "stand/story: {"),
        texts={"stand/story": text.get("text", capability_text("Tell a story"))},
    )  # fmt: skip


def under(world: World, templates: Templates) -> World:
    return replace(world, templates=templates)


def stage_of(world: World) -> str:
    told = world.announced
    assert told is not None
    return told.stage


def at_risk(world: World) -> bool:
    told = world.announced
    return told is not None and told.at_risk_since is not None


def in_walk() -> World:
    """Reached the second stage, with reminders muted."""
    return onboarded().close("stand/portal", "stand/pitch").run().later(minutes=10).run().quiet().run()


def changes(plan: Plan) -> list[tuple[str, str]]:
    """Verb and reason of what happens to capability issues."""
    ours = (a for a in plan.actions if isinstance(a, CreateIssue | UpdateIssue) and a.name != "page/status")
    return [(a.verb + a.name, a.reason) for a in ours]


# --- new requirements ---


def test_a_new_requirement_in_a_reached_stage_says_from_when_it_counts() -> None:
    world = under(in_walk(), with_news())
    assert changes(world.plan()) == [("+stand/news", "new in the journey, required from 2026-11-30")]
    world = world.run()
    assert world.issue("stand/news").due == date(2026, 11, 30)
    assert f"Required from {written(date(2026, 11, 30))}" in world.issue("stand/news").description
    assert f"Read the news: required from {written(date(2026, 11, 30))}" in world.status.description
    assert world.plan().actions == ()


def test_it_holds_the_stage_from_its_day_and_the_stage_steps_back_only_after_the_grace_period() -> None:
    world = under(in_walk(), with_news()).run().later(days=89).run()
    assert (stage_of(world), at_risk(world)) == ("walk", False)
    assert world.plan().wake_at is not None
    world = world.later(days=1).run()
    assert (stage_of(world), at_risk(world)) == ("walk", True)
    assert "Required from" not in world.issue("stand/news").description
    world = world.later(days=30).run()
    assert stage_of(world) == "stand"


def test_done_before_its_day_nothing_happens() -> None:
    world = under(in_walk(), with_news()).run().close("stand/news").run().later(days=100).run()
    assert (stage_of(world), at_risk(world)) == ("walk", False)


@pytest.mark.parametrize(
    ("counts_from", "free_until"),
    [("2027-06-01", date(2027, 5, 31)), ("2026-09-15", date(2026, 9, 30)), ("2020-01-01", date(2026, 9, 30))],
)
def test_the_author_names_the_day_but_never_one_within_the_grace_period(counts_from: str, free_until: date) -> None:
    world = under(in_walk(), with_news(f", counts_from: {counts_from}")).run()
    world = world.later(days=(free_until - world.now.date()).days).run()
    assert not at_risk(world)
    assert at_risk(world.later(days=1).run())


def test_the_stage_that_has_begun_is_not_held_by_what_came_later() -> None:
    world = under(onboarded(), with_news()).run().close("stand/portal", "stand/pitch").later(minutes=10).run()
    assert stage_of(world) == "walk"


def test_what_comes_new_into_a_later_stage_is_required_like_everything_there() -> None:
    walk = "      - {id: walk/demo, after: [stand/pitch], valid_days: 365}\n"
    more = edited((walk, walk + "      - {id: walk/talk}\n"), texts={"walk/talk": capability_text("Talk")})
    world = under(onboarded(), more).run().close("stand/portal", "stand/pitch").later(minutes=10).run()
    world = world.close("walk/demo").later(minutes=10).run()
    assert stage_of(world) == "walk"


def test_an_optional_capability_that_becomes_required_is_new_as_well() -> None:
    required = edited(("{id: stand/extra, required: false}", "{id: stand/extra}"))
    world = under(in_walk(), required).run()
    assert not at_risk(world)
    assert at_risk(world.later(days=90).run())


def test_an_issue_that_was_deleted_is_not_new() -> None:
    world = in_walk()
    world = world.change_project(issues=tuple(i for i in world.project.issues if i != world.issue("stand/pitch")))
    assert at_risk(world.run())


def test_a_partner_who_begins_today_finds_nothing_new() -> None:
    world = World(with_news(), partner(), onboarded().observed)
    fresh = replace(world, observed=replace(world.observed, project=None, portfolio_item=None)).run()
    assert fresh.issue("stand/news").due == date(2026, 9, 21)
    progress = measure(fresh.journey, fresh.partner, fresh.observed, fresh.now)
    assert progress.stages[0].percent == 0
    assert [i.capability.id for i in progress.stages[0].required] == ["stand/portal", "stand/pitch", "stand/news"]


# --- new ids and texts ---


def test_an_issue_goes_on_under_its_capabilitys_new_id() -> None:
    before = onboarded()
    issue = before.issue("stand/pitch")
    written = issue.description.replace("- [ ] Do it", "- [x] Do it") + "\nhttps://example.com/proof"
    world = under(before.change(issue, description=written, assignees=("acme.dev",)), renamed())
    assert changes(world.plan()) == [("~stand/story", "it was stand/pitch, its title was 'Title of stand/pitch'")]
    world = world.run()
    now = world.issue("stand/story")
    assert (now.id, now.title, now.assignees) == (issue.id, "Tell a story", ("acme.dev",))
    assert markers.find("capability", now.description) == "stand/story"
    assert "stand/pitch" not in now.description
    assert "- [x] Do it" in now.description
    assert now.description.endswith("https://example.com/proof")
    assert len(world.project.issues) == len(before.project.issues)
    assert world.plan().actions == ()


def test_what_was_judged_goes_on_under_the_new_id() -> None:
    world = under(in_walk(), renamed()).run()
    assert (stage_of(world), at_risk(world)) == ("walk", False)
    state = markers.find_state(world.epic.description) or {}
    assert "stand/story" in state["judged"]
    assert "stand/pitch" not in state["judged"]
    assert "stand/story" in state["known"]


def test_a_capability_that_was_doubled_by_a_forgotten_was_is_one_again() -> None:
    """First the id was changed without `was`, so a second issue was opened; then it is added."""
    twice = edited(
        (PITCH, PITCH + PITCH.replace("stand/pitch", "stand/story")),
        texts={"stand/story": capability_text("Tell a story")},
    )
    world = under(under(onboarded(), twice).run(), renamed()).run()
    open_ones = [i for i in world.project.issues if i.title == "Tell a story" and i.state == "open"]
    assert [i.id for i in open_ones] == [world.issue("stand/story").id]
    assert world.plan().actions == ()


def test_a_partner_file_may_go_on_naming_the_old_id() -> None:
    text = PARTNER_FILE + "skip: [{capability: stand/pitch, reason: Resells only}]\n"
    found = load_partner("acme", text, renamed())
    assert [skip.capability for skip in found.skip] == ["stand/story"]


def test_an_old_id_belongs_to_one_capability_only() -> None:
    with pytest.raises(TemplateError, match=r"is listed as well"):
        edited((PITCH, PITCH.replace("evidence: link", "was: [stand/portal]")))
    with pytest.raises(TemplateError, match=r"Both `stand/pitch` and `stand/extra` were `stand/old`"):
        edited(
            (PITCH, PITCH.replace("evidence: link", "was: [stand/old]")),
            ("extra, required: false}", "extra, required: false, was: [stand/old]}"),
        )


# --- what is taken away ---

DEMO = "      - {id: walk/demo, after: [stand/pitch], valid_days: 365}\n"
EXTRA = "      - {id: stand/extra, required: false}\n"


def without_extra() -> Templates:
    return edited((EXTRA, ""), ("    skip: [stand/extra]\n", ""))


def notes_of(world: World, issue: Issue) -> list[str]:
    return [note.body for note in world.project.comments.get(issue.id, ()) if note.by_bot]


@pytest.mark.parametrize("how", ["removed", "retired"])
def test_what_is_retired_is_told_once_marked_and_left_open(how: str) -> None:
    before = onboarded()
    issue = before.issue("stand/extra")
    retired = edited((EXTRA, EXTRA.replace("false}", "false, retired: true}")))
    world = under(before, without_extra() if how == "removed" else retired).run()
    now = world.issue("stand/extra")
    assert now.state == "open"
    assert now.description == issue.description
    assert now.labels == {"journey::capability", "optional", "retired"}
    (told,) = notes_of(world, now)
    assert "not part of your journey any more" in told
    assert "`gl.sa1`" in told
    assert world.plan().actions == ()


def test_a_crash_between_the_comment_and_the_label_does_not_tell_it_twice() -> None:
    world = under(onboarded(), without_extra())
    planned = world.plan().actions
    comment = next(n for n, a in enumerate(planned, 1) if isinstance(a, PostComment))
    world = world.run(comment).run()
    assert len(notes_of(world, world.issue("stand/extra"))) == 1
    assert "retired" in world.issue("stand/extra").labels


def test_a_done_one_is_retired_without_a_word_and_its_stage_stays() -> None:
    away = edited((PITCH, PITCH.replace("evidence", "retired: true, evidence")))
    world = under(in_walk(), away).run()
    assert world.issue("stand/pitch").labels == {"journey::capability", "retired"}
    assert notes_of(world, world.issue("stand/pitch")) == []
    assert (stage_of(world), at_risk(world)) == ("walk", False)
    assert world.plan().actions == ()


def test_the_last_open_requirement_is_retired_and_the_stage_is_done() -> None:
    away = edited((PITCH, PITCH.replace("evidence", "retired: true, evidence")))
    world = under(onboarded().close("stand/portal").run(), away).later(minutes=10).run()
    assert stage_of(world) == "walk"


def test_a_stage_keeps_one_capability_at_least() -> None:
    with pytest.raises(TemplateError, match="The stage `walk` has no capability left"):
        edited((DEMO, DEMO.replace("valid_days", "retired: true, valid_days")))


def test_what_comes_back_is_itself_again() -> None:
    world = under(under(onboarded(), without_extra()).run(), SMALL_TEMPLATES)
    assert ("~stand/extra", "it is part of the journey again") in changes(world.plan())
    world = world.run()
    assert {"stage::stand", "journey::capability"} <= world.issue("stand/extra").labels
    assert "retired" not in world.issue("stand/extra").labels


def test_what_the_partner_file_skips_is_told_with_its_reason() -> None:
    world = onboarded().having(skip=(skip("stand/extra", "Resells only"),)).run()
    (told,) = notes_of(world, world.issue("stand/extra"))
    assert "(Resells only)" in told


def test_a_waiver_for_something_retired_breaks_no_partner_file() -> None:
    away = edited((PITCH, PITCH.replace("evidence", "retired: true, evidence")))
    text = PARTNER_FILE + "waivers: [{capability: stand/pitch, until: 2027-01-01, reason: none, by: gl.sa1}]\n"
    world = replace(onboarded(text=text), templates=away, partner=partner(text, templates=away)).run()
    assert world.plan().actions == ()


def test_many_removals_stop_the_partner_until_somebody_says_that_they_are_meant() -> None:
    fewer = edited((EXTRA, ""), ("    skip: [stand/extra]\n", ""), (DEMO, "      - {id: walk/other}\n"),
                   texts={"walk/other": capability_text("Another")})  # fmt: skip
    world = under(onboarded(), fewer)
    with pytest.raises(RemovalsError) as raised:
        world.plan()
    assert "takes away 2 of this partner's capabilities: stand/extra, walk/demo." in raised.value.what
    assert "--allow-removals" in raised.value.fix
    assert "`was`" in raised.value.fix
    meant = plan(world.journey, world.partner, world.observed, world.now, allow_removals=True)
    world = replace(world, observed=apply_to(world.observed, meant, world.now))
    assert world.plan().actions == ()  # and it is asked once


def test_the_partners_own_file_may_take_away_whatever_it_likes() -> None:
    gone = (skip("stand/extra"), skip("walk/demo"), skip("stand/pitch"))
    assert onboarded().having(skip=gone).run().plan().actions == ()


def test_a_journey_of_31_may_lose_three_but_not_four() -> None:
    templates = built_in()
    world = World(templates, partner(templates=templates), nothing()).run()
    yaml = built_in_files()["journey.yaml"]
    lines = [line for line in yaml.splitlines(keepends=True) if "id: strategic/" in line]

    def lacking(count: int) -> World:
        text = yaml
        for line in lines[:count]:
            text = text.replace(line, line.replace("}", ", retired: true}"))
        return under(world, load_templates(built_in_files() | {"journey.yaml": text}))

    assert lacking(3).run().plan().actions == ()
    with pytest.raises(RemovalsError):
        lacking(4).plan()
