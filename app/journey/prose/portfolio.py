"""The epic's text, for solution architects and managers; partners never see it. It also keeps the bot's record."""

from __future__ import annotations

from dataclasses import replace

from app.journey import markers
from app.journey.items import STATUS_PAGE
from app.journey.model import CATEGORY_TITLES
from app.journey.prose.offer import STAND_IN
from app.journey.prose.parts import (
    all_done,
    at_risk,
    certifications,
    contacts,
    earlier_open,
    renewals,
    skipped,
    stage_table,
    waited_for,
    waived,
    work_list,
)
from app.journey.prose.practices import company_work, practice_table, practice_work
from app.journey.prose.scene import Scene
from app.journey.record_mark import record_mark
from app.journey.text import code, plain, written


def portfolio_body(scene: Scene) -> str:
    """For SAs and managers: roll-up, what is next, links. Partners never see it."""
    partner = scene.partner
    facts = [
        f"**{plain(partner.name)}** · {CATEGORY_TITLES[partner.category]} · {plain(partner.region)}",
        f"Project: {scene.project_url}",
        f"Status page: {scene.reference(STATUS_PAGE)}",
    ]
    stage = scene.stage
    parts = ["\n\n".join(facts), stage_table(scene), practice_table(scene), at_risk(scene)]
    if not scene.place.epics:
        parts.insert(1, STAND_IN)
    if stage is not None:
        ready = [i for i in stage.required if not i.counts and not i.waiting and not i.capability.after_wins]
        parts.append(work_list("Open in this stage", ready, scene) if ready else all_done(stage, scene))
    parts[2:2] = [_queue(scene), _stalled(scene)]
    parts += [company_work(scene), practice_work(scene), earlier_open(scene)]
    parts += [certifications(scene), renewals(scene), waived(scene), skipped(scene), contacts(scene)]
    parts.append(
        f"To change people, waivers or skips, edit `partners/{partner.slug}.yaml` in the control project. "
        "Write private notes about this partner here, never in the partner's project."
    )
    return "\n\n".join(part for part in parts if part)


def _queue(scene: Scene) -> str:
    listed = waited_for("Waiting for you", scene)
    if not listed:
        return ""
    how = (
        "Look at the evidence, then comment `/journey verify`, or set the label `verify::ok`. "
        "Not enough? Reopen the issue with a comment, or write `/journey reject` and the reason."
    )
    return f"{listed}\n\n{how}"


def _stalled(scene: Scene) -> str:
    since = scene.progress.stalled_since(scene.journey, scene.now)
    if since is None:
        return ""
    lead = code(scene.partner.people.lead)
    return f"> **Stalled:** no activity of the partner since {written(since)}. Ask {lead} what is in the way."


def portfolio_description(scene: Scene, text: str | None = None, *, body: str | None = None) -> str:
    """The whole description; `text`: the present one, whose parts outside the bot's section are kept.

    `body`: what `portfolio_body` has made of this scene, where that is known.
    """
    record = replace(scene.record, announced=scene.announced)
    section = f"{body or portfolio_body(scene)}\n\n{record_mark(record)}"
    if text is None:
        return f"{markers.mark('partner', scene.partner.slug)}\n{markers.section(section)}\n"
    kept = markers.replace_section(text, section)
    head = markers.mark("partner", scene.partner.slug)
    return kept if markers.find("partner", kept) == scene.partner.slug else f"{head}\n{kept}"
