"""The status issue and the capability issues: made once, mended when they drift, never fought over.

The bot keeps its own section, its stage label and its marks; titles aside, all else in an issue belongs to people.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from app.journey import labels, markers, prose
from app.journey.actions import (
    Action,
    CreateIssue,
    UpdateIssue,
)
from app.journey.capability_state import CapabilityProgress
from app.journey.items import STATUS_PAGE, status_issue, status_issues
from app.journey.model import Capability
from app.journey.observed import Issue, Observed
from app.journey.plan_judgements import assignees, opens_now, state_labels
from app.journey.progress import Progress
from app.journey.prose import Scene
from app.journey.record import Record


def plan_capability_issues(scene: Scene, observed: Observed, *, before: Record) -> Iterator[Action]:
    """Issues of every stage that has begun. The status issue comes first so that it is number one of its project."""
    page = status_issue(observed)
    if page is None:
        yield CreateIssue(
            STATUS_PAGE, scene.say.tell(prose.STATUS_TITLE), prose.status_description(early_scene(scene)),
            (labels.STATUS,), "the partner's page", confidential=observed.place.confidential,
        )  # fmt: skip
    yield from _heal_doubles(scene, STATUS_PAGE, status_issues(observed)[1:])
    reached = max(scene.journey.position(a.stage) or 0 for a in (scene.announced, before.announced))
    yield from _plan_run(scene, observed, reached)
    for run in scene.practices:
        yield from _plan_run(run, observed, reached_in(run, scene.progress, before))


def reached_in(run: Scene, progress: Progress, before: Record) -> int:
    """Index of the last stage of a practice that has issues: a verified joint win opens the one after the entry."""
    if run.practice is None:
        raise ValueError("not the run of a practice")
    told = (run.announced, before.of_practice(run.practice, run.now.date()))
    furthest = max(run.journey.position(a.stage) or 0 for a in told)
    return max(furthest, 1) if progress.practices[run.practice.id].unlocked else furthest


def _plan_run(scene: Scene, observed: Observed, reached: int) -> Iterator[Action]:
    for index, stage in enumerate(scene.progress.stages):
        for item in stage.all:
            if item.issue is None and opens_now(item, index, reached) and item.state == "not started":
                yield _open_issue(scene, item)
            elif item.issue is not None:
                yield from _mend_issue(scene, item, item.issue, observed)
            yield from _heal_doubles(scene, item.capability.id, item.doubles)


def early_scene(scene: Scene) -> Scene:
    """The status page before its issues have numbers: shows titles only, and is completed in the same plan."""
    return replace(scene, reference=lambda _name: "")


def _open_issue(scene: Scene, item: CapabilityProgress) -> CreateIssue:
    capability = item.capability
    own = [labels.stage_label(capability.stage), labels.CAPABILITY, *_practice_labels(item)]
    if item.state == "waived":
        own.append(labels.WAIVED)
    if item.waiting:
        own.append(labels.PENDING)
    if item.blocked_by:
        own.append(labels.BLOCKED)
    if not capability.required:
        own.append(labels.OPTIONAL)
    stage = next(s for s in scene.journey.stages if s.id == capability.stage)
    return CreateIssue(
        name=capability.id,
        title=prose.issue_title(capability),
        description=prose.capability_description(scene.journey, capability, item.required_from),
        labels=tuple(own),
        reason=(
            f"new in the journey, required from {item.required_from}"
            if item.required_from
            else f"all that the stage {stage.title} requires counts"
            if capability.review
            else f"the stage {stage.title} has begun"
        ),
        milestone=stage.title,
        due=None if item.blocked_by else prose.first_due(item, scene),
        assignee=prose.owner_of(capability, scene.partner),
        confidential=scene.place.confidential,
    )


def _practice_labels(item: CapabilityProgress) -> tuple[str, ...]:
    practice = item.capability.practice
    return (labels.practice_label(practice),) if practice else ()


def _mend_issue(scene: Scene, item: CapabilityProgress, issue: Issue, observed: Observed) -> Iterator[Action]:
    """Follows a changed template and puts back what the board and the roll-up need; leaves the rest to people."""
    capability = item.capability
    title, body = prose.issue_title(capability), prose.capability_body(scene.journey, capability, item.required_from)
    text = issue.description
    if markers.section_digest(text) != markers.digest(body):
        ticked = markers.carry_ticks(markers.section_body(text) or text, body)
        text = markers.replace_section(text, ticked, written=body)
    if markers.find("capability", text) != capability.id:
        text = f"{markers.mark('capability', capability.id)}\n{markers.without('capability', text)}"
    wanted = {labels.stage_label(capability.stage), labels.CAPABILITY, *_practice_labels(item)}
    shown, managed = state_labels(item, issue)
    wanted |= shown
    foreign = {x for x in issue.labels if x.startswith(labels.STAGE_PREFIX) or x in managed} - wanted
    reopen = item.reopening and issue.state == "closed"
    attach = _is_detached(issue, observed)
    update = UpdateIssue(
        capability.id, issue.id, _why_mended(capability, issue),
        title=title if issue.title != title else None,
        description=text if text != issue.description else None,
        add_labels=tuple(sorted(wanted - issue.labels)), remove_labels=tuple(sorted(foreign)), attach=attach,
        hide=observed.place.confidential and not issue.confidential, reopen=reopen, due=item.new_due,
        assign=assignees(item, scene.place, scene)[0], close=item.closing,
    )  # fmt: skip
    if update != UpdateIssue(update.name, update.id, update.reason):
        yield from _hidden_first(update)


def _why_mended(capability: Capability, issue: Issue) -> str:
    """What a changed journey does to it, for whoever reads the plan."""
    known, title = markers.find("capability", issue.description), prose.issue_title(capability)
    told = [f"it was {known}"] if known in capability.was else []
    told += ["it is part of the journey again"] if labels.RETIRED in issue.labels else []
    told += [f"its title was {issue.title!r}"] if issue.title != title else []
    return ", ".join(told) or "it differs from its template"


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
        text = prose.double_description(scene, double.description, name)
        yield UpdateIssue(
            name, double.id, "a second issue for the same thing", description=text, close=double.state == "open"
        )


def plan_status_page(scene: Scene, observed: Observed) -> Iterator[Action]:
    """Completes a new page once its issues have numbers, and rewrites the bot's section wherever it differs."""
    page = status_issue(observed)
    body = prose.status_body(scene)
    stage = labels.stage_label(scene.announced.stage)
    if page is None:
        yield UpdateIssue(
            STATUS_PAGE, None, "its issues have numbers now",
            description=prose.status_description(scene), add_labels=(stage,),
        )  # fmt: skip
        return
    text = page.description
    if markers.section_body(text) != body:
        text = markers.replace_section(text, body)
    title = _title_of_page(scene, page)
    foreign = {x for x in page.labels if x.startswith(labels.STAGE_PREFIX)} - {stage}
    add = tuple(sorted({stage, labels.STATUS} - page.labels))
    attach = _is_detached(page, observed)
    hide = observed.place.confidential and not page.confidential
    if title or text != page.description or foreign or add or attach or hide:
        update = UpdateIssue(
            STATUS_PAGE, page.id, "the partner's progress has changed",
            title=title,
            description=text if text != page.description else None,
            add_labels=add, remove_labels=tuple(sorted(foreign)), attach=attach, hide=hide,
        )  # fmt: skip
        yield from _hidden_first(update)


def _title_of_page(scene: Scene, page: Issue) -> str | None:
    """Its title in the partner's language, where it has the one of another language; a person's own title stays."""
    title = scene.say.tell(prose.STATUS_TITLE)
    known = {catalogue.tell(prose.STATUS_TITLE) for catalogue in scene.journey.catalogues}
    return title if page.title != title and page.title in known else None
