"""`plan(journey, partner, observed, now)`: what to do so that GitLab shows what it should. The product.

One function serves onboarding, events, resync, repair and dry run. It is pure, and `plan` after `apply` is empty.
The actions stand in an order that makes a crash anywhere harmless: things first, then the comment (found again by its
mark), then the notification's place in the outbox, then the record of the change in the portfolio item (the commit
point: until it is written, the next run does the same again and finds everything there).
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta

from app.journey import markers, prose
from app.journey.actions import (
    Action,
    Plan,
)
from app.journey.model import Journey, Partner
from app.journey.observed import Observed
from app.journey.plan_issues import plan_capability_issues, plan_status_page
from app.journey.plan_portfolio import (
    plan_announcement,
    plan_commit_point,
    plan_doubled_comments,
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
    plan_milestones,
    plan_people,
    plan_project,
)
from app.journey.progress import (
    Announced,
    Progress,
    announced,
    measure,
    settled_at,
    status_issue,
)
from app.journey.prose import Scene, StageChange


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
        *plan_group(journey, observed),
        *plan_project(journey, partner, observed),
        *plan_people(partner, observed),
        *plan_milestones(journey, observed, after),
        *plan_portfolio_item(scene, observed, before=before),
        *plan_risk(scene, before),
        *plan_boards(journey, observed),
        *plan_capability_issues(scene, observed, before=before),
        *plan_status_page(scene, observed),
        *plan_announcement(scene, observed, change),
        *plan_commit_point(scene, observed, before=before),
        *plan_doubled_comments(observed),
        *plan_files(scene, observed),
        *plan_stand_in(observed),
        *plan_closed_milestones(journey, observed, after),
        *plan_hook(observed),
    ]
    wake_at, wake_reason = _next_wake(journey, progress, after, now)
    return Plan(partner.slug, tuple(actions), wake_at, wake_reason)


def _refuse_impossible(partner: Partner, observed: Observed) -> None:
    if observed.place.partner_role == "guest" and observed.place.confidential:
        raise PartnerError(
            "Guests cannot see confidential issues, and open ones would need an open epic, which shows every partner "
            "to every other.",
            "Set PARTNER_JOURNEY_PARTNER_ROLE to reporter or planner; guest is for Free and CE only.",
        )
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
