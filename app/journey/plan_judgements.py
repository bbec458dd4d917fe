"""The answers that judgements ask for, the reminder of a stalled partner, and the record as it must be afterwards.

Answers come before the record: until it is written, the next run finds them by their marks and does not repeat them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import timedelta

from app.journey import labels, prose
from app.journey.actions import Action, PostComment, React
from app.journey.capability_state import CapabilityProgress
from app.journey.decisions import React as Thumb
from app.journey.decisions import Reply
from app.journey.items import STATUS_PAGE, status_issue
from app.journey.observed import Issue, Observed, Place
from app.journey.progress import Assessment
from app.journey.prose import Scene, StageChange
from app.journey.record import Judgement, Record

_THUMB = "thumbsup"


def plan_answers(scene: Scene, assessment: Assessment) -> Iterator[Action]:
    for decision in assessment.judged.decisions:
        if isinstance(decision, Reply):
            body = prose.reply(scene, decision)
            on_page = decision.name == STATUS_PAGE
            yield PostComment(
                "status" if on_page else "capability", decision.mark, body, "somebody waits for an answer",
                issue=decision.issue,
            )  # fmt: skip
        elif isinstance(decision, Thumb):
            yield React(decision.note, _THUMB, "the command was done")


def plan_nudge(scene: Scene, observed: Observed, change: StageChange | None) -> tuple[bool, tuple[PostComment, ...]]:
    """Whether the partner is reminded now that nothing moves, and the comment unless something else reminds it.

    At most one in the time that the policy says, muted by a label, and never beside another comment.
    """
    since, page = scene.progress.stalled_since(scene.journey, scene.now), status_issue(observed)
    if since is None:
        return False, ()
    if change is not None or page is None:
        return True, ()  # by the word of the change, by the new page
    every, nudged = timedelta(days=scene.journey.policy.nudge_every_days), scene.record.nudged
    if labels.QUIET in page.labels or (nudged is not None and scene.now.date() < nudged + every):
        return False, ()
    mark = f"nudge/{scene.now.date().isoformat()}"
    told = {n.told for n in observed.project.status_notes} if observed.project else set()
    if mark in told:
        return True, ()  # before a crash
    return True, (PostComment("status", mark, prose.nudge(scene, mark, since), "nothing has moved for long"),)


def record_after(scene: Scene, reached: Sequence[tuple[Scene, int]], *, reminded: bool) -> Record:
    """The record with what this plan itself decides: due dates, blocked labels, assignments, the reminder.

    `reached`: every run with the index of its last stage that has issues. `reminded`: of what stands still.
    """
    record = scene.record
    judgements = dict(record.judgements)
    for run, last in reached:
        for index, stage in enumerate(run.progress.stages):
            for item in stage.all:
                opening = opens_now(item, index, last)
                kept = _bookkeeping(item, record.judgement(item.capability.id), run, opens=opening)
                judgements[item.capability.id] = kept
    judgements = {name: judgement for name, judgement in judgements.items() if not judgement.empty}
    return replace(record, judgements=judgements, nudged=scene.now.date() if reminded else record.nudged)


def opens_now(item: CapabilityProgress, index: int, reached: int) -> bool:
    """Whether it is time for its issue: with its stage, or with the wins of practices."""
    return not item.dormant if item.capability.after_wins else index <= reached


def _bookkeeping(item: CapabilityProgress, judgement: Judgement, scene: Scene, *, opens: bool) -> Judgement:
    due = item.new_due or judgement.due
    if due is None and item.issue is not None and item.capability.after:
        due = (
            item.issue.due
        )  # set when the issue was made, or by a person: in both cases not the bot's business any more
    if item.issue is None and opens and item.capability.after and not item.blocked_by:
        due = prose.first_due(item, scene)
    blocked = wants_blocked(item) or (opens and item.issue is None and bool(item.blocked_by))
    assigned = assignees(item, scene.place, scene)[1]
    if (due, blocked, assigned) == (judgement.due, judgement.blocked, judgement.assigned):
        return judgement
    return replace(judgement, due=due, blocked=blocked, assigned=assigned)


def wants_blocked(item: CapabilityProgress) -> bool:
    return bool(item.blocked_by) and item.issue is not None and (item.issue.state == "open" or item.reopening)


def state_labels(item: CapabilityProgress, issue: Issue) -> tuple[set[str], set[str]]:
    """The labels that show the item's state, and all those of that kind that the bot looks after."""
    wanted: set[str] = set()
    if item.waiting:
        wanted.add(labels.PENDING)
    elif _shows_verified(item, issue):
        wanted.add(labels.VERIFIED)
    if item.state == "waived":
        wanted.add(labels.WAIVED)
    if item.judgement.valid_until is not None and item.state in ("renewing", "expired"):
        wanted.add(labels.RENEWAL)
    managed = {labels.PENDING, labels.WAIVED, labels.RENEWAL, labels.RETIRED}
    if item.capability.verify == "sa" or item.state != "done":
        managed.add(labels.VERIFIED)  # elsewhere it says nothing, and whoever set it may keep it
    if wants_blocked(item):
        wanted.add(labels.BLOCKED)
    elif item.judgement.blocked:
        managed.add(labels.BLOCKED)
    return wanted, managed


def _shows_verified(item: CapabilityProgress, issue: Issue) -> bool:
    if issue.state == "open":
        return item.judgement.approved is not None
    return item.state == "done" and item.judgement.by is not None


def assignees(item: CapabilityProgress, place: Place, scene: Scene) -> tuple[tuple[str, ...], bool]:
    """All assignees if they must change, else nothing; and whether the SA is there because the bot put him there.

    Without epics GitLab takes one assignee only, and the partner's stays.
    """
    architect, issue, assigned = scene.partner.people.sa, item.issue, item.judgement.assigned
    if issue is None or not place.epics:
        return (), False
    if item.waiting and architect not in issue.assignees:
        return (*issue.assignees, architect), True
    if not item.waiting and assigned and architect in issue.assignees and len(issue.assignees) > 1:
        return tuple(name for name in issue.assignees if name != architect), False
    return (), assigned and item.waiting
