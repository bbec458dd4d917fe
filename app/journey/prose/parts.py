"""Parts that the status page and the epic share. Dates are absolute, never "in 3 days": a page that changes by itself
every night would be a write per partner per day.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from app.journey import markers
from app.journey.capability_state import CapabilityProgress
from app.journey.catalogue import Message, message
from app.journey.progress import StageProgress
from app.journey.prose.scene import Scene, first_due, owner_of
from app.journey.prose.states import MEANINGS
from app.journey.text import code, plain


def stage_table(scene: Scene) -> str:
    say = scene.say
    rows = [table_head(scene, message("Stage"), message("State"), message("Required done"))]
    current = scene.journey.position(scene.announced.stage) or 0
    for index, stage in enumerate(scene.progress.stages):
        if scene.progress.practices and not stage.stage.capabilities:
            continue
        state = say("later") if index > current else say("since {day}", day=scene.announced.since)
        if index < current:
            state = say("done") if stage.complete else say("open again")
        done = counted(stage, scene) if stage.required else "-"
        rows.append(f"| {plain(stage.stage.title)} | {state} | {done} |")
    return "\n".join(rows)


def table_head(scene: Scene, *columns: Message) -> str:
    """The head of a table."""
    titles = " | ".join(scene.say.tell(column) for column in columns)
    return f"| {titles} |\n|{' --- |' * len(columns)}"


def counted(stage: StageProgress, scene: Scene) -> str:
    """How many required capabilities count, e.g. "6 of 8"."""
    done = scene.say("{done} of {needed}", done=_counting(stage), needed=len(stage.required))
    return f"{done}{_waived_among(stage, scene)}"


def counted_in_words(stage: StageProgress, scene: Scene) -> str:
    """The same in a sentence."""
    done = scene.say.count(
        len(stage.required),
        "{done} of {number} required capability done", "{done} of {number} required capabilities done",
        done=_counting(stage),
    )  # fmt: skip
    return f"{done}{_waived_among(stage, scene)}"


def _counting(stage: StageProgress) -> int:
    return sum(i.counts for i in stage.required)


def _waived_among(stage: StageProgress, scene: Scene) -> str:
    """What counts without being done is always named apart."""
    apart = sum(i.state == "waived" for i in stage.required)
    return scene.say(", {apart} of them waived", apart=apart) if apart else ""


def at_risk(scene: Scene) -> str:
    if scene.announced.at_risk_since is None:
        return ""
    text = scene.say(
        "**{whose}At risk until {day}.** A capability of an earlier stage is open again. "
        "Close it by {day} and nothing changes; after that the stage steps back.",
        whose=f"{scene.practice.id}: " if scene.practice else "", day=grace_end(scene),
    )  # fmt: skip
    return f"> {text}"


def grace_end(scene: Scene) -> date:
    end = scene.announced.grace_end(scene.journey.policy)
    if end is None:
        raise ValueError("the stage is not at risk")
    return end.date()


def work_list(heading: str, items: Iterable[CapabilityProgress], scene: Scene) -> str:
    rows = [f"### {heading}", "", table_head(scene, message("Capability"), message("Who"), message("Due"))]
    ordered = sorted(items, key=lambda i: (due(i, scene) or date.max, i.capability.id))
    for item in ordered:
        until = due(item, scene)
        broken = item.state in ("dropped", "expired")
        note = f" ({scene.say.tell(item.because)})" if broken else _after(item, scene)
        day = scene.say.day(until) if until else "-"
        rows.append(f"| {linked(item, scene)}{note} | {people(item, scene)} | {day} |")
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
    return " " + scene.say("(after: {before})", before=before)


def waited_for(heading: str, scene: Scene) -> str:
    """What a solution architect has to look at, longest waiting first, and how."""
    rows = [
        f"| {linked(i, scene)} | {scene.say.day(i.waiting_since.date())} |"
        for i in scene.progress.waiting
        if i.waiting_since
    ]
    if not rows:
        return ""
    return "\n".join([f"### {heading}", "", table_head(scene, message("Capability"), message("Waiting since")), *rows])


def renewals(scene: Scene) -> str:
    items = [i for i in scene.progress.items if i.state == "renewing"]
    if not items:
        return ""
    lines = [
        f"- {linked(i, scene)}: {scene.say('counts until {day}', day=i.judgement.valid_until)}"
        for i in items
        if i.judgement.valid_until
    ]
    return "\n".join([f"### {scene.say('To renew')}", "", *lines])


def linked(item: CapabilityProgress, scene: Scene) -> str:
    return f"{scene.reference(item.capability.id)} {plain(scene.title(item.capability))}"


def people(item: CapabilityProgress, scene: Scene) -> str:
    """Who it is assigned to once this plan is done: an architect whom the bot assigned for a gate leaves with it."""
    names = item.issue.assignees if item.issue else ()
    if item.judgement.assigned and not item.waiting:
        names = tuple(name for name in names if name != scene.partner.people.sa) or names
    return ", ".join(map(code, names)) if names else code(owner_of(item.capability, scene.partner))


def all_done(stage: StageProgress, scene: Scene) -> str:
    say, minutes = scene.say, scene.journey.policy.settle_minutes
    if scene.progress.practices and not any(i.waiting for i in stage.required):
        return _practices_decide(stage, scene)
    if stage.done and not stage.complete:
        return _review_follows(stage, scene)
    if not stage.complete:
        text = say("Everything required is closed; what is listed below is still to be confirmed.")
    else:
        text = say("All required capabilities of {stage} are done.", stage=plain(stage.stage.title)) + " "
        text += (
            say("The next stage opens within about {minutes} minutes.", minutes=f"{minutes:g}")
            if minutes
            else say("The next stage opens.")
        )
    return f"### {say('Next')}\n\n{text}"


def _review_follows(stage: StageProgress, scene: Scene) -> str:
    say, review = scene.say, stage.review
    done = say("All required capabilities of {stage} are done.", stage=plain(stage.stage.title))
    if review is None or review.dormant:
        then = say("The solution architect's review of the stage opens by itself.")
    else:
        then = say(
            "{issue}: {architect} looks at the stage as a whole and closes that issue. Then the next stage opens.",
            issue=linked(review, scene), architect=code(scene.partner.people.sa),
        )  # fmt: skip
    return f"### {say('Next')}\n\n{done} {then}"


def _practices_decide(stage: StageProgress, scene: Scene) -> str:
    """The company goes as far as its furthest practice."""
    if not stage.required or not stage.complete:
        return ""
    text = scene.say(
        "All that the company does once in {stage} is done. It goes on as soon as a practice does: see the practices.",
        stage=plain(stage.stage.title),
    )
    return f"### {scene.say('Next')}\n\n{text}"


def certifications(scene: Scene) -> str:
    """The tracks that the partner has chosen. They have a progress of their own and never move a stage."""
    chosen = [i for i in scene.progress.items if i.capability.id.startswith("tracks/")]
    if not chosen:
        return ""
    say = scene.say
    columns = (message("Certification"), message("State"), message("Steps ticked"), message("Valid until"))
    rows = [f"### {say('Certifications')}", "", table_head(scene, *columns)]
    for item in chosen:
        text = item.issue.description if item.issue else ""
        done, steps = markers.ticked(markers.section_body(text) or text, item.capability.text.body)
        state = say("to do") if item.state in ("open", "not started") else say.tell(MEANINGS[item.state].name)
        until = item.judgement.valid_until
        name = plain(scene.title(item.capability))  # no number: its issue may not be there before its stage begins
        ticked = say("{done} of {needed}", done=done, needed=steps)
        rows.append(f"| {name} | {state} | {ticked} | {say.day(until) if until else '-'} |")
    return "\n".join(rows)


def earlier_open(scene: Scene) -> str:
    current = scene.journey.position(scene.announced.stage) or 0
    reopened = [i for s in scene.progress.stages[:current] for i in s.holding if not i.counts]
    if not reopened:
        return ""
    heading = scene.say("Open again in an earlier stage")
    if scene.practice:
        heading = scene.say("Open again in an earlier stage of {practice}", practice=scene.practice.id)
    return work_list(heading, reopened, scene)


def required_later(scene: Scene) -> str:
    """What the journey asks for since a short while, where the stage had begun before."""
    new = [i for i in scene.progress.items if i.required_from and not i.counts]
    lines = [
        f"- {linked(i, scene)}: {scene.say('required from {day}', day=i.required_from)}" for i in new if i.required_from
    ]
    return "\n".join([f"### {scene.say('New in the journey')}", "", *lines]) if lines else ""


def waived(scene: Scene) -> str:
    waived = [i for i in scene.progress.items if i.state == "waived" and i.waiver]
    lines = [
        f"- {plain(scene.title(i.capability))}: {scene.say('until {day}', day=i.waiver.until)}, "
        f"{plain(i.waiver.reason)} ({code(i.waiver.by)})"
        for i in waived
        if i.waiver
    ]
    return "\n".join([f"### {scene.say('Waived')}", "", *lines]) if lines else ""


def skipped(scene: Scene) -> str:
    lines = [f"- `{skip.capability}`: {plain(skip.reason)}" for skip in scene.partner.skip]
    return "\n".join([f"### {scene.say('Not applicable')}", "", *lines]) if lines else ""


def left_behind(scene: Scene) -> str:
    """Open issues that nobody waits for; what stands in them is the partner's own affair."""
    lines = [f"- #{issue.iid} {plain(issue.title)}" for issue in scene.left_behind]
    return "\n".join([f"### {scene.say('Not counted any more')}", "", *lines]) if lines else ""


def contacts(scene: Scene) -> str:
    say, people, roles = scene.say, scene.partner.people, scene.journey.roles
    architect = plain(say.of_journey(roles["sa"].title)) if "sa" in roles else say("SA")
    rows = [f"- {say('Your lead')}: {code(people.lead)}", f"- {architect}: {code(people.sa)}"]
    if people.manager:
        manager = plain(say.of_journey(roles["manager"].title)) if "manager" in roles else say("Manager")
        rows.append(f"- {manager}: {code(people.manager)}")
    if people.sponsor:
        rows.append(f"- {say('Executive sponsor')}: {plain(people.sponsor)}")
    return "\n".join([f"### {say('People')}", "", *rows])
