"""`plan(journey, partner, observed, now)`: what to do so that GitLab shows what it should. The product.

One function serves onboarding, events, resync, repair and dry run. It is pure, and `plan` after `apply` is empty.
The actions stand in an order that makes a crash anywhere harmless: things first, then the comment (found again by its
mark), then the notification's place in the outbox, then the record of the change in the portfolio item (the commit
point: until it is written, the next run does the same again and finds everything there).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import date, datetime, timedelta

from app.journey import markers, prose
from app.journey.actions import Action, CreateIssue, Plan, PostComment, UpdateIssue
from app.journey.items import is_done
from app.journey.judge import PATIENCE
from app.journey.model import Journey, Partner
from app.journey.observed import Issue, Observed
from app.journey.plan_issues import plan_capability_issues, plan_status_page, reached_in
from app.journey.plan_judgements import plan_answers, plan_nudge, record_after, wakes
from app.journey.plan_portfolio import (
    plan_announcement,
    plan_commit_point,
    plan_doubled_comments,
    plan_expiries,
    plan_notice,
    plan_portfolio_item,
    plan_risk,
    plan_stand_in,
)
from app.journey.plan_project import (
    plan_boards,
    plan_closed_milestones,
    plan_files,
    plan_group,
    plan_hook,
    plan_left_milestones,
    plan_milestones,
    plan_people,
    plan_project,
    plan_roles,
)
from app.journey.plan_retired import plan_retired
from app.journey.progress import (
    Announced,
    Assessment,
    Progress,
    assess,
    reassess,
    settled_at,
    status_issue,
)
from app.journey.prose import Scene, StageChange
from app.journey.record import Record, at_rest
from app.journey.template_changes import removals


class PartnerError(ValueError):
    """The partner file asks for something that this GitLab cannot give; nothing is changed until it is mended."""

    def __init__(self, what: str, fix: str) -> None:
        super().__init__(f"{what} {fix}")
        self.what = what
        self.fix = fix


class RemovalsError(PartnerError):
    """The journey's files take so much away that a person must say first that it is meant."""


def plan(
    journey: Journey,
    partner: Partner,
    observed: Observed,
    now: datetime,
    *,
    allow_removals: bool = False,
    assessment: Assessment | None = None,
) -> Plan:
    """All actions that this partner needs now. Raises PartnerError where a person must decide first.

    `allow_removals`: a person has said that the journey is meant to take many capabilities away. `assessment`: of this
    very observation, from who has made it already.
    """
    _refuse_impossible(partner, observed)
    assessment = assessment or assess(journey, partner, observed, now)
    if not allow_removals:
        _refuse_removals(journey, partner, assessment)
    progress, before = assessment.progress, assessment.before.announced
    after, change = _decide(journey, progress, before, now)
    practices, practice_changes = _decide_practices(journey, assessment, now)
    record = replace(assessment.judged.record, practices=practices)
    if change is not None or practice_changes:
        told = replace(record, announced=after)
        progress = reassess(journey, partner, observed, assessment, told, now).progress
    reference = _reference(observed, progress)
    scene = Scene(
        journey, partner, observed.place, progress, after, reference, record, now, journey.catalogue,
        _open_left_behind(assessment),
    )  # fmt: skip
    issues = (*plan_answers(scene, assessment), *plan_capability_issues(scene, observed, before=assessment.before))
    if _touches_a_capability(issues, progress):
        # GitLab will show what this plan does to an issue as its last update, just like what people do.
        scene = replace(scene, progress=replace(progress, last_activity=now))
    retired = tuple(plan_retired(scene, observed, assessment.left_behind))
    reminded, nudges = plan_nudge(scene, observed, change)
    reached = max(journey.position(a.stage) or 0 for a in (after, before))
    runs = [(run, reached_in(run, progress, assessment.before)) for run in scene.practices]
    scene = replace(scene, record=record_after(scene, [(scene, reached), *runs], reminded=reminded))
    actions: list[Action] = [
        *plan_group(journey, observed),
        *plan_project(journey, partner, observed),
        *plan_people(partner, observed),
        *plan_milestones(journey, observed, after),
        *(a for run, last in runs for a in plan_milestones(run.journey, observed, run.announced, opened=last)),
        *plan_portfolio_item(scene, observed, before=assessment.before),
        *plan_risk(scene, before),
        *plan_expiries(scene),
        *(a for run in scene.practices for a in _risk_of_practice(run, assessment.before)),
        *plan_boards(journey, observed),
        *issues,
        *retired,
        *plan_status_page(scene, observed),
        *nudges,
        *(a for run in scene.practices for a in _announce_practice(run, observed, practice_changes)),
        *plan_notice(scene, _half_told(journey, assessment.before)),
        *plan_announcement(scene, observed, change),
        *plan_commit_point(scene, observed, before=assessment.before),
        *plan_doubled_comments(observed),
        *plan_files(scene, observed, assessment.left_behind),
        *plan_stand_in(observed),
        *plan_closed_milestones(journey, observed, after),
        *(a for run, _ in runs for a in plan_closed_milestones(run.journey, observed, run.announced)),
        *plan_left_milestones(journey, observed, record.practices),
        *plan_hook(observed),
        *plan_roles(partner, observed),
    ]
    wakes_at = [_next_wake(journey, scene.progress, after, scene.record, now)]
    wakes_at += [_next_wake(run.journey, run.progress, run.announced, scene.record, now) for run in scene.practices]
    wake_at, wake_reason = min(wakes_at, key=lambda wake: wake[0] or datetime.max.replace(tzinfo=now.tzinfo))
    return Plan(partner.slug, tuple(actions), wake_at, wake_reason)


