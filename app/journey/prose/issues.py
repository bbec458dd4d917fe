"""The texts of capability issues; the same text is the issue template in the repository.

An issue is in one language, that of its capability's text, and not in the partner's where that text is missing. The
trap: the form below the bot's part. Its headings stay as they were when the issue was made, so `evidence` knows them
in every language.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from functools import lru_cache

from app.journey import evidence, markers
from app.journey.catalogue import Catalogue, Message, message
from app.journey.items import STATUS_PAGE
from app.journey.model import Capability, Evidence, Journey
from app.journey.prose.scene import Scene
from app.journey.text import plain

_KINDS: Mapping[Evidence, Message] = {
    "none": message("none needed"), "note": message("a short note"), "link": message("a link")
}  # fmt: skip
_FINISH: Mapping[Evidence, Message] = {
    "none": message("Tick what is done, close the issue."),
    "note": message("Tick what is done, write a note as evidence below or in a comment, close the issue."),
    "link": message("Tick what is done, put the link to your evidence below or in a comment, close the issue."),
}


def capability_body(journey: Journey, capability: Capability, required_from: date | None = None) -> str:
    """The part of a capability issue that the bot owns; also the issue template in the repository.

    `required_from`: the day from which it holds a stage that this partner had begun before it was added.
    """
    return _body(journey, capability.id, required_from)


@lru_cache(maxsize=4_096)
def _body(journey: Journey, name: str, required_from: date | None) -> str:
    """Remembered: partners of one kind have the same journey, and every look compares all the issues."""
    capability = journey.capability(name)
    say, days = journey.speaks(capability), capability.days
    kind = say("Optional, never holds a stage")
    if capability.required:
        kind = say("Required from {day}", day=required_from) if required_from else say("Required")
    stage = journey.stage_of(capability)
    known = {x.id: x for x in journey.capabilities}
    after = [plain(known[c].title_in(say.language)) for c in capability.after if c in known]
    since = (
        say.count(days, "{number} day from then", "{number} days from then")
        if after
        else say.count(days, "{number} day from the start of the stage", "{number} days from the start of the stage")
    )
    facts = [
        f"**{say('Stage')}:** {plain(stage.title)}",
        f"**{kind}**",
        f"**{say('Who')}:** {plain(capability.text.who)}",
        f"**{say('Verified by')}:** {plain(capability.text.verifier)}",
        f"**{say('Evidence')}:** {say.tell(_KINDS[capability.evidence])}",
        f"**{say('Typical time')}:** {since}",
    ]
    if after:
        facts.insert(-1, f"**{say('After')}:** {'; '.join(after)}")
    if capability.needs:
        needs = (f"{count} {plain(say.of_journey(what))}" for what, count in capability.needs.items())
        facts.append(f"**{say('Needs')}:** {', '.join(needs)}")
    if capability.valid_days:
        valid = say.count(capability.valid_days, "{number} day, then renewed", "{number} days, then renewed")
        facts.append(f"**{say('Valid for')}:** {valid}")
    return "\n\n".join([" · ".join(facts), capability.text.body.strip(), _how_to_finish(capability, say)])


def _how_to_finish(capability: Capability, say: Catalogue) -> str:
    never = say("Please write no customer names, prices, licence keys or personal data in this project.")
    return "\n".join(
        [
            f"## {say('How to finish')}",
            "",
            f"{say.tell(_FINISH[capability.evidence])} {say('Closed by mistake? Reopen it, nothing is lost.')}",
            "",
            f"> {never}",
            "",
            f"**{say.tell(evidence.ANSWER)}:** {plain(capability.text.question)}",
        ]
    )


def _notes_below(say: Catalogue) -> str:
    """The form for people, which the bot writes once and then only reads."""
    return "\n\n".join(
        [
            f"## {say('Evidence and notes')}",
            f"*{say('This part is yours: the bot never changes it.')}*",
            f"**{say.tell(evidence.EVIDENCE)}:**",
            f"**{say.tell(evidence.ANSWER)}:**\n",
        ]
    )


def capability_description(journey: Journey, capability: Capability, required_from: date | None = None) -> str:
    """The whole description of a new capability issue; `required_from` as in `capability_body`."""
    body, below = capability_body(journey, capability, required_from), _notes_below(journey.speaks(capability))
    return f"{markers.mark('capability', capability.id)}\n{markers.section(body)}\n\n{below}"


def double_description(scene: Scene, text: str, name: str) -> str:
    """Description of an issue that exists twice: says where the work goes on, and is never counted again."""
    kept = markers.without("page" if name == STATUS_PAGE else "capability", text)
    note = scene.say(
        "This issue was made twice by mistake. Please go on in {reference}; what was written here is kept below.",
        reference=scene.reference(name),
    )
    return f"{markers.mark('double', name)}\n{note}\n\n{kept}"


def template_file(journey: Journey, capability: Capability) -> str:
    return f"{capability_body(journey, capability)}\n\n{_notes_below(journey.speaks(capability))}"
