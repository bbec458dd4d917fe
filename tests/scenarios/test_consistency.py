"""GitLab shows late what it has, is locked, or does a thing and says nothing of it: the end is the same as without.

Every story is played once on a GitLab that behaves and once on one that does not; then both worlds must look alike.
Nothing is doubled, nothing is lost, and nobody had to help.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from stagehand import QUIET_MINUTES, Theatre, close_required, copied, epic, nothing_to_do, page, picture, told

from app.demo.local import ACME, LocalStage
from app.sandbox import operations
from app.sandbox.faults import Faults
from app.sandbox.http import Request, Response
from app.sandbox.world import World

Story = Callable[[LocalStage], None]
LATE = 200  # seconds: the first retries come before
RESTARTED = pytest.mark.parametrize("restarted", [False, True], ids=["lives on", "starts anew"])


def join(stage: LocalStage) -> None:
    stage.write_partner_file("acme", ACME)
    stage.settle()


def move_on(stage: LocalStage) -> None:
    """The last required issue is closed, the quiet time passes, and the next stage is announced."""
    close_required(stage)
    stage.settle()
    stage.clock.advance(minutes=QUIET_MINUTES)
    stage.settle()


def move_on_unheard(stage: LocalStage) -> None:
    """The same, and the answer to the request that comments is lost."""
    lost: list[Request] = []

    def lose(request: Request, _number: int, _response: Response) -> Exception | None:
        if lost or b"createNote" not in request.body:
            return None
        lost.append(request)
        return TimeoutError("read timed out")

    stage.sandbox.fault_after = lose
    move_on(stage)
    stage.sandbox.fault_after = None
    assert lost


def let_time_pass(stage: LocalStage) -> None:
    """Retries, a resync and a night."""
    for minutes in (1, 1, 1, 1, 5, 5, 5, 10, 24 * 60):
        stage.clock.advance(minutes=minutes)
        stage.settle()


def ending(theatre: Theatre, world: World | None, story: Story, faults: Faults, *, restarted: bool = False) -> Any:
    """How the world looks after a story on a GitLab with these faults, and a night.

    `restarted`: the bot dies after the story, remembers nothing, and starts anew.
    """
    with theatre.open(copied(world) if world else None) as stage:
        stage.settle()
        stage.clock.advance(minutes=10)  # what is there already has long been seen
        stage.world.faults = faults
        story(stage)
        world = stage.world
        if not restarted:
            let_time_pass(stage)
            assert stage.service.store.partner("acme").failures == 0
            assert nothing_to_do(stage)
    if restarted:
        with theatre.open(world) as stage:
            let_time_pass(stage)
            assert nothing_to_do(stage)
    assert (faults.locked, faults.lost) == (0, 0)
    return picture(world)


@pytest.fixture(scope="session")
def joined(wings: Theatre) -> Any:
    return ending(wings, None, join, Faults())


@pytest.fixture(scope="session")
def moved_on(wings: Theatre, nearly_done_world: World) -> Any:
    return ending(wings, nearly_done_world, move_on, Faults())


# --- late ---


@RESTARTED
def test_a_fresh_project_that_answers_404_for_a_while(theatre: Theatre, joined: Any, restarted: bool) -> None:
    assert ending(theatre, None, join, Faults(late_projects_seconds=LATE), restarted=restarted) == joined


@RESTARTED
def test_members_that_gitlab_does_not_reckon_with_yet(theatre: Theatre, joined: Any, restarted: bool) -> None:
    """Who is not seen as a member cannot be assigned; that is the one thing that may differ."""
    found = ending(theatre, None, join, Faults(late_members_seconds=LATE), restarted=restarted)
    assert _without_assignees(found) == _without_assignees(joined)


def _without_assignees(found: dict[str, Any]) -> dict[str, Any]:
    return {**found, "items": [{**item, "assignees": []} for item in found["items"]]}


@RESTARTED
@pytest.mark.parametrize("story", [move_on, move_on_unheard])
def test_comments_that_are_in_no_list_yet(
    theatre: Theatre, nearly_done_world: World, moved_on: Any, story: Story, restarted: bool
) -> None:
    """What was written, not answered and is not shown looks as if it was never written."""
    assert ending(theatre, nearly_done_world, story, Faults(late_notes_seconds=LATE), restarted=restarted) == moved_on


def test_until_a_late_comment_shows_there_are_two_and_then_the_older_stays(
    theatre: Theatre, nearly_done_world: World
) -> None:
    with theatre.open(copied(nearly_done_world)) as stage:
        stage.world.faults = Faults(late_notes_seconds=LATE)
        move_on_unheard(stage)
        first = [note.id for item in (page(stage), epic(stage)) for note in item.notes if not note.system]
        stage.clock.advance(minutes=1)
        stage.settle()
        assert told(stage, page(stage)) == told(stage, epic(stage)) == ["stage/1/enabling"] * 2
        let_time_pass(stage)
        assert told(stage, page(stage)) == told(stage, epic(stage)) == ["stage/1/enabling"]
        assert [note.id for item in (page(stage), epic(stage)) for note in item.notes if not note.system] == first


# --- locked, or done without an answer ---


@RESTARTED
@pytest.mark.parametrize("many", [1, 4])
@pytest.mark.parametrize("kind", ["locked", "lost"])
def test_writes_that_meet_a_lock_or_whose_answer_is_lost(
    theatre: Theatre, joined: Any, nearly_done_world: World, moved_on: Any, kind: str, many: int, restarted: bool
) -> None:
    assert ending(theatre, None, join, Faults(**{kind: many}), restarted=restarted) == joined
    faults = Faults(late_notes_seconds=LATE, **{kind: many})
    assert ending(theatre, nearly_done_world, move_on, faults, restarted=restarted) == moved_on


# --- a path that is taken by what waits for its deletion ---


def test_a_path_taken_by_a_project_that_waits_for_its_deletion(theatre: Theatre, joined: Any) -> None:
    """The partner is parked with the reason; once a person has finished the deletion it joins as if nothing was."""
    with theatre.open() as stage:
        stage.settle()
        root, group = stage.user("root"), stage.world.group_by_path("partners")
        assert group is not None
        stage.world.faults = Faults(paths_kept=True)
        old = operations.create_project(stage.world, root, group=group, path="acme", name="Acme of old")
        operations.delete_project(stage.world, root, old)
        stage.clock.advance(minutes=10)
        join(stage)
        parked = stage.service.store.partner("acme")
        assert parked.cause == "The project partners/acme is marked for deletion."
        assert "Restore it in GitLab" in str(parked.fix)
        assert stage.world.projects[old.id].commits == []
        operations.delete_project(stage.world, root, old)
        let_time_pass(stage)
        assert nothing_to_do(stage)
        found = picture(stage.world)
    assert found["projects"]["partners/acme"] == joined["projects"]["partners/acme"]
    assert [i for i in found["items"] if i["place"] == "partners/acme"] == [
        i for i in joined["items"] if i["place"] == "partners/acme"
    ]
