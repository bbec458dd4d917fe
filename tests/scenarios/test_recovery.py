"""The bot's database is lost, a webhook is lost, people undo what the bot made: the next look puts it right.

And what people wrote stays theirs: ticks, text, labels and comments survive every repair.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
from stagehand import (
    BOT,
    QUIET_MINUTES,
    Fault,
    Theatre,
    ask,
    capabilities,
    capability,
    close_required,
    copied,
    doubles,
    epic,
    issue_of,
    labels,
    milestones,
    nothing_to_do,
    page,
    pass_quiet_time,
    picture,
    stage_labels,
    told,
)

from app.demo.local import GLOBEX, LocalStage
from app.engine.night import minute_of
from app.journey import markers
from app.journey_files import BUILT_IN
from app.sandbox import operations
from app.sandbox.world import World


@pytest.fixture(scope="session")
def travelled_world(wings: Theatre, onboarded_world: World) -> World:
    """Acme is in the third stage and in the midst of it. Copy it before you play on."""
    with wings.open(copied(onboarded_world)) as stage:
        for _stage in range(2):
            close_required(stage)
            pass_quiet_time(stage)
        close_required(stage, leave=4)
        stage.settle()
        return stage.world


@pytest.fixture
def travelled(theatre: Theatre, travelled_world: World) -> Iterator[LocalStage]:
    with theatre.open(copied(travelled_world)) as opened:
        opened.settle()
        yield opened


def edit(stage: LocalStage, by: str, slug: str, iid: int, **changes: object) -> None:
    """Somebody edits an issue with their own token; fails where GitLab would refuse."""
    answer = ask(stage, by, f"/projects/partners%2F{slug}/issues/{iid}", method="PUT", body=changes)
    assert answer.status == 200, answer.text


# --- the bot itself ---


def test_without_its_database_a_full_pass_changes_nothing(theatre: Theatre, travelled_world: World) -> None:
    world = copied(travelled_world)
    before = picture(world)
    with theatre.open(world) as stage:
        start = len(world.journal)
        for slug in stage.service.desired.slugs():
            stage.service.loop.run(slug, "sync")
        assert stage.service.store.runs()[0].actions == ()
        assert not [e for e in world.journal[start:] if e.username == BOT and e.operation == "apply"]
        assert not [e for e in world.journal[start:] if e.method in ("PUT", "DELETE")]
    assert picture(world) == before


def test_without_its_database_it_does_not_repeat_a_notification(theatre: Theatre, travelled_world: World) -> None:
    with theatre.open(copied(travelled_world)) as stage:
        pass_quiet_time(stage)
        assert stage.service.store.outbox.newest() == []
        assert told(stage, epic(stage)) == ["stage/1/enabling", "stage/2/leading"]


def test_stopped_in_mid_work_it_goes_on_where_it_was(theatre: Theatre, travelled_world: World) -> None:
    """The process dies while a delivery waits in memory; the database remembers that it was never worked on."""
    world = copied(travelled_world)
    with theatre.open(world, database="one") as stage:
        close_required(stage)
        stage.deliver()
        assert stage.service.queue.waiting() == ["acme"]
    with theatre.open(world, database="one") as stage:
        pass_quiet_time(stage)
        assert stage_labels(stage, epic(stage)) == {"stage::strategic"}
        assert told(stage, page(stage))[-1] == "stage/3/strategic"
        assert nothing_to_do(stage)


def test_stopped_between_two_writes_it_finishes_them(theatre: Theatre, travelled_world: World) -> None:
    world = copied(travelled_world)
    with theatre.open(world, database="one") as stage:
        close_required(stage)
        stage.clock.advance(minutes=QUIET_MINUTES)
        with Fault(stage, "lost on the way back", 4):
            stage.service.loop.run("acme", "cut off")
    with theatre.open(world, database="one") as stage:
        stage.clock.advance(minutes=10)
        stage.settle()
        assert told(stage, page(stage)) == told(stage, epic(stage))
        assert told(stage, page(stage))[-1] == "stage/3/strategic"
        assert not doubles(stage)
        assert nothing_to_do(stage)


def test_a_lost_webhook_is_healed_by_the_next_resync(travelled: LocalStage) -> None:
    item = close_required(travelled, leave=4)[0]
    travelled.finish(item, "acme.lead")
    travelled.world.outgoing.clear()
    travelled.settle()
    travelled.clock.advance(minutes=QUIET_MINUTES)
    travelled.settle()
    assert f"#{item.iid} {item.title}" in page(travelled).description.split("Done so far")[1]


def test_a_webhook_that_gitlab_switched_off_is_missed_by_nobody(travelled: LocalStage) -> None:
    """While the bot is away its hook is disabled and every event is lost; the resync finds the finished stage."""
    project = travelled.project("acme")
    (hook,) = [h for h in travelled.world.hooks.values() if h.project_id == project.id]
    hook.recent_failures = 40
    close_required(travelled)
    travelled.clock.advance(minutes=QUIET_MINUTES)
    travelled.settle()
    travelled.clock.advance(minutes=QUIET_MINUTES)
    travelled.settle()
    assert told(travelled, page(travelled))[-1] == "stage/3/strategic"


# --- things that people remove ---


def test_a_deleted_issue_is_opened_again_by_the_nightly_look(travelled: LocalStage) -> None:
    item = capabilities(travelled, state="opened")[0]
    name, count = capability(item), len(capabilities(travelled))
    operations.delete_work_item(travelled.world, travelled.user("root"), item)
    travelled.settle()
    travelled.clock.advance(days=1)
    travelled.settle()
    assert name is not None
    again = issue_of(travelled, name)
    assert again.id != item.id
    assert again.parent_id == epic(travelled).id
    assert len(capabilities(travelled)) == count
    assert nothing_to_do(travelled)


def test_the_nightly_look_comes_to_each_partner_at_its_own_minute(two_partners: LocalStage) -> None:
    stage = two_partners
    night = stage.clock.now.replace(hour=2, minute=0) + timedelta(days=1)
    while stage.clock.now < night + timedelta(hours=7):
        stage.clock.advance(minutes=10)
        stage.settle()
    came = {run.partner: run.started_at for run in stage.service.store.runs() if run.reason.startswith("nightly")}
    assert sorted(came) == ["acme", "globex"]
    assert all(timedelta(0) <= came[slug] - minute_of(slug, night) <= timedelta(minutes=25) for slug in came)
    assert abs(came["acme"] - came["globex"]) > timedelta(minutes=15)


def test_a_lost_push_wakes_only_the_partners_whose_files_it_changed(two_partners: LocalStage) -> None:
    stage = two_partners
    stage.clock.advance(minutes=11)
    stage.settle()
    stage.write_partner_file("globex", GLOBEX.replace("Globex Consulting", "Globex International"))
    stage.world.outgoing.clear()
    before = {run.id for run in stage.service.store.runs()}
    stage.clock.advance(minutes=11)
    stage.settle()
    first = min((r for r in stage.service.store.runs() if r.id not in before), key=lambda run: run.id)
    assert (first.partner, first.reason) == ("globex", "resync: its file has changed")
    assert {run.partner for run in stage.service.store.runs() if run.id not in before} == {"globex"}
    assert "Globex International" in epic(stage, "globex").title


def test_a_lost_push_to_the_journey_wakes_everybody(two_partners: LocalStage) -> None:
    stage = two_partners
    control = stage.project("journey-control")
    content = (BUILT_IN / "journey.yaml").read_text(encoding="utf-8") + "# the same, with a remark\n"
    action = {"action": "create", "file_path": "journey.yaml", "content": content}
    operations.commit_files(stage.world, stage.user("root"), control, branch="main", message="m", actions=[action])
    stage.world.outgoing.clear()
    stage.clock.advance(minutes=11)
    stage.settle()
    reasons = {run.partner: run.reason for run in reversed(stage.service.store.runs())}
    assert set(reasons) == {"acme", "globex"}


def test_a_deleted_closed_issue_comes_back_open_and_nothing_is_announced(travelled: LocalStage) -> None:
    item = issue_of(travelled, "onboarding/partner-portal")
    operations.delete_work_item(travelled.world, travelled.user("root"), item)
    travelled.clock.advance(days=1)
    travelled.settle()
    assert issue_of(travelled, "onboarding/partner-portal").state == "opened"
    assert "At risk until" in page(travelled).description
    assert told(travelled, page(travelled)) == ["stage/1/enabling", "stage/2/leading"]
    assert nothing_to_do(travelled)


def test_a_deleted_epic_is_made_again_with_its_children_and_the_stage_is_not_lost(travelled: LocalStage) -> None:
    operations.delete_work_item(travelled.world, travelled.user("root"), epic(travelled))
    travelled.clock.advance(days=1)
    travelled.settle()
    again = epic(travelled)
    assert stage_labels(travelled, again) == stage_labels(travelled, page(travelled)) == {"stage::leading"}
    assert {i.parent_id for i in (page(travelled), *capabilities(travelled))} == {again.id}
    assert again.confidential
    assert told(travelled, page(travelled)) == ["stage/1/enabling", "stage/2/leading"]
    assert nothing_to_do(travelled)
    close_required(travelled)
    pass_quiet_time(travelled)
    assert told(travelled, page(travelled))[-1] == "stage/3/strategic"
    assert told(travelled, again) == ["stage/3/strategic"]


def test_a_deleted_status_page_is_written_again(travelled: LocalStage) -> None:
    old = page(travelled)
    operations.delete_work_item(travelled.world, travelled.user("root"), old)
    travelled.clock.advance(days=1)
    travelled.settle()
    assert stage_labels(travelled, page(travelled)) == {"stage::leading"}
    assert old.description.split("### Next")[1] == page(travelled).description.split("### Next")[1]
    assert f"partners/acme#{page(travelled).iid}" in epic(travelled).description
    assert nothing_to_do(travelled)


def test_a_label_deleted_from_the_group_comes_back_on_board_and_issues(travelled: LocalStage) -> None:
    world = travelled.world
    (label,) = [la for la in world.labels.values() if la.title == "stage::leading"]
    operations.delete_label(world, travelled.user("root"), label)
    assert stage_labels(travelled, epic(travelled)) == set()
    travelled.clock.advance(days=1)
    travelled.settle()
    travelled.settle()
    assert stage_labels(travelled, epic(travelled)) == stage_labels(travelled, page(travelled)) == {"stage::leading"}
    leading = [i for i in capabilities(travelled) if str(capability(i)).startswith("leading/")]
    assert all(stage_labels(travelled, i) == {"stage::leading"} for i in leading)
    for board in world.boards.values():
        titles = [world.labels[entry.label_id].title for entry in board.lists if entry.label_id is not None]
        assert titles.count("stage::leading") == 1
    assert nothing_to_do(travelled)


def test_webhook_member_board_and_milestone_come_back(travelled: LocalStage) -> None:
    world, root, project = travelled.world, travelled.user("root"), travelled.project("acme")
    before = picture(world)
    (hook,) = [h for h in world.hooks.values() if h.project_id == project.id]
    operations.delete_hook(world, root, hook)
    operations.remove_member(world, root, project, travelled.user("acme.dev"))
    (board,) = [b for b in world.boards.values() if b.project_id == project.id]
    operations.delete_board(world, root, board)
    operations.delete_milestone(world, root, milestones(travelled)["04 - Strategic (Sprint)"])
    assert picture(world) != before
    travelled.clock.advance(days=1)
    travelled.settle()
    travelled.settle()
    assert picture(world) == before


# --- what people edit ---


def test_a_status_page_that_a_partner_has_edited_is_healed_and_their_note_stays(travelled: LocalStage) -> None:
    status = page(travelled)
    text = status.description.replace("**Acme Integrators**", "**We rule**") + "\nOur own note: call Sam on Monday.\n"
    edit(travelled, "acme.lead", "acme", status.iid, description=text)
    travelled.settle()
    assert "We rule" not in page(travelled).description
    assert "Our own note: call Sam on Monday." in page(travelled).description
    assert nothing_to_do(travelled)


def test_a_status_page_emptied_by_a_partner_is_written_again_once(travelled: LocalStage) -> None:
    edit(travelled, "acme.lead", "acme", page(travelled).iid, description="")
    travelled.settle()
    bot = travelled.user(BOT).id
    pages = [i for i in travelled.issues("acme") if i.author_id == bot and markers.find("page", i.description)]
    assert len(pages) == 1
    assert stage_labels(travelled, pages[0]) == {"stage::leading"}
    assert nothing_to_do(travelled)


def test_ticks_and_text_in_a_capability_issue_are_never_touched(travelled: LocalStage) -> None:
    item = capabilities(travelled, state="opened")[0]
    text = item.description.replace("- [ ]", "- [x]", 2).replace("**Evidence:**\n", "**Evidence:** our blog\n")
    assert text != item.description
    edit(travelled, "acme.dev", "acme", item.iid, description=text)
    travelled.comment(item, "acme.dev", "Done, see the blog.")
    travelled.settle()
    travelled.clock.advance(days=1)
    travelled.settle()
    assert item.description == text
    assert [n.body for n in item.notes if not n.system] == ["Done, see the blog."]


def test_ticks_and_text_survive_a_changed_template(travelled: LocalStage) -> None:
    item = issue_of(travelled, "leading/ha-geo")
    text = item.description.replace("- [ ]", "- [x]", 1).replace("**Evidence:**\n", "**Evidence:** our blog\n")
    edit(travelled, "acme.dev", "acme", item.iid, description=text)
    ticked = next(line for line in text.splitlines() if line.startswith("- [x]"))
    path = "capabilities/leading/ha-geo.md"
    built_in = travelled.service.desired.known().templates.texts["en"]["leading/ha-geo"]
    changed = f"""---
