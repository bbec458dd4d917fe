"""Parts that the status page and the epic share. Dates are absolute, never "in 3 days": a page that changes by itself
every night would be a write per partner per day.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from app.journey import markers
from app.journey.progress import CapabilityProgress, StageProgress
from app.journey.prose.scene import Scene, first_due, owner_of
from app.journey.text import code, plain, written


def stage_table(scene: Scene) -> str:
    rows = ["| Stage | State | Required done |", "| --- | --- | --- |"]
    current = scene.journey.position(scene.announced.stage) or 0
    for index, stage in enumerate(scene.progress.stages):
        if scene.progress.practices and not stage.stage.capabilities:
            continue
        state = "later" if index > current else f"since {written(scene.announced.since)}"
        if index < current:
            state = "done" if stage.complete else "open again"
        rows.append(f"| {plain(stage.stage.title)} | {state} | {counted(stage)} |")
    return "\n".join(rows)


def counted(stage: StageProgress, what: str = "") -> str:
    """How many required capabilities count; what counts without being done is always named apart."""
    apart = sum(i.state == "waived" for i in stage.required)
    waived = f", {apart} of them waived" if apart else ""
    return f"{sum(i.counts for i in stage.required)} of {len(stage.required)}{what}{waived}"


def at_risk(scene: Scene) -> str:
    if scene.announced.at_risk_since is None:
        return ""
    last = written(grace_end(scene))
    whose = f"{scene.practice.id}: " if scene.practice else ""
    return (
        f"> **{whose}At risk until {last}.** A capability of an earlier stage is open again. "
        f"Close it by {last} and nothing changes; after that the stage steps back."
    )


def grace_end(scene: Scene) -> date:
    at_risk = scene.announced.at_risk_since
    if at_risk is None:
        raise ValueError("the stage is not at risk")
    return date.fromordinal(at_risk.date().toordinal() + scene.journey.policy.grace_days)


def work_list(heading: str, items: Iterable[CapabilityProgress], scene: Scene) -> str:
    rows = [heading, "", "| Capability | Who | Due |", "| --- | --- | --- |"]
    ordered = sorted(items, key=lambda i: (due(i, scene) or date.max, i.capability.id))
    for item in ordered:
        until = due(item, scene)
        note = f" ({item.why})" if item.state in ("dropped", "expired") else _after(item, scene)
        rows.append(f"| {linked(item, scene)}{note} | {people(item, scene)} | {written(until) if until else '-'} |")
    return "\n".join(rows)


def due(item: CapabilityProgress, scene: Scene) -> date | None:
    """An issue that this very plan opens shows the date that it will have: else the next plan would not be empty."""
    if item.issue is None:
        return None if item.blocked_by else first_due(item, scene)
    return item.new_due or item.issue.due


def _after(item: CapabilityProgress, scene: Scene) -> str:
    if not item.blocked_by:
        return ""
    before = ", ".join(plain(scene.title_of(name)) for name in item.blocked_by)
    return f" (after: {before})"


def waited_for(heading: str, scene: Scene) -> str:
    """What a solution architect has to look at, longest waiting first, and how."""
    rows = [
        f"| {linked(i, scene)} | {written(i.waiting_since.date())} |" for i in scene.progress.waiting if i.waiting_since
    ]
    if not rows:
        return ""
    return "\n".join([heading, "", "| Capability | Waiting since |", "| --- | --- |", *rows])


def renewals(scene: Scene) -> str:
    items = [i for i in scene.progress.items if i.state == "renewing"]
    if not items:
        return ""
    lines = [
        f"- {linked(i, scene)}: counts until {written(i.judgement.valid_until)}"
        for i in items
        if i.judgement.valid_until
    ]
    return "\n".join(["### To renew", "", *lines])


def linked(item: CapabilityProgress, scene: Scene) -> str:
    return f"{scene.reference(item.capability.id)} {plain(item.capability.title)}"


def people(item: CapabilityProgress, scene: Scene) -> str:
    """Who it is assigned to once this plan is done: an architect whom the bot assigned for a gate leaves with it."""
    names = item.issue.assignees if item.issue else ()
    if item.judgement.assigned and not item.waiting:
        names = tuple(name for name in names if name != scene.partner.people.sa) or names
    return ", ".join(map(code, names)) if names else code(owner_of(item.capability, scene.partner))


def all_done(stage: StageProgress, scene: Scene) -> str:
    minutes = scene.journey.policy.settle_minutes
    wait = f" within about {minutes:g} minutes" if minutes else ""
    if scene.progress.practices and not any(i.waiting for i in stage.required):
        return _practices_decide(stage)
    if stage.done and not stage.complete:
        return _review_follows(stage, scene)
    if not stage.complete:
        return "### Next\n\nEverything required is closed; what is listed below is still to be confirmed."
    return f"### Next\n\nAll required capabilities of {plain(stage.stage.title)} are done. The next stage opens{wait}."


def _review_follows(stage: StageProgress, scene: Scene) -> str:
    head = f"### Next\n\nAll required capabilities of {plain(stage.stage.title)} are done."
    if stage.review is None or stage.review.dormant:
        return f"{head} The solution architect's review of the stage opens by itself."
    return (
        f"{head} {linked(stage.review, scene)}: {code(scene.partner.people.sa)} looks at the stage as a whole and "
        "closes that issue. Then the next stage opens."
    )


def _practices_decide(stage: StageProgress) -> str:
    """The company goes as far as its furthest practice."""
    if not stage.required or not stage.complete:
        return ""
    return (
        f"### Next\n\nAll that the company does once in {plain(stage.stage.title)} is done. "
        "It goes on as soon as a practice does: see the practices."
    )


def practice_table(scene: Scene) -> str:
    """Every practice in one line: where it is, whether it has won, who carries it."""
    if not scene.practices:
        return ""
    rows = ["### Practices", "", "| Practice | Stage | Percent | Joint win | Lead | Champion |"]
    rows.append("| --- | --- | --- | --- | --- | --- |")
    for run in scene.practices:
        practice, stage = run.practice, run.stage
        if practice is None:
            continue
        found = scene.progress.practices[practice.id]
        where, percent = (plain(stage.stage.title), f"{stage.percent} %") if stage else ("complete", "100 %")
        champion = code(practice.champion) if practice.champion else "-"
        won = "verified" if found.won else "waived" if found.unlocked else "not yet"
        rows.append(f"| {practice.id} | {where} | {percent} | {won} | {code(practice.lead)} | {champion} |")
    won_by = sum(p.won for p in scene.progress.practices.values())
    rows += ["", f"Joint wins: {won_by} of {len(scene.practices)}."]
    if not all(p.unlocked for p in scene.progress.practices.values()):
        rows[-1] += " The later stages of a practice open once its joint win is verified."
    return "\n".join(rows)


def certifications(scene: Scene) -> str:
    """The tracks that the partner has chosen. They have a progress of their own and never move a stage."""
    chosen = [i for i in scene.progress.items if i.capability.id.startswith("tracks/")]
    if not chosen:
        return ""
    rows = ["### Certifications", "", "| Certification | State | Steps ticked | Valid until |"]
    rows.append("| --- | --- | --- | --- |")
    for item in chosen:
        text = item.issue.description if item.issue else ""
        done, steps = markers.ticked(markers.section_body(text) or text, item.capability.text.body)
        state = "to do" if item.state in ("open", "not started") else item.state
        until = item.judgement.valid_until
        name = plain(item.capability.title)  # no number: its issue may not be there before its stage begins
        rows.append(f"| {name} | {state} | {done} of {steps} | {written(until) if until else '-'} |")
    return "\n".join(rows)


def company_work(scene: Scene) -> str:
    """What the wins of practices have brought up for the whole company, whatever stage it is in."""
    risen = [i for i in scene.progress.items if i.capability.after_wins and not i.dormant]
    ready = [i for i in risen if not i.counts and not i.waiting]
    return work_list("### Next for the company", ready, scene) if ready else ""


def practice_work(scene: Scene) -> str:
    """What each practice does next."""
    return "\n\n".join(part for run in scene.practices for part in _work_of(run))


def _work_of(run: Scene) -> list[str]:
    stage, practice = run.stage, run.practice
    if stage is None or practice is None:
        return []
    ready = [i for i in stage.required if not i.counts and not i.waiting]
    optional = [i for i in stage.items if not i.capability.required and not i.counts and not i.waiting]
    parts = [at_risk(run), work_list(f"### Next in {practice.id}", ready, run) if ready else ""]
    parts += [work_list(f"### Optional in {practice.id}", optional, run) if optional else "", earlier_open(run)]
    return [part for part in parts if part]


def earlier_open(scene: Scene) -> str:
    current = scene.journey.position(scene.announced.stage) or 0
    reopened = [i for s in scene.progress.stages[:current] for i in s.holding if not i.counts]
    where = f" of {scene.practice.id}" if scene.practice else ""
    return work_list(f"### Open again in an earlier stage{where}", reopened, scene) if reopened else ""


def required_later(scene: Scene) -> str:
    """What the journey asks for since a short while, where the stage had begun before."""
    new = [i for i in scene.progress.items if i.required_from and not i.counts]
    lines = [f"- {linked(i, scene)}: required from {written(i.required_from)}" for i in new if i.required_from]
    return "\n".join(["### New in the journey", "", *lines]) if lines else ""


def waived(scene: Scene) -> str:
    waived = [i for i in scene.progress.items if i.state == "waived" and i.waiver]
    lines = [
        f"- {plain(i.capability.title)}: until {written(i.waiver.until)}, "
        f"{plain(i.waiver.reason)} ({code(i.waiver.by)})"
        for i in waived
        if i.waiver
    ]
    return "\n".join(["### Waived", "", *lines]) if lines else ""


def skipped(scene: Scene) -> str:
    lines = [f"- `{skip.capability}`: {plain(skip.reason)}" for skip in scene.partner.skip]
    return "\n".join(["### Not applicable", "", *lines]) if lines else ""


def contacts(scene: Scene) -> str:
    people, roles = scene.partner.people, scene.journey.roles
    rows = [
        f"- Your lead: {code(people.lead)}",
        f"- {plain(roles['sa'].title) if 'sa' in roles else 'SA'}: {code(people.sa)}",
    ]
    if people.manager:
        rows.append(f"- {plain(roles['manager'].title) if 'manager' in roles else 'Manager'}: {code(people.manager)}")
    if people.sponsor:
        rows.append(f"- Executive sponsor: {plain(people.sponsor)}")
    return "\n".join(["### People", "", *rows])
