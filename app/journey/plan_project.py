"""What a partner's project and the group around it need: labels, boards, project, files, milestones, people, webhook.

Deterministic paths and titles find each thing again; nothing here depends on a number that GitLab gave.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from datetime import timedelta
from functools import lru_cache
from typing import NamedTuple

from app.journey import labels, prose
from app.journey.actions import (
    Action,
    AddBoardList,
    ChangeRole,
    CommitFiles,
    CreateBadge,
    CreateBoard,
    CreateHook,
    CreateLabel,
    CreateMilestone,
    CreateProject,
    InviteMembers,
    UpdateHook,
    UpdateMilestone,
)
from app.journey.model import COMPLETE, Journey, Partner, Stage
from app.journey.observed import Milestone, Observed, PartnerRole
from app.journey.picture import BADGE_FILE, PICTURE_FILE, render_badge, render_picture
from app.journey.prose import Scene
from app.journey.record import Announced

# Reporter is the least role that sees confidential issues and the README of a private project, and cannot delete an
# issue, as a Planner can (https://docs.gitlab.com/user/permissions/).
ROLES: Mapping[PartnerRole, int] = {"guest": 10, "planner": 15, "reporter": 20}


def plan_group(journey: Journey, observed: Observed) -> Iterator[Action]:
    for label in labels.labels_for(journey):
        if label.title not in observed.labels:
            yield CreateLabel(label.title, label.color, label.description, "the group lacks this label")
    if observed.portfolio_board is None:
        yield CreateBoard("portfolio", prose.PORTFOLIO_BOARD, "SAs watch all partners on it")


def plan_project(journey: Journey, partner: Partner, observed: Observed) -> Iterator[Action]:
    project = observed.project
    if project is None:
        name, other = prose.project_name(partner), prose.other_project_name(partner)
        text = prose.project_description(journey, partner)
        yield CreateProject(partner.slug, name, other, text, "the partner works here")
    if BADGE_FILE not in (project.files if project else {}):
        # The file comes with the plan's last write, so it tells that the badge was made; who takes it away is obeyed.
        link, image = prose.badge_addresses(observed.place)
        yield CreateBadge(prose.BADGE, link, image, "the project shows its stage", adopt=project is not None)


def plan_files(scene: Scene, observed: Observed, left_behind: Iterable[str]) -> Iterator[Action]:
    """Everything in the repository, in one commit, in the same request as the record.

    The pictures show every capability, so they change with each closing. They never hold anything up: it is the last
    write of a plan that can fail. `left_behind`: ids of which there are issues, and which are not part of the journey.
    """
    seen = observed.project.files if observed.project else {}
    wanted = desired_files(scene)
    create = {path: file.text for path, file in wanted.items() if path not in seen}
    update = {path: file.text for path, file in wanted.items() if path in seen and seen[path] != file.blob_id}
    stale = {_template_path(name) for name in (*left_behind, *scene.journey.former)} - set(wanted)
    delete = tuple(sorted(stale & set(seen)))
    if not create and not update and not delete:
        return
    if {*create, *update, *delete} <= {prose.README, PICTURE_FILE, BADGE_FILE}:
        yield CommitFiles(create, update, prose.progress_commit(scene), "the picture shows where the partner is")
    else:
        reason = "templates and README belong here" if create else "the journey's texts have changed"
        yield CommitFiles(create, update, prose.files_commit(scene), reason, delete)


class File(NamedTuple):
    """A file as it should be, with git's id of its content."""

    text: str
    blob_id: str


def desired_files(scene: Scene) -> dict[str, File]:
    """README, pictures and one issue template per capability, by path."""
    own = {
        prose.README: prose.readme(scene),
        PICTURE_FILE: render_picture(scene.picture),
        BADGE_FILE: render_badge(scene.picture),
    }
    return {path: File(text, blob_id(text)) for path, text in own.items()} | _issue_templates(scene.journey)


@lru_cache(maxsize=64)
def _issue_templates(journey: Journey) -> dict[str, File]:
    """One for each capability, and one for all practices. Remembered: all partners of one kind have the same."""
    shared = journey.model_copy(update={"stages": journey.shared, "practices": ()})
    texts = {
        _template_path(capability.id): prose.template_file(run, capability)
        for run in (shared, journey)
        for stage in run.stages
        for capability in stage.capabilities
    }
    return {path: File(text, blob_id(text)) for path, text in texts.items()}


def _template_path(name: str) -> str:
    """Of the template of a capability; the bot looks after what stands at these paths, and after no other template."""
    return f".gitlab/issue_templates/{prose.template_name(name)}.md"


def blob_id(text: str) -> str:
    """Git's own id of a file's content, so that files are compared without reading them."""
    data = text.encode()
    return hashlib.sha1(b"blob %d\0" % len(data) + data, usedforsecurity=False).hexdigest()


