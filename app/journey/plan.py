"""`plan(journey, partner, observed, now)`: what to do so that GitLab shows what it should. The product.

One function serves onboarding, events, resync, repair and dry run. It is pure, and `plan` after `apply` is empty.
The actions stand in an order that makes a crash anywhere harmless: things first, then the comment (found again by its
mark), then the notification's place in the outbox, then the record of the change in the portfolio item (the commit
point: until it is written, the next run does the same again and finds everything there).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime

from app.journey import markers, prose
from app.journey.actions import Action, CreateIssue, Plan, PostComment, UpdateIssue
from app.journey.announcement import Announcement, announce, half_told
from app.journey.items import STATUS_PAGE, status_issue
from app.journey.model import Journey, Partner
from app.journey.observed import Issue, Observed
from app.journey.plan_issues import plan_capability_issues, plan_status_page, reached_in
from app.journey.plan_judgements import plan_answers, plan_nudge, record_after
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
from app.journey.progress import Assessment, Progress, assess, reassess
from app.journey.prose import Scene
from app.journey.template_changes import removals
from app.journey.waking import next_wake


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
    news = announce(journey, assessment, now)
    scene = _scene(journey, partner, observed, assessment, news, now)
    issues = (*plan_answers(scene, assessment), *plan_capability_issues(scene, observed, before=assessment.before))
    if _touches_a_capability(issues, scene.progress):
        # GitLab will show what this plan does to an issue as its last update, just like what people do.
        scene = replace(scene, progress=replace(scene.progress, last_activity=now))
    reminded, nudges = plan_nudge(scene, observed, news.change)
    reached = max(journey.position(a.stage) or 0 for a in (news.told, assessment.before.announced))
    runs = [(run, reached_in(run, scene.progress, assessment.before)) for run in scene.practices]
    scene = replace(scene, record=record_after(scene, [(scene, reached), *runs], reminded=reminded))
    actions = _in_safe_order(scene, observed, assessment, news, runs, issues, nudges)
    return Plan(partner.slug, tuple(actions), *next_wake(scene))


def _scene(
    journey: Journey,
    partner: Partner,
    observed: Observed,
    assessment: Assessment,
    news: Announcement,
    now: datetime,
) -> Scene:
    """What texts will say: how things are once the news are told."""
    progress, record = assessment.progress, replace(assessment.judged.record, practices=news.practices)
    if news:
        told = replace(record, announced=news.told)
        progress = reassess(journey, partner, observed, assessment, told, now).progress
    reference = _reference(observed, progress)
    return Scene(
        journey, partner, observed.place, progress, news.told, reference, record, now, journey.catalogue,
        _open_left_behind(assessment),
    )  # fmt: skip


def _in_safe_order(
    scene: Scene, observed: Observed, assessment: Assessment, news: Announcement, runs: Sequence[tuple[Scene, int]],
    issues: Iterable[Action], nudges: Iterable[Action],
) -> Iterator[Action]:  # fmt: skip
    """All actions, in the order that makes a crash harmless. `runs`: of practices, each with its last begun stage."""
    journey, partner, before = scene.journey, scene.partner, assessment.before
    yield from plan_group(journey, observed)
    yield from plan_project(journey, partner, observed)
    yield from plan_people(partner, observed)
    yield from plan_milestones(journey, observed, news.told)
    for run, last in runs:
        yield from plan_milestones(run.journey, observed, run.announced, opened=last)
    yield from plan_portfolio_item(scene, observed, before=before)
    yield from plan_risk(scene, before)
    yield from plan_expiries(scene)
    for run in scene.practices:
        yield from plan_risk(run, before)
    yield from plan_boards(journey, observed)
    yield from issues
    yield from plan_retired(scene, observed, assessment.left_behind)
    yield from plan_status_page(scene, observed)
    yield from nudges
    for run in scene.practices:
        yield from plan_announcement(run, observed, news.change_of(run.practice))
    yield from plan_notice(scene, half_told(journey, before))
    yield from plan_announcement(scene, observed, news.change)
    yield from plan_commit_point(scene, observed, before=before)
    yield from plan_doubled_comments(observed)
    yield from plan_files(scene, observed, assessment.left_behind)
    yield from plan_stand_in(observed)
    yield from plan_closed_milestones(journey, observed, news.told)
    for run, _ in runs:
        yield from plan_closed_milestones(run.journey, observed, run.announced)
    yield from plan_left_milestones(journey, observed, news.practices)
    yield from plan_hook(observed)
    yield from plan_roles(partner, observed)


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


def _reference(observed: Observed, progress: Progress) -> prose.Reference:
    numbers = {i.capability.id: i.issue.iid for i in progress.items if i.issue is not None}
    page = status_issue(observed)
    if page is not None:
        numbers[STATUS_PAGE] = page.iid
    return lambda name: f"#{numbers[name]}" if name in numbers else markers.reference(name)
