"""`plan(journey, partner, observed, now)`: what to do so that GitLab shows what it should. The product.

One function serves onboarding, events, resync, repair and dry run. It is pure, and `plan` after `apply` is empty.
The actions stand in an order that makes a crash anywhere harmless: things first, then the comment (found again by its
mark), then the notification's place in the outbox, then the record of the change in the portfolio item (the commit
point: until it is written, the next run does the same again and finds everything there).
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime, timedelta

from app.journey import labels, markers, prose
from app.journey.actions import (
    Action,
    AddBoardList,
    CommitFiles,
    CreateBoard,
    CreateHook,
    CreateIssue,
    CreateLabel,
    CreateMilestone,
    CreatePortfolioItem,
    CreateProject,
    InviteMembers,
    Notify,
    Plan,
    PostComment,
    UpdateHook,
    UpdateIssue,
    UpdateMilestone,
    UpdatePortfolioItem,
)
from app.journey.model import COMPLETE, Capability, Journey, Partner
from app.journey.observed import Issue, Milestone, Observed
from app.journey.progress import (
    Announced,
    CapabilityProgress,
    Progress,
    announced,
    measure,
    settled_at,
    status_issue,
    status_issues,
)
from app.journey.prose import Scene, StageChange

# The least role that sees confidential issues and the README of a private project, and cannot delete an issue, as a
# Planner can (https://docs.gitlab.com/user/permissions/).
REPORTER = 20


class PartnerError(ValueError):
    """The partner file asks for something that this GitLab cannot give; nothing is changed until it is mended."""

    def __init__(self, what: str, fix: str) -> None:
        super().__init__(f"{what} {fix}")
        self.what = what
        self.fix = fix


def plan(journey: Journey, partner: Partner, observed: Observed, now: datetime) -> Plan:
    """All actions that this partner needs now. Raises PartnerError where a person must decide first."""
    _refuse_impossible(partner, observed)
    progress = measure(journey, partner, observed, now)
    before = announced(journey, observed)
    before = before or Announced(journey.stages[0].id, now.date())
    after, change = _decide(journey, progress, before, now)
    scene = Scene(journey, partner, observed.place, progress, after, _reference(observed, progress))
    actions: list[Action] = [
        *_group(journey, observed),
        *_project(journey, partner, observed),
        *_people(partner, observed),
        *_milestones(journey, observed, after),
        *_portfolio_item(scene, observed, before=before),
        *_boards(journey, observed),
        *_capability_issues(scene, observed, before=before),
        *_status_page(scene, observed),
        *_announcement(scene, observed, change),
        *_commit_point(scene, observed, before=before),
        *_closed_milestones(journey, observed, after),
        *_hook(observed),
    ]
    wake_at, wake_reason = _next_wake(journey, progress, after, now)
    return Plan(partner.slug, tuple(actions), wake_at, wake_reason)


# --- deciding ---


def _refuse_impossible(partner: Partner, observed: Observed) -> None:
    file = f"partners/{partner.slug}.yaml"
    unknown = [name for name in partner.people.everyone if name not in observed.known_users]
    if unknown:
        names = ", ".join(unknown)
        raise PartnerError(
            f"GitLab knows no user {names}.", f"Correct the username in {file}, or let the person sign in once."
        )
    path = observed.place.project_path(partner.slug)
    if path == observed.place.control:
        raise PartnerError(f"{path} is the control project itself.", f"Give {file} another name.")
    if observed.project is not None and observed.project.marked_for_deletion:
        raise PartnerError(
            f"The project {path} is marked for deletion.",
            f"Restore it in GitLab, or remove {file} if the partner left.",
        )


def _decide(
    journey: Journey, progress: Progress, before: Announced, now: datetime
) -> tuple[Announced, StageChange | None]:
    """What should be announced now, and the change to tell people about, if any."""
    start = journey.position(before.stage) or 0
    target = progress.position
    if target == start:
        return (replace(before, at_risk_since=None) if before.at_risk_since else before), None
    if target < start:
        at_risk = before.at_risk_since or now.replace(microsecond=0)
        if now < at_risk + timedelta(days=journey.policy.grace_days):
            return replace(before, at_risk_since=at_risk), None
    else:
        settled = settled_at(journey, progress)
        if settled is not None and now < settled:
            return replace(before, at_risk_since=None), None
    after = Announced(journey.stage_id(target), now.date(), before.changes + 1)
    return after, StageChange(before, after, start, target, now.date())


def _next_wake(journey: Journey, progress: Progress, after: Announced, now: datetime) -> tuple[datetime | None, str]:
    moments: list[tuple[datetime, str]] = []
    settled = settled_at(journey, progress)
    if settled is not None and settled > now and progress.position > (journey.position(after.stage) or 0):
        moments.append((settled, "the stage is complete; the quiet time before the announcement ends"))
    if after.at_risk_since is not None:
        grace = after.at_risk_since + timedelta(days=journey.policy.grace_days)
        moments.append((grace, "the grace period of the stage ends"))
    moments += [
        (datetime.combine(i.waiver.until + timedelta(days=1), datetime.min.time(), now.tzinfo), "a waiver ends")
        for i in progress.items
        if i.waiver is not None and i.waiver.until < date.max  # 9999-12-31: for ever, there is no day after
    ]
    return min(moments, default=(None, ""), key=lambda m: m[0] or now)


def _reference(observed: Observed, progress: Progress) -> prose.Reference:
    numbers = {i.capability.id: i.issue.iid for i in progress.items if i.issue is not None}
    page = status_issue(observed)
    if page is not None:
        numbers["page/status"] = page.iid
    return lambda name: f"#{numbers[name]}" if name in numbers else markers.reference(name)


# --- the group and the project ---


def _group(journey: Journey, observed: Observed) -> Iterator[Action]:
    for label in labels.labels_for(journey):
        if label.title not in observed.labels:
            yield CreateLabel(label.title, label.color, label.description, "the group lacks this label")
    if observed.portfolio_board is None:
        yield CreateBoard("portfolio", prose.PORTFOLIO_BOARD, "SAs watch all partners on it")


def _project(journey: Journey, partner: Partner, observed: Observed) -> Iterator[Action]:
    project = observed.project
    if project is None:
        name, text = prose.project_name(partner), prose.project_description(journey, partner)
        yield CreateProject(partner.slug, name, text, "the partner works here")
    seen = project.files if project else {}
    wanted = desired_files(journey, partner, observed)
    create = {path: text for path, text in wanted.items() if path not in seen}
    update = {path: text for path, text in wanted.items() if path in seen and seen[path] != blob_id(text)}
    if create or update:
        reason = "templates and README belong here" if create else "the journey's texts have changed"
        yield CommitFiles(create, update, "Update the partner journey's templates and README", reason)


def desired_files(journey: Journey, partner: Partner, observed: Observed) -> dict[str, str]:
    """README and one issue template per capability: path -> text."""
    files = {"README.md": prose.readme(journey, partner, observed.place)}
    for capability in journey.capabilities:
        files[_template_path(capability)] = prose.template_file(journey, capability)
    return files


def _template_path(capability: Capability) -> str:
    return f".gitlab/issue_templates/{prose.template_name(capability)}.md"


def blob_id(text: str) -> str:
    """Git's own id of a file's content, so that files are compared without reading them."""
    data = text.encode()
    return hashlib.sha1(b"blob %d\0" % len(data) + data, usedforsecurity=False).hexdigest()


def _milestones(journey: Journey, observed: Observed, after: Announced) -> Iterator[Action]:
    """One per stage; the due date of a stage is set when the stage starts and never changed again."""
    seen = {m.title: m for m in observed.project.milestones} if observed.project else {}
    current = journey.position(after.stage) or 0
    for index, stage in enumerate(journey.stages):
        due = _add_days(after.since, stage.days) if index == current else None
        milestone = seen.get(stage.title)
        if milestone is None:
            yield CreateMilestone(stage.title, prose.milestone_description(stage), due, "one milestone for each stage")
        elif due is not None and milestone.due is None:
            yield UpdateMilestone(milestone.id, stage.title, "the stage has started", due=due)


def _closed_milestones(journey: Journey, observed: Observed, after: Announced) -> Iterator[Action]:
    current = journey.position(after.stage) or 0
    seen: dict[str, Milestone] = {m.title: m for m in observed.project.milestones} if observed.project else {}
    for index, stage in enumerate(journey.stages):
        milestone = seen.get(stage.title)
        if index < current and (milestone is None or milestone.state == "active"):
            number = milestone.id if milestone else None
            yield UpdateMilestone(number, stage.title, "the stage is done", state="closed")
        if index >= current and milestone is not None and milestone.state == "closed":
            yield UpdateMilestone(milestone.id, stage.title, "the stage is not done", state="active")


def _boards(journey: Journey, observed: Observed) -> Iterator[Action]:
    portfolio = observed.portfolio_board
    for stage_id in (*(s.id for s in journey.stages), COMPLETE):
        title = labels.stage_label(stage_id)
        if portfolio is None or title not in portfolio.lists:
            yield AddBoardList("portfolio", prose.PORTFOLIO_BOARD, title, "one list for each stage")
    boards = observed.project.boards if observed.project else ()
    board = next((b for b in boards if b.name == prose.BOARD), None)
    if board is None:
        yield CreateBoard("project", prose.BOARD, "the partner sees the work by stage")
    for stage in journey.stages:
        title = labels.stage_label(stage.id)
        if board is None or title not in board.lists:
            yield AddBoardList("project", prose.BOARD, title, "one list for each stage")


def _people(partner: Partner, observed: Observed) -> Iterator[Action]:
    """Before any issue is made: GitLab assigns nobody who cannot see the project."""
    members = observed.project.members if observed.project else {}
    missing = tuple(name for name in partner.people.partner_side if name not in members)
    if missing:
        yield InviteMembers(missing, REPORTER, "the partner file names them")


def _hook(observed: Observed) -> Iterator[Action]:
    url = observed.place.hook_url
    hook = observed.project.hook if observed.project else None
    if url is not None and hook is None:
        yield CreateHook(url, "closing an issue must be heard at once")
    elif url is not None and hook is not None and hook.url != url:
        yield UpdateHook(hook.id, url, "the service has moved")


# --- issues ---


def _capability_issues(scene: Scene, observed: Observed, *, before: Announced) -> Iterator[Action]:
    """Issues of every stage that has begun. The status issue comes first so that it is number one of its project."""
    page = status_issue(observed)
    if page is None:
        yield CreateIssue(
            "page/status", prose.STATUS_TITLE, prose.status_description(_early(scene)), (labels.STATUS,),
            "the partner's page", confidential=observed.place.confidential,
        )  # fmt: skip
    yield from _heal_doubles(scene, "page/status", status_issues(observed)[1:])
    reached = max(scene.journey.position(a.stage) or 0 for a in (scene.announced, before))
    for index, stage in enumerate(scene.progress.stages):
        for item in stage.items:
            if item.issue is None and index <= reached and item.state == "not started":
                yield _open_issue(scene, item.capability)
            elif item.issue is not None:
                yield from _mend_issue(scene, item, item.issue, observed)
            yield from _heal_doubles(scene, item.capability.id, item.doubles)


def _early(scene: Scene) -> Scene:
    """The status page before its issues have numbers: shows titles only, and is completed in the same plan."""
    return replace(scene, reference=lambda _name: "")


def _open_issue(scene: Scene, capability: Capability) -> CreateIssue:
    own = [labels.stage_label(capability.stage), labels.CAPABILITY]
    if not capability.required:
        own.append(labels.OPTIONAL)
    stage = next(s for s in scene.journey.stages if s.id == capability.stage)
    return CreateIssue(
        name=capability.id,
        title=prose.issue_title(capability),
        description=prose.capability_description(scene.journey, capability),
        labels=tuple(own),
        reason=f"the stage {stage.title} has begun",
        milestone=stage.title,
        due=prose.first_due(capability, scene.announced),
        assignee=prose.owner_of(capability, scene.partner),
        confidential=scene.place.confidential,
    )


def _mend_issue(scene: Scene, item: CapabilityProgress, issue: Issue, observed: Observed) -> Iterator[Action]:
    """Follows a changed template and puts back what the board and the roll-up need; leaves the rest to people."""
    capability = item.capability
    title, body = prose.issue_title(capability), prose.capability_body(scene.journey, capability)
    text = issue.description
    if markers.section_digest(text) != markers.digest(body):
        ticked = markers.carry_ticks(markers.section_body(text) or text, body)
        text = markers.replace_section(text, ticked, written=body)
    if markers.find("capability", text) != capability.id:
        text = f"{markers.mark('capability', capability.id)}\n{text}"
    wanted = {labels.stage_label(capability.stage), labels.CAPABILITY}
    foreign = {x for x in issue.labels if x.startswith(labels.STAGE_PREFIX)} - wanted
    attach = _is_detached(issue, observed)
    update = UpdateIssue(
        capability.id, issue.id, "it differs from its template",
        title=title if issue.title != title else None,
        description=text if text != issue.description else None,
        add_labels=tuple(sorted(wanted - issue.labels)), remove_labels=tuple(sorted(foreign)), attach=attach,
        hide=observed.place.confidential and not issue.confidential,
    )  # fmt: skip
    if update != UpdateIssue(update.name, update.id, update.reason):
        yield from _hidden_first(update)


def _hidden_first(update: UpdateIssue) -> Iterator[UpdateIssue]:
    """GitLab puts nothing open under a confidential epic, so hiding comes first, as a write of its own.

    https://docs.gitlab.com/user/group/epics/manage_epics/#make-an-epic-confidential
    """
    if update.hide and update.attach:
        yield UpdateIssue(update.name, update.id, "hidden before it goes under the epic", hide=True)
        update = replace(update, hide=False)
    yield update


def _is_detached(issue: Issue, observed: Observed) -> bool:
    """Whether it is not under the epic; always so where the epic is lost, for this plan makes a new one."""
    item = observed.portfolio_item
    return observed.place.epics and (item is None or issue.parent != item.id)


def _heal_doubles(scene: Scene, name: str, doubles: tuple[Issue, ...]) -> Iterator[Action]:
    """Closes what exists twice and takes its mark away, so that being closed it does not count as done."""
    for double in doubles:
        text = prose.double_description(double.description, name, scene.reference(name))
        yield UpdateIssue(
            name, double.id, "a second issue for the same thing", description=text, close=double.state == "open"
        )


def _status_page(scene: Scene, observed: Observed) -> Iterator[Action]:
    page = status_issue(observed)
    body = prose.status_body(scene)
    stage = labels.stage_label(scene.announced.stage)
    if page is None:
        yield UpdateIssue(
            "page/status", None, "its issues have numbers now",
            description=prose.status_description(scene), add_labels=(stage,),
        )  # fmt: skip
        return
    text = page.description
    if markers.section_body(text) != body:
        text = markers.replace_section(text, body)
    foreign = {x for x in page.labels if x.startswith(labels.STAGE_PREFIX)} - {stage}
    add = tuple(sorted({stage, labels.STATUS} - page.labels))
    attach = _is_detached(page, observed)
    hide = observed.place.confidential and not page.confidential
    if text != page.description or foreign or add or attach or hide:
        update = UpdateIssue(
            "page/status", page.id, "the partner's progress has changed",
            description=text if text != page.description else None,
            add_labels=add, remove_labels=tuple(sorted(foreign)), attach=attach, hide=hide,
        )  # fmt: skip
        yield from _hidden_first(update)


# --- the portfolio item, announcements, the commit point ---


def _portfolio_labels(scene: Scene) -> tuple[str, ...]:
    category = labels.category_label(scene.partner.category)
    return (labels.PARTNER, labels.stage_label(scene.announced.stage), category)


def _portfolio_scene(scene: Scene) -> Scene:
    """In the portfolio an issue is named by its project as well: `partners/acme#4`."""
    path = scene.place.project_path(scene.partner.slug)
    return replace(scene, reference=lambda name: f"{path}{scene.reference(name)}")


def _portfolio_item(scene: Scene, observed: Observed, *, before: Announced) -> Iterator[Action]:
    """A new one records what was announced before: a crash must not lose an announcement that this plan makes."""
    if observed.portfolio_item is None:
        scene = replace(_early(scene), announced=before)
        text, title = prose.portfolio_description(scene), prose.portfolio_title(scene.partner)
        yield CreatePortfolioItem(
            title, text, _portfolio_labels(scene), "SAs see the partner here", confidential=scene.place.confidential
        )


def _commit_point(scene: Scene, observed: Observed, *, before: Announced) -> Iterator[Action]:
    outer, item = _portfolio_scene(scene), observed.portfolio_item
    if item is None:
        text = prose.portfolio_description(outer)
        new, old = set(_portfolio_labels(scene)), set(_portfolio_labels(replace(scene, announced=before)))
        yield UpdatePortfolioItem(
            None, "its issues have numbers now", description=text,
            add_labels=tuple(sorted(new - old)), remove_labels=tuple(sorted(old - new)),
        )  # fmt: skip
        return
    text = prose.portfolio_description(outer, item.description)
    title = prose.portfolio_title(scene.partner)
    wanted = set(_portfolio_labels(scene))
    foreign = {x for x in item.labels if x.startswith((labels.STAGE_PREFIX, "category::"))} - wanted
    update = UpdatePortfolioItem(
        item.id, "the partner's progress has changed",
        title=title if title != item.title else None,
        description=text if not markers.same_text(text, item.description) else None,
        add_labels=tuple(sorted(wanted - item.labels)), remove_labels=tuple(sorted(foreign)),
        state="open" if item.state == "closed" else None,
        hide=observed.place.confidential and not item.confidential,
    )  # fmt: skip
    if update != UpdatePortfolioItem(update.id, update.reason):
        yield update


def _announcement(scene: Scene, observed: Observed, change: StageChange | None) -> Iterator[Action]:
    if change is None:
        return
    outer = _portfolio_scene(scene)
    project = observed.project
    told_partner = {markers.find("comment", n.body) for n in (project.status_notes if project else ()) if n.by_bot}
    item = observed.portfolio_item
    told_us = {markers.find("comment", n.body) for n in (item.notes if item else ()) if n.by_bot}
    title = prose.stage_change_title(scene, change)
    if change.mark not in told_partner:
        body = prose.stage_change_comment(scene, change, for_partner=True)
        yield PostComment("status", change.mark, body, "the stage has changed")
    if change.mark not in told_us:
        body = prose.stage_change_comment(outer, change, for_partner=False)
        yield PostComment("portfolio", change.mark, body, "the stage has changed")
    text = prose.stage_change_comment(outer, change, for_partner=False)
    yield Notify(
        "complete" if scene.stage is None else "step-back" if change.kind == "step-back" else "stage-change",
        scene.partner.slug, change.mark, title, text, scene.project_url, "outside channels hear of it once",
    )  # fmt: skip


def _add_days(day: date, days: int) -> date:
    return day + timedelta(days=days)
