"""What each state of a capability means and what happens next: one table for answers in GitLab and for the document.

The trap: a document that explains other rules than the bot follows. Both are made from this.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from app.journey.capability_state import COUNTING, REASONS, State
from app.journey.catalogue import Message, message
from app.journey.model import Policy


@dataclass(frozen=True)
class Meaning:
    """`who` acts next: whoever does the work, the solution architect, or nobody. `means` is for the document only."""

    name: Message
    means: str
    who: Literal["owner", "architect", "nobody"]
    does: Message | None = None


MEANINGS: Mapping[State, Meaning] = {
    "not started": Meaning(
        message("not started"), "Its stage has not begun; the issue opens with the stage.", "nobody"
    ),
    "open": Meaning(
        message("open"), "There is work to do.", "owner",
        message("does the steps, adds the evidence and closes the issue"),
    ),
    "pending": Meaning(
        message("pending"), "Closed, and a solution architect has to say whether that is enough.", "architect",
        message("looks at the evidence, then confirms it or opens the issue again"),
    ),
    "done": Meaning(message("done"), "Closed as done; at a gate, confirmed.", "nobody"),
    "waived": Meaning(
        message("waived"), "Not done, and counted until the last day of a waiver that has a reason and a name.",
        "owner", message("does it before the waiver ends, if it is needed after all"),
    ),
    "renewing": Meaning(
        message("renewing"), "It was done, its time is running out, and its issue is open again.", "owner",
        message("does the steps again, adds the new evidence and closes the issue before the day"),
    ),
    "expired": Meaning(
        message("expired"), "Its time is over and it was not renewed.", "owner",
        message("does the steps again, adds the new evidence and closes the issue"),
    ),
    "dropped": Meaning(
        message("dropped"),
        'Closed as moved, as a duplicate or as "won\'t do", which says that it was not done.', "owner",
        message("opens the issue again and closes it as done, or asks the solution architect for a waiver"),
    ),
}  # fmt: skip

_WHO = {"owner": "Whoever it is assigned to", "architect": "The solution architect"}


Where = Literal["status issue", "`/journey status`", "status issue, `/journey status`"]


@dataclass(frozen=True)
class Word:
    """What else a partner reads of itself or of a part of its journey. `word`: a piece of what is said."""

    of: Literal["capability", "practice", "stage", "partner"]
    word: str
    means: str
    where: Where


_BOTH: Where = "status issue, `/journey status`"
WORDS: tuple[Word, ...] = (
    Word("capability", "after: …", "Blocked: another capability comes first. It may be closed before.", _BOTH),
    Word("capability", "required from …", "New in a stage that had begun; it holds that stage from this day.", _BOTH),
    Word("capability", "Waiting since …", "Pending since that day, or a review that is due.", "status issue"),
    Word("capability", "Not applicable", "Skipped in the partner file, with a reason; in no count.", "status issue"),
    Word("capability", "Not counted any more", "Left the journey while its issue was open: retired.", "status issue"),
    Word("practice", "not yet", "Its joint win does not count yet, so its later stages are locked.", "status issue"),
    Word("practice", "verified", "Its joint win counts: the later stages are open.", "status issue"),
    Word("practice", "waived", "Its joint win is waived: the stages are open, and no win is counted.", "status issue"),
    Word("practice", "complete", "All of its stages are done.", "status issue"),
    Word("stage", "later", "Not begun.", "status issue"),
    Word("stage", "since …", "The present one.", "status issue"),
    Word("stage", "done", "All that it requires counts.", "status issue"),
    Word("stage", "open again", "It was done, and something that it requires does not count now.", "status issue"),
    Word("stage", "review of the stage opens by itself", "Done; its review follows the quiet time.", "status issue"),
    Word("stage", "looks at the stage as a whole", "The review is open and waits for the architect.", "status issue"),
    Word("partner", "At risk until …", "A reached stage has lost something; after the day it is lost.", _BOTH),
    Word("partner", "Nothing has moved since …",
         f"Stalled: no activity for the journey's `stalled_days` ({Policy().stalled_days} by default), and it is the "
         "partner's turn.", "`/journey status`"),
    Word("partner", "waiting for a solution architect", "Something is pending: it is our turn.", "`/journey status`"),
    Word("partner", "has completed the", "All stages are done.", "status issue"),
)  # fmt: skip


def states_table() -> str:
    """All states for `docs/journey.md`, each with every reason that the bot gives."""
    rows = [
        "| State | What it means | Counts | What happens next | Why, in the bot's words |",
        "| --- | --- | --- | --- | --- |",
    ]
    for state, meaning in MEANINGS.items():
        then = f"{_WHO[meaning.who]} {meaning.does}." if meaning.who in _WHO else ""
        why = "; ".join(f"*{_with_gaps(reason.english)}*" for reason in REASONS[state])
        counts = "yes" if state in COUNTING else "no"
        rows.append(f"| {state} | {meaning.means} | {counts} | {then} | {why} |")
    return "\n".join(rows)


def words_table() -> str:
    """All other words for `docs/journey.md`."""
    rows = ["| Of | Words | What they mean | Where |", "| --- | --- | --- | --- |"]
    rows += [f"| {word.of} | {word.word} | {word.means} | {word.where} |" for word in WORDS]
    return "\n".join(rows)


def _with_gaps(english: str) -> str:
    return re.sub(r"\{\w+\}", "…", english)