def _open_left_behind(assessment: Assessment) -> tuple[Issue, ...]:
    issues = (issue for each in assessment.left_behind.values() for issue in each if issue.state == "open")
    return tuple(sorted(issues, key=lambda issue: issue.iid))


def _touches_a_capability(actions: tuple[Action, ...], progress: Progress) -> bool:
    ids = {item.issue.id for item in progress.items if item.issue}
    return any(
        (isinstance(a, CreateIssue) and progress.item(a.name) is not None)
        or (isinstance(a, UpdateIssue) and a.id in ids)
        or (isinstance(a, PostComment) and a.issue in ids)
        for a in actions
    )


def _refuse_impossible(partner: Partner, observed: Observed) -> None:
    if observed.place.partner_role == "guest" and observed.place.confidential:
        raise PartnerError(
            "Guests cannot see confidential issues, and open ones would need an open epic, which shows every partner "
            "to every other.",
            "Set PARTNER_JOURNEY_PARTNER_ROLE to reporter or planner; guest is for Free and CE only.",
        )
    file = f"partners/{partner.slug}.yaml"
    unknown = [name for name in partner.everyone if name not in observed.known_users]
    if unknown:
        names = ", ".join(unknown)
        raise PartnerError(
            f"GitLab knows no user {names}.", f"Correct the username in {file}, or let the person sign in once."
        )
    ours = {partner.people.sa, partner.people.manager, observed.place.bot}
    both = [name for name in partner.partner_side if name in ours]
    if both:
        raise PartnerError(
            f"{', '.join(both)} cannot be on both sides: members of the group are no partner's people.",
            f"Name somebody of the partner's own in {file}.",
        )
    path = observed.place.project_path(partner.slug)
    if path == observed.place.control:
        raise PartnerError(f"{path} is the control project itself.", f"Give {file} another name.")
    if observed.project is not None and observed.project.marked_for_deletion:
        raise PartnerError(
            f"The project {path} is marked for deletion.",
            f"Restore it in GitLab, or remove {file} if the partner left.",
        )