def plan_milestones(
    journey: Journey, observed: Observed, after: Announced, *, opened: int | None = None
) -> Iterator[Action]:
    """One per stage; the due date of a stage is set when the stage starts and never changed again.

    `opened`: only the stages up to this index, as in a practice, whose later stages are locked.
    """
    seen = {m.title: m for m in observed.project.milestones} if observed.project else {}
    current = journey.position(after.stage) or 0
    for index, stage in enumerate(journey.stages):
        if _is_empty(journey, stage) or (opened is not None and index > opened):
            continue
        due = after.since + timedelta(days=stage.days) if index == current else None
        milestone = seen.get(stage.title)
        if milestone is None:
            yield CreateMilestone(
                stage.title, prose.milestone_description(stage, journey.catalogue), due, "one milestone for each stage"
            )
        elif due is not None and milestone.due is None:
            yield UpdateMilestone(milestone.id, stage.title, "the stage has started", due=due)


def _is_empty(journey: Journey, stage: Stage) -> bool:
    """Where practices do all the work of a stage, the milestones are theirs."""
    return bool(journey.practices) and not stage.capabilities


def plan_closed_milestones(journey: Journey, observed: Observed, after: Announced) -> Iterator[Action]:
    current = journey.position(after.stage) or 0
    seen: dict[str, Milestone] = {m.title: m for m in observed.project.milestones} if observed.project else {}
    for index, stage in enumerate(journey.stages):
        milestone = seen.get(stage.title)
        if _is_empty(journey, stage):
            continue
        if index < current and (milestone is None or milestone.state == "active"):
            number = milestone.id if milestone else None
            yield UpdateMilestone(number, stage.title, "the stage is done", state="closed")
        if index >= current and milestone is not None and milestone.state == "closed":
            yield UpdateMilestone(milestone.id, stage.title, "the stage is not done", state="active")


def plan_left_milestones(journey: Journey, observed: Observed, practices: Iterable[str]) -> Iterator[Action]:
    """Of practices that the partner file no longer names: nobody waits for them. They open again with the practice.

    `practices`: all that are on record.
    """
    gone = set(practices) - {p.id for p in journey.practices}
    theirs = {f"{stage}: {practice}" for stage in journey.walked for practice in gone}
    for milestone in observed.project.milestones if observed.project else ():
        if milestone.title in theirs and milestone.state == "active":
            yield UpdateMilestone(milestone.id, milestone.title, "the practice is gone", state="closed")


def plan_boards(journey: Journey, observed: Observed) -> Iterator[Action]:
    portfolio = observed.portfolio_board
    for stage_id in (*(s.id for s in journey.stages), COMPLETE):
        title = labels.stage_label(stage_id)
        if portfolio is None or title not in portfolio.lists:
            yield AddBoardList("portfolio", prose.PORTFOLIO_BOARD, title, "one list for each stage")
    boards = observed.project.boards if observed.project else ()
    board = next((b for b in boards if b.name == prose.BOARD), None)
    if board is None:
        yield CreateBoard("project", prose.BOARD, "the partner sees the work by stage")
    stages = [stage.id for stage in journey.stages]
    entries = [s.id for practice in journey.practices for s in practice.journey.stages if s.id not in stages]
    for stage_id in (*dict.fromkeys(entries), *stages):
        title = labels.stage_label(stage_id)
        if board is None or title not in board.lists:
            yield AddBoardList("project", prose.BOARD, title, "one list for each stage")


def plan_people(partner: Partner, observed: Observed) -> Iterator[Action]:
    """Before any issue is made: GitLab assigns nobody who cannot see the project."""
    members = observed.project.members if observed.project else {}
    missing = tuple(name for name in partner.partner_side if name not in members)
    if missing:
        yield InviteMembers(missing, ROLES[observed.place.partner_role], "the partner file names them")


def plan_roles(partner: Partner, observed: Observed) -> Iterator[Action]:
    """Who has one of the roles that the bot gives, but not the one of the settings. Any other a person has given."""
    wished = ROLES[observed.place.partner_role]
    members = observed.project.members if observed.project else {}
    for name in partner.partner_side:
        user = observed.known_users.get(name)
        if user is not None and name in members and members[name] in ROLES.values() and members[name] != wished:
            yield ChangeRole(name, user, wished, "the settings give partner people another role")


def plan_hook(observed: Observed) -> Iterator[Action]:
    url = None if observed.place.group_hook else observed.place.hook_url
    hook = observed.project.hook if observed.project else None
    if url is not None and hook is None:
        yield CreateHook(url, "closing an issue must be heard at once")
    elif url is not None and hook is not None and hook.url != url:
        yield UpdateHook(hook.id, url, "the service has moved")
