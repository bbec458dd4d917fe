"""The epic's text, for solution architects and managers; partners never see it. It also keeps the bot's record."""

from __future__ import annotations

from app.journey import markers
from app.journey.model import CATEGORY_TITLES
from app.journey.prose.offer import STAND_IN
from app.journey.prose.parts import (
    all_done,
    at_risk,
    contacts,
    earlier_open,
    skipped,
    stage_table,
    waived,
    work_list,
)
from app.journey.prose.scene import Scene
from app.journey.text import plain


def portfolio_body(scene: Scene) -> str:
    """For SAs and managers: roll-up, what is next, links. Partners never see it."""
    partner = scene.partner
    facts = [
        f"**{plain(partner.name)}** · {CATEGORY_TITLES[partner.category]} · {plain(partner.region)}",
        f"Project: {scene.project_url}",
        f"Status page: {scene.reference('page/status')}",
    ]
    stage = scene.stage
    parts = ["\n\n".join(facts), stage_table(scene), at_risk(scene)]
    if not scene.place.epics:
        parts.insert(1, STAND_IN)
    if stage is not None:
        waiting = [i for i in stage.required if not i.counts]
        parts.append(work_list("### Open in this stage", waiting, scene) if waiting else all_done(stage, scene))
    parts += [earlier_open(scene), waived(scene), skipped(scene), contacts(scene)]
    parts.append(
        f"To change people, waivers or skips, edit `partners/{partner.slug}.yaml` in the control project. "
        "Write private notes about this partner here, never in the partner's project."
    )
    return "\n\n".join(part for part in parts if part)


def portfolio_description(scene: Scene, text: str | None = None) -> str:
    """The whole description; `text`: the present one, whose parts outside the bot's section are kept."""
    a = scene.announced
    state = {"stage": a.stage, "since": a.since.isoformat(), "changes": a.changes}
    if a.at_risk_since is not None:
        state["at_risk_since"] = a.at_risk_since.isoformat()
    body = f"{portfolio_body(scene)}\n\n{markers.state_mark(state)}"
    if text is None:
        return f"{markers.mark('partner', scene.partner.slug)}\n{markers.section(body)}\n"
    kept = markers.replace_section(text, body)
    head = markers.mark("partner", scene.partner.slug)
    return kept if markers.find("partner", kept) == scene.partner.slug else f"{head}\n{kept}"
