"""What people wrote into a capability issue: the evidence, and the answer to its question.

Both may stand in the part below the bot's section or in comments. The trap: taking the bot's own words, or an empty
form, for evidence.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from app.journey import markers
from app.journey.catalogue import message
from app.journey.commands import is_command
from app.journey.model import Capability
from app.journey.observed import Issue, Note

EVIDENCE = message("Evidence")
ANSWER = message("One thing the next partner should know")

_LINK = re.compile(r"https?://[^\s/$.?#]+\.[^\s]+|https?://localhost\S*|/uploads/[0-9a-f]{8,}/\S+", re.IGNORECASE)
_COMMENT = re.compile(r"<!--.*?(-->|$)", re.DOTALL)
_HEADING = re.compile(r"^\s*\*\*(?P<name>[^*\n]+?):?\*\*:?", re.MULTILINE)


def heading_in(description: str, headings: Sequence[str]) -> str | None:
    """The one of the headings that stands outside the bot's section, or None where somebody took the form away."""
    found = {match["name"].strip() for match in _HEADING.finditer(markers.without_section(description))}
    return next((heading for heading in headings if heading in found), None)


def block(description: str, headings: Sequence[str]) -> str:
    """What a person wrote below `**heading:**` outside the bot's section, without comments, or an empty text.

    `headings`: the same one in every language.
    """
    text = _COMMENT.sub("", markers.without_section(description))
    found = list(_HEADING.finditer(text))
    for index, match in enumerate(found):
        if match["name"].strip() in headings:
            end = found[index + 1].start() if index + 1 < len(found) else len(text)
            return text[match.end() : end].strip()
    return ""


def is_given(capability: Capability, issue: Issue, comments: tuple[Note, ...]) -> bool:
    """Whether the evidence that the capability asks for is there."""
    if capability.evidence == "none":
        return True
    written = [block(issue.description, capability.form.evidence)]
    written += [_COMMENT.sub("", n.body) for n in comments if not n.by_bot and not is_command(n.body)]
    if capability.evidence == "link":
        return any(_LINK.search(text) for text in written)
    return any(re.search(r"\w", text) for text in written)
