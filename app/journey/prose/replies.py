"""What the bot answers on an issue: to a closing, a label, a command, and the reminder of a stalled partner.

One reply for one cause, found again by its mark. Each says what to do next. No reply calls anybody but the one who is
answered.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date

from app.journey import labels, markers
from app.journey.commands import USAGES
from app.journey.judge import Reply
from app.journey.progress import CapabilityProgress
from app.journey.prose.parts import counted, linked, people
from app.journey.prose.scene import Scene
from app.journey.prose.states import MEANINGS
from app.journey.text import code, plain, written

_WHO = {"everyone": "everyone here", "architects": "solution architects", "architects and managers": "our side"}


def reply(scene: Scene, answer: Reply) -> str:
    """The whole comment with its mark."""
    item = scene.progress.item(answer.name)
    call = f"@{answer.to} " if answer.to else ""
    return f"{markers.mark('comment', answer.mark)}\n{call}{_TEXTS[answer.about](scene, item, answer.words)}"


def command_table() -> str:
    """Every command with who may use it; made from the table that the parser uses."""
    rows = [f"| `{u.line}` | {_WHO[u.who]} | {u.does} |" for u in USAGES]
    return "\n".join(["| Command | Who | What it does |", "| --- | --- | --- |", *rows])


def nudge(scene: Scene, mark: str, since: date) -> str:
    """The reminder of a partner whose stage stands still; at most one in the time that the policy says."""
    stage = scene.stage
    runs = [stage, *(run.stage for run in scene.practices)]
    ready = [i for each in runs if each for i in each.required if not i.counts][:3]
    lines = [f"- {linked(i, scene)}" for i in ready]
    return "\n".join(
        [
            markers.mark("comment", mark),
            f"@{scene.partner.people.lead} nothing has moved here since {written(since)}. The next steps would be:",
            "",
            *lines,
            "",
            f"Is something in the way? Say so here and mention {code(scene.partner.people.sa)}. "
            f"No reminders wanted for a while? Set the label `{labels.QUIET}` on this issue.",
        ]
    )


def retired(scene: Scene, mark: str, name: str) -> str:
    """The one word about a capability that is not part of this partner's journey any more."""
    skip = next((s for s in scene.partner.skip if s.capability == name), None)
    why = f" ({plain(skip.reason)})" if skip else ""
    return (
        f"{markers.mark('comment', mark)}\n"
        f"This is not part of your journey any more{why}: it is not counted, and nobody "
        "waits for it. Nothing that was written here is lost. Finish it if it is of use to you, or close it; either "
        f"is fine. Does it surprise you? Ask {code(scene.partner.people.sa)}."
    )


def _evidence(scene: Scene, item: CapabilityProgress | None, _words: tuple[str, ...]) -> str:
    link = item is not None and item.capability.evidence == "link"
    what = "a link or an uploaded file" if link else "a short note"
    return (
        f"This issue asks for evidence and has none yet, so it is open again. Please add {what} under **Evidence** "
        "above or in a comment, then close it. "
        f"Nothing to show? Close it anyway, and {code(scene.partner.people.sa)} will look at it."
    )


def _dropped(scene: Scene, _item: CapabilityProgress | None, words: tuple[str, ...]) -> str:
    how = {"moved": "moved to another project", "duplicate": "a duplicate"}.get(words[0], "not to be done")
    return (
        f"This issue was closed as {how}. That does not count as done. Is it done? Reopen it and close it as done. "
        f"Is it not needed? Ask {code(scene.partner.people.sa)} to waive it."
    )


def _label(scene: Scene, _item: CapabilityProgress | None, _words: tuple[str, ...]) -> str:
    return (
        f"thank you, but the label `{labels.VERIFIED}` counts only when a solution architect sets it, so it is gone "
        f"again. Close the issue when it is done; {code(scene.partner.people.sa)} then confirms it."
    )


def _review(scene: Scene, _item: CapabilityProgress | None, _words: tuple[str, ...]) -> str:
    architect = code(scene.partner.people.sa)
    return (
        f"thank you, but this review is for {architect}, and only a solution architect's closing counts. It can stay "
        f"closed: {architect} looks at the stage and confirms it, or opens it again. Nothing to do for you here."
    )


def _renewal(scene: Scene, item: CapabilityProgress | None, words: tuple[str, ...]) -> str:
    who = people(item, scene) if item else code(scene.partner.people.lead)
    until = written(date.fromisoformat(words[0]))
    return (
        f"This counts until {until} and is open again so that it can be renewed in time. "
        f"{who}: do the steps again, add the new evidence, and close it by {until}."
    )


def _status(scene: Scene, item: CapabilityProgress | None, _words: tuple[str, ...]) -> str:
    if item is None:
        return _page_status(scene, item, _words)
    counts = "It counts." if item.counts else "It does not count yet."
    return f"{plain(item.capability.title)} is **{item.state}**: {plain(item.why)}. {counts} {_next_step(scene, item)}"


def _next_step(scene: Scene, item: CapabilityProgress) -> str:
    meaning = MEANINGS[item.state]
    if meaning.who == "nobody":
        return "Nothing to do here now."
    who = code(scene.partner.people.sa) if meaning.who == "architect" or item.waiting else people(item, scene)
    does = MEANINGS["pending"].does if item.waiting else meaning.does
    return f"Next: {who} {does}."


def _page_status(scene: Scene, _item: CapabilityProgress | None, _words: tuple[str, ...]) -> str:
    stage = scene.stage
    if stage is None:
        return "All stages are done. Reopen an issue when something must be done again."
    waits = f", {len(scene.progress.waiting)} waiting for a solution architect" if scene.progress.waiting else ""
    return (
        f"{plain(stage.stage.title)}: {counted(stage, ' required capabilities done')}, {stage.percent} %"
        f"{waits}. What is next stands in the description above."
    )


def _fixed(text: str) -> Callable[[Scene, CapabilityProgress | None, tuple[str, ...]], str]:
    return lambda _scene, _item, _words: text


_TEXTS: Mapping[str, Callable[[Scene, CapabilityProgress | None, tuple[str, ...]], str]] = {
    "evidence": _evidence,
    "dropped": _dropped,
    "label": _label,
    "renewal": _renewal,
    "review": _review,
    "reject-review": _fixed(
        "this review is open, so there is nothing to take back. Nothing was changed. Is something of the stage not "
        "enough? Reject that capability on its own issue: this review then waits until it counts again."
    ),
    "status": _status,
    "page-status": _page_status,
    "help": lambda _scene, _item, _words: f"write one of these on the first line of a comment:\n\n{command_table()}",
    "misuse": lambda _scene, _item, words: f"{words[0]} Nothing was changed. Try: `{words[1]}`",
    "forbidden": lambda scene, _item, words: (
        f"`/journey {words[0]}` is for solution architects. Nothing was changed. Ask {code(scene.partner.people.sa)}."
    ),
    "verify-open": _fixed(
        "this issue was not closed as done when you wrote that. Nothing was changed. Close it yourself: your closing "
        "confirms it."
    ),
    "waived-by-file": _fixed(
        "this waiver stands in the partner file. Nothing was changed. Remove it there, in the control project."
    ),
    "not-waived": _fixed("this capability is not waived. Nothing was changed. `/journey status` says how it stands."),
    "nothing-to-undo": _fixed(
        "there is nothing that you can take back here. Nothing was changed. `/journey status` says how it stands."
    ),
    "not-here": _fixed("that command belongs on the issue of a capability. Nothing was changed. Write it there."),
}