def _refuse_removals(journey: Journey, partner: Partner, assessment: Assessment) -> None:
    gone = removals(journey, assessment.left_behind, assessment.before)
    if gone:
        listed = ", ".join(gone[:10]) + (f" and {len(gone) - 10} more" if len(gone) > 10 else "")
        raise RemovalsError(
            f"The journey takes away {len(gone)} of this partner's capabilities: {listed}.",
            "Put them back, or name their former ids in `was`. If it is meant: "
            f"`partner-journey apply {partner.slug} --allow-removals`.",
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
            begun = before.at_risk_since is None
            return replace(before, at_risk_since=at_risk, risks=before.risks + begun), None
    else:
        settled = settled_at(journey, progress)
        if settled is not None and now < settled:
            return replace(before, at_risk_since=None), None
    after = Announced(journey.stage_id(target), now.date(), before.changes + 1)
    return after, StageChange(before, after, start, target, now.date())


def _half_told(journey: Journey, before: Record) -> StageChange | None:
    """The change that comments tell of and the record does not: the outside may not have heard of it."""
    behind, told = before.behind, before.announced
    start, target = (journey.position(behind.stage) if behind else None), journey.position(told.stage)
    if behind is None or start is None or target is None:
        return None
    return StageChange(behind, told, start, target, told.since)


def _decide_practices(
    journey: Journey, assessment: Assessment, now: datetime
) -> tuple[dict[str, Announced], dict[str, StageChange]]:
    """The same for every practice by itself."""
    told, changes = at_rest(journey, assessment.before.practices), dict[str, StageChange]()
    for practice in journey.practices:
        before = assessment.before.of_practice(practice, now.date())
        run = assessment.progress.practices[practice.id].run
        told[practice.id], change = _decide(practice.journey, run, before, now)
        if change is not None:
            changes[practice.id] = replace(change, practice=practice.id)
    return told, changes


def _risk_of_practice(run: Scene, before: Record) -> Iterator[Action]:
    if run.practice is not None:
        yield from plan_risk(run, before.of_practice(run.practice, run.now.date()))


def _announce_practice(run: Scene, observed: Observed, changes: Mapping[str, StageChange]) -> Iterator[Action]:
    if run.practice is not None:
        yield from plan_announcement(run, observed, changes.get(run.practice.id))


def _next_wake(
    journey: Journey, progress: Progress, after: Announced, record: Record, now: datetime
) -> tuple[datetime | None, str]:
    moments: list[tuple[datetime, str]] = []
    settled = settled_at(journey, progress)
    if settled is not None and settled > now and progress.position > (journey.position(after.stage) or 0):
        moments.append((settled, "the stage is complete; the quiet time before the announcement ends"))
    opens = _review_opens(progress, journey.position(after.stage) or 0, journey)
    if opens is not None and opens > now:
        moments.append((opens, "the stage is done; the quiet time before its review ends"))
    moments += [
        (i.issue.closed_at + PATIENCE, "its evidence is looked for again")
        for i in progress.items
        if i.issue and i.issue.closed_at and is_done(i.issue) and i.judgement.closing is None and not i.reopening
        and i.issue.closed_at + PATIENCE > now
    ]  # fmt: skip
    if any(item.closing for item in progress.items):
        moments.append((now + timedelta(seconds=1), "what the bot closes again is looked at"))
    grace = after.grace_end(journey.policy)
    if grace is not None:
        moments.append((grace, "the grace period of the stage ends"))
    moments += [
        (datetime.combine(i.waiver.until + timedelta(days=1), datetime.min.time(), now.tzinfo), "a waiver ends")
        for i in progress.items
        if i.waiver is not None and i.waiver.until < date.max  # 9999-12-31: for ever, there is no day after
    ]
    for day, why in wakes(journey, progress, record):
        moment = datetime.combine(day, datetime.min.time(), now.tzinfo)
        moments += [(moment, why)] if moment > now else []
    return min(moments, default=(None, ""), key=lambda m: m[0] or now)


def _review_opens(progress: Progress, index: int, journey: Journey) -> datetime | None:
    """When the review of this stage is old enough to come up, if it waits for nothing else."""
    stage = progress.stages[index] if index < len(progress.stages) else None
    if stage is None or stage.review is None or not stage.review.dormant or not stage.done or not stage.done_since:
        return None
    return stage.done_since + timedelta(minutes=journey.policy.settle_minutes)


def _reference(observed: Observed, progress: Progress) -> prose.Reference:
    numbers = {i.capability.id: i.issue.iid for i in progress.items if i.issue is not None}
    page = status_issue(observed)
    if page is not None:
        numbers["page/status"] = page.iid
    return lambda name: f"#{numbers[name]}" if name in numbers else markers.reference(name)
