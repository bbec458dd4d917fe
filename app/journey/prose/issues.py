"""The texts of capability issues; the same text is the issue template in the repository."""

from __future__ import annotations

from datetime import date

from app.journey import markers
from app.journey.evidence import ANSWER, EVIDENCE
from app.journey.model import Capability, Journey
from app.journey.prose.words import Words, words_in
from app.journey.text import plain


def capability_body(journey: Journey, capability: Capability, required_from: date | None = None) -> str:
    """The part of a capability issue that the bot owns; also the issue template in the repository.

    `required_from`: the day from which it holds a stage that this partner had begun before it was added.
    """
    words, days = words_in(capability.language), capability.days
    since = words.required_from.format(day=words.day(required_from)) if required_from else words.required
    kind = since if capability.required else words.optional
    stage = journey.stage_of(capability)
    after = [plain(journey.capability(c).title) for c in capability.after if c in {x.id for x in journey.capabilities}]
    facts = [
        f"**{words.stage}:** {plain(stage.title)}",
        f"**{kind}**",
        f"**{words.who}:** {plain(capability.text.who)}",
        f"**{words.verified_by}:** {plain(capability.text.verifier)}",
        f"**{words.evidence}:** {words.kinds[capability.evidence]}",
        f"**{words.typical_time}:** {(words.from_then if after else words.from_the_start).format(days=days)}",
    ]
    if after:
        facts.insert(-1, f"**{words.after}:** {'; '.join(after)}")
    if capability.needs:
        needs = (f"{count} {plain(what)}" for what, count in capability.needs.items())
        facts.append(f"**{words.needs}:** {', '.join(needs)}")
    if capability.valid_days:
        facts.append(f"**{words.valid}:** {words.valid_for.format(days=capability.valid_days)}")
    return "\n\n".join([" · ".join(facts), capability.text.body.strip(), _how_to_finish(capability, words)])


def _how_to_finish(capability: Capability, words: Words) -> str:
    return "\n".join(
        [
            f"## {words.how_to_finish}",
            "",
            f"{words.finish[capability.evidence]} {words.by_mistake}",
            "",
            f"> {words.never_write}",
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
