"""The partner's page: where we are, what is next and who does it. Read on phones: short lines, few columns."""

from __future__ import annotations

from app.journey import markers
from app.journey.prose.parts import (
    all_done,
    at_risk,
    certifications,
    contacts,
    counted_in_words,
    earlier_open,
    left_behind,
    linked,
    renewals,
    required_later,
    skipped,
    stage_table,
    waited_for,
    waived,
    work_list,
)
from app.journey.prose.practices import company_work, practice_table, practice_work
from app.journey.prose.scene import Scene
from app.journey.text import code, plain


def status_body(scene: Scene) -> str:
    """The partner's page: where we are, what is next and who does it. Read on phones: short lines, few columns."""
    parts = [_headline(scene), stage_table(scene), practice_table(scene), at_risk(scene)]
    stage = scene.stage
    if stage is not None:
        ready = [i for i in stage.required if not i.counts and not i.waiting and not i.capability.after_wins]
        optional = [i for i in stage.items if not i.capability.required and not i.counts and not i.waiting]
        parts.append(work_list(scene.say("Next"), ready, scene) if ready else all_done(stage, scene))
        parts.append(_waiting(scene))
        parts.append(work_list(scene.say("Optional in this stage"), optional, scene) if optional else "")
    parts += [
        company_work(scene),
        practice_work(scene),
        earlier_open(scene),
        required_later(scene),
        certifications(scene),
        renewals(scene),
        _done_list(scene),
        waived(scene),
        skipped(scene),
        left_behind(scene),
        contacts(scene),
        _how_to_work(scene),
    ]
    return "\n\n".join(part for part in parts if part)


def status_description(scene: Scene) -> str:
    return f"{markers.mark('page', 'status')}\n{markers.section(status_body(scene))}\n"


def _headline(scene: Scene) -> str:
    say, name, stage = scene.say, plain(scene.partner.name), scene.stage
    if stage is None:
        return say(
            "**{name} has completed the {journey}.** All {stages} stages are done. "
            "Keep what you have: a reopened issue shows here.",
            name=name, journey=plain(scene.journey.title), stages=len(scene.journey.stages),
        )  # fmt: skip
    stage = scene.leads.stage or stage
    title, goal = plain(stage.stage.title), plain(say.of_journey(stage.stage.goal))
    where = (
        say("**{name}** is up to **{stage}**.", name=name, stage=title)
        if scene.leads is not scene
        else say("**{name}** is in **{stage}**.", name=name, stage=title)
    )
    return f"{where} {goal}\n\n{_bar(stage.percent)} **{stage.percent} %** · {counted_in_words(stage, scene)}"


def _bar(percent: int) -> str:
    filled = percent // 5
    return f"`{'█' * filled}{'░' * (20 - filled)}`"


def _done_list(scene: Scene) -> str:
    """Without the reviews of stages, which are in no count."""
    reviews = {stage.review.id for stage in scene.journey.stages if stage.review is not None}
    done = [i for i in scene.progress.items if i.state == "done" and i.capability.id not in reviews]
    if not done:
        return ""
    lines = [f"- {linked(i, scene)}" for i in done]
    summary = scene.say("Done so far: {number}", number=len(done))
    return "\n".join([f"<details><summary>{summary}</summary>", "", *lines, "", "</details>"])


def _waiting(scene: Scene) -> str:
    listed = waited_for(scene.say("Waiting for your solution architect"), scene)
    if not listed:
        return ""
    architect = code(scene.partner.people.sa)
    return f"{listed}\n\n{scene.say('Nothing to do for you here: {architect} confirms these.', architect=architect)}"


def _how_to_work(scene: Scene) -> str:
    text = scene.say(
        "Open an issue from the list above, do the steps, add the evidence, close it. This page and the stage follow "
        "by themselves. Everything at a glance: [the board]({board}). "
        "Stuck? Comment on the issue and mention {architect}, or comment `/journey help` to see what the bot can do.",
        board=f"{scene.project_url}/-/boards", architect=code(scene.partner.people.sa),
    )  # fmt: skip
    return f"### {scene.say('How to work here')}\n\n{text}"