title: "{built_in.title}"
who: "{built_in.who}"
verifier: "{built_in.verifier}"
question: "{built_in.question}"
---
{built_in.body}

- [ ] A step that is new this year
"""
    control = travelled.project("journey-control")
    actions = [{"action": "create", "file_path": path, "content": changed}]
    operations.commit_files(
        travelled.world, travelled.user("root"), control, branch="main", message="A new step", actions=actions
    )
    travelled.settle()
    assert "- [ ] A step that is new this year" in item.description
    assert ticked in item.description
    assert "**Evidence:** our blog" in item.description
    assert nothing_to_do(travelled)


def test_foreign_labels_and_another_assignee_or_due_date_stay(travelled: LocalStage) -> None:
    item = issue_of(travelled, "leading/ha-geo")
    dev = travelled.user("acme.dev").id
    edit(travelled, "acme.lead", "acme", item.iid, add_labels="our-team,blocked", assignee_ids=[dev])
    edit(travelled, "acme.lead", "acme", item.iid, due_date="2027-12-24")
    travelled.settle()
    travelled.clock.advance(days=1)
    travelled.settle()
    assert {"our-team", "blocked", "stage::leading"} <= labels(travelled, item)
    assert item.assignee_ids == [dev]
    assert f"| #{item.iid} {item.title} | `acme.dev` | 24\u00a0Dec\u00a02027 |" in page(travelled).description
    assert nothing_to_do(travelled)


def test_a_partner_whose_file_is_removed_is_left_alone(theatre: Theatre, two_partners_world: World) -> None:
    with theatre.open(copied(two_partners_world)) as stage:
        stage.settle()
        control = stage.project("journey-control")
        actions = [{"action": "delete", "file_path": "partners/globex.yaml"}]
        operations.commit_files(
            stage.world, stage.user("root"), control, branch="main", message="Globex left", actions=actions
        )
        before = picture(stage.world)
        pass_quiet_time(stage)
        assert picture(stage.world) == before
        assert stage.service.desired.slugs() == ["acme"]
        stage.write_partner_file("globex", GLOBEX)
        pass_quiet_time(stage)
        assert nothing_to_do(stage, "globex")
