"""What each state of a capability means and what happens next: one table for answers in GitLab and for the document.

The trap: a document that explains other rules than the bot follows. Both are made from this.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from app.journey.catalogue import Message, message
from app.journey.progress import COUNTING, State


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


def states_table() -> str:
    """All states for `docs/journey.md`."""
    rows = ["| State | What it means | Counts | What happens next |", "| --- | --- | --- | --- |"]
    for state, meaning in MEANINGS.items():
        then = f"{_WHO[meaning.who]} {meaning.does}." if meaning.who in _WHO else ""
        rows.append(f"| {state} | {meaning.means} | {'yes' if state in COUNTING else 'no'} | {then} |")
    return "\n".join(rows)
