"""The partner's page: where we are, what is next and who does it. Read on phones: short lines, few columns."""

from __future__ import annotations

from app.journey import markers
from app.journey.prose.parts import (
    all_done,
    at_risk,
    certifications,
    company_work,
    contacts,
    counted,
    earlier_open,
    linked,
    practice_table,
    practice_work,
    renewals,
    required_later,
    skipped,
    stage_table,
    waited_for,
    waived,
    work_list,
)
from app.journey.prose.scene import Scene
from app.journey.text import code, plain


def status_body(scene: Scene) -> str:
    """The partner's page: where we are, what is next and who does it. Read on phones: short lines, few columns."""
    parts = [_headline(scene), stage_table(scene), practice_table(scene), at_risk(scene)]
    stage = scene.stage
    if stage is not None:
        ready = [i for i in stage.required if not i.counts and not i.waiting and not i.capability.after_wins]
        optional = [i for i in stage.items if not i.capability.required and not i.counts and not i.waiting]
        parts.append(work_list("### Next", ready, scene) if ready else all_done(stage, scene))
        parts.append(_waiting(scene))
        parts.append(work_list("### Optional in this stage", optional, scene) if optional else "")
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
        contacts(scene),
        _how_to_work(scene),
    ]
    return "\n\n".join(part for part in parts if part)


def status_description(scene: Scene) -> str:
    return f"{markers.mark('page', 'status')}\n{markers.section(status_body(scene))}\n"


def _headline(scene: Scene) -> str:
    name, stage = plain(scene.partner.name), scene.stage
    if stage is None:
        return (
            f"**{name} has completed the {plain(scene.journey.title)}.** "
            f"All {len(scene.journey.stages)} stages are done. Keep what you have: a reopened issue shows here."
        )
    up_to = "up to " if scene.progress.practices else ""
    stage = scene.leads.stage or stage
    return (
        f"**{name}** is in {up_to}**{plain(stage.stage.title)}**. {plain(stage.stage.goal)}\n\n"
        f"{_bar(stage.percent)} **{stage.percent} %** · {counted(stage, ' required capabilities done')}"
    )


def _bar(percent: int) -> str:
    filled = percent // 5
    return f"`{'█' * filled}{'░' * (20 - filled)}`"


def _done_list(scene: Scene) -> str:
    done = [i for i in scene.progress.items if i.state == "done"]
    if not done:
        return ""
    lines = [f"- {linked(i, scene)}" for i in done]
    return "\n".join([f"<details><summary>Done so far: {len(done)}</summary>", "", *lines, "", "</details>"])


def _waiting(scene: Scene) -> str:
    listed = waited_for("### Waiting for your solution architect", scene)
    if not listed:
        return ""
    return f"{listed}\n\nNothing to do for you here: {code(scene.partner.people.sa)} confirms these."


def _how_to_work(scene: Scene) -> str:
    return (
        "### How to work here\n\n"
        "Open an issue from the list above, do the steps, add the evidence, close it. This page and the stage follow "
        f"by themselves. Everything at a glance: [the board]({scene.project_url}/-/boards). "
        f"Stuck? Comment on the issue and mention {code(scene.partner.people.sa)}."
    )
