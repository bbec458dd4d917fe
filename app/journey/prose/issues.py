"""The texts of capability issues; the same text is the issue template in the repository."""

from __future__ import annotations

from datetime import date

from app.journey import markers
from app.journey.evidence import ANSWER, EVIDENCE
from app.journey.model import Capability, Journey
from app.journey.text import plain, written

_EVIDENCE = {"none": "none needed", "note": "a short note", "link": "a link"}


def capability_body(journey: Journey, capability: Capability, required_from: date | None = None) -> str:
    """The part of a capability issue that the bot owns; also the issue template in the repository.

    `required_from`: the day from which it holds a stage that this partner had begun before it was added.
    """
    since = f"Required from {written(required_from)}" if required_from else "Required"
    kind = since if capability.required else "Optional, never holds a stage"
    stage = journey.stage_of(capability)
    after = [plain(journey.capability(c).title) for c in capability.after if c in {x.id for x in journey.capabilities}]
    facts = [
        f"**Stage:** {plain(stage.title)}",
        f"**{kind}**",
        f"**Who:** {plain(capability.text.who)}",
        f"**Verified by:** {plain(capability.text.verifier)}",
        f"**Evidence:** {_EVIDENCE[capability.evidence]}",
        f"**Typical time:** {capability.days} days from {'then' if after else 'the start of the stage'}",
    ]
    if after:
        facts.insert(-1, f"**After:** {'; '.join(after)}")
    if capability.needs:
        facts.append(f"**Needs:** {', '.join(f'{count} {plain(what)}' for what, count in capability.needs.items())}")
    if capability.valid_days:
        facts.append(f"**Valid for:** {capability.valid_days} days, then renewed")
    return "\n\n".join([" · ".join(facts), capability.text.body.strip(), _how_to_finish(capability)])


def _how_to_finish(capability: Capability) -> str:
    evidence = {
        "none": "close the issue",
        "note": "write a note as evidence below or in a comment, close the issue",
        "link": "put the link to your evidence below or in a comment, close the issue",
    }[capability.evidence]
    return "\n".join(
        [
            "## How to finish",
            "",
            f"Tick what is done, {evidence}. Closed by mistake? Reopen it, nothing is lost.",
            "",
            "> Please write no customer names, prices, licence keys or personal data in this project.",
            "",
            f"**{ANSWER}:** {plain(capability.text.question)}",
        ]
    )


NOTES_BELOW = f"""## Evidence and notes

*This part is yours: the bot never changes it.*

**{EVIDENCE}:**

**{ANSWER}:**
"""


def capability_description(journey: Journey, capability: Capability, required_from: date | None = None) -> str:
    """The whole description of a new capability issue; `required_from` as in `capability_body`."""
    body = capability_body(journey, capability, required_from)
    return f"{markers.mark('capability', capability.id)}\n{markers.section(body)}\n\n{NOTES_BELOW}"


def double_description(text: str, name: str, reference: str) -> str:
    """Description of an issue that exists twice: says where the work goes on, and is never counted again."""
    kept = markers.without("page" if name == "page/status" else "capability", text)
    note = f"This issue was made twice by mistake. Please go on in {reference}; what was written here is kept below."
    return f"{markers.mark('double', name)}\n{note}\n\n{kept}"


def template_file(journey: Journey, capability: Capability) -> str:
    return f"{capability_body(journey, capability)}\n\n{NOTES_BELOW}"
