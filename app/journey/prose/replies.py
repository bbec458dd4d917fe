"""What the bot answers on an issue: to a closing, a label, a command, and the reminder of a stalled partner.

One reply for one cause, found again by its mark. Each says what to do next. No reply calls anybody but the one who is
answered.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date

from app.journey import evidence, labels, markers
from app.journey.capability_state import CapabilityProgress
from app.journey.catalogue import IN_ENGLISH, Catalogue, Message, message
from app.journey.commands import USAGES
from app.journey.decisions import Reply
from app.journey.prose.parts import counted_in_words, grace_end, linked, people
from app.journey.prose.scene import Scene
from app.journey.prose.states import MEANINGS
from app.journey.text import code, plain

_WHO = {
    "everyone": message("everyone here"),
    "architects": message("solution architects"),
    "architects and managers": message("our side"),
}
_Words = tuple[str | Message, ...]
_Text = Callable[[Scene, CapabilityProgress | None, _Words], str]


def reply(scene: Scene, answer: Reply) -> str:
    """The whole comment with its mark."""
    item = scene.progress.item(answer.name)
    call = f"@{answer.to} " if answer.to else ""
    return f"{markers.mark('comment', answer.mark)}\n{call}{_TEXTS[answer.about](scene, item, answer.words)}"


def command_table(say: Catalogue = IN_ENGLISH) -> str:
    """Every command with who may use it; made from the table that the parser uses."""
    rows = [f"| `{u.line}` | {say.tell(_WHO[u.who])} | {say.tell(u.does)} |" for u in USAGES]
    head = f"| {say('Command')} | {say('Who')} | {say('What it does')} |"
    return "\n".join([head, "| --- | --- | --- |", *rows])


def nudge(scene: Scene, mark: str, since: date) -> str:
    """The reminder of a partner whose stage stands still; at most one in the time that the policy says."""
    say, stage, people = scene.say, scene.stage, scene.partner.people
    runs = [stage, *(run.stage for run in scene.practices)]
    ready = [i for each in runs if each for i in each.required if not i.counts][:3]
    lines = [f"- {linked(i, scene)}" for i in ready]
    return "\n".join(
        [
            markers.mark("comment", mark),
            f"@{people.lead} {say('nothing has moved here since {day}. The next steps would be:', day=since)}",
            "",
            *lines,
            "",
            say(
                "Is something in the way? Say so here and mention {architect}. "
                "No reminders wanted for a while? Set the label {label} on this issue.",
                architect=code(people.sa),
                label=f"`{labels.QUIET}`",
            ),
        ]
    )


def retired(scene: Scene, mark: str, name: str) -> str:
    """The one word about a capability that is not part of this partner's journey any more."""
    skip = next((s for s in scene.partner.skip if s.capability == name), None)
    text = scene.say(
        "This is not part of your journey any more{why}: it is not counted, and nobody "
        "waits for it. Nothing that was written here is lost. Finish it if it is of use to you, or close it; either "
        "is fine. Does it surprise you? Ask {architect}.",
        why=f" ({plain(skip.reason)})" if skip else "", architect=code(scene.partner.people.sa),
    )  # fmt: skip
    return f"{markers.mark('comment', mark)}\n{text}"


def _evidence(scene: Scene, item: CapabilityProgress | None, _words: _Words) -> str:
    say, link = scene.say, item is not None and item.capability.evidence == "link"
    what = message("a link or an uploaded file") if link else message("a short note")
    text = item.issue.description if item and item.issue else ""
    heading = evidence.heading_in(text, item.capability.form.evidence) if item else None
    return say(
        "This issue asks for evidence and has none yet, so it is open again. Please add {what} under **{heading}** "
        "above or in a comment, then close it. Nothing to show? Close it anyway, and {architect} will look at it.",
        what=what, heading=heading or evidence.EVIDENCE, architect=_architect(scene),
    )  # fmt: skip


def _dropped(scene: Scene, _item: CapabilityProgress | None, words: _Words) -> str:
    kinds = {
        "moved": message("This issue was closed as moved to another project."),
        "duplicate": message("This issue was closed as a duplicate."),
    }
    how = scene.say.tell(kinds.get(str(words[0]), message("This issue was closed as not to be done.")))
    then = scene.say(
        "That does not count as done. Is it done? Reopen it and close it as done. "
        "Is it not needed? Ask {architect} to waive it.",
        architect=_architect(scene),
    )
    return f"{how} {then}"


def _label(scene: Scene, _item: CapabilityProgress | None, _words: _Words) -> str:
    return scene.say(
        "thank you, but the label {label} counts only when a solution architect sets it, so it is gone "
        "again. Close the issue when it is done; {architect} then confirms it.",
        label=f"`{labels.VERIFIED}`", architect=_architect(scene),
    )  # fmt: skip


def _renewal(scene: Scene, item: CapabilityProgress | None, words: _Words) -> str:
    return scene.say(
        "This counts until {until} and is open again so that it can be renewed in time. "
        "{who}: do the steps again, add the new evidence, and close it by {until}.",
        until=date.fromisoformat(str(words[0])),
        who=people(item, scene) if item else code(scene.partner.people.lead),
    )


def _review(scene: Scene, _item: CapabilityProgress | None, _words: _Words) -> str:
    return scene.say(
        "thank you, but this review is for {architect}, and only a solution architect's closing counts. It can stay "
        "closed: {architect} looks at the stage and confirms it, or opens it again. Nothing to do for you here.",
        architect=_architect(scene),
    )


def _status(scene: Scene, item: CapabilityProgress | None, words: _Words) -> str:
    if item is None:
        return _page_status(scene, item, words)
    say = scene.say
    counts = say("It counts.") if item.counts else say("It does not count yet.")
    state = say(
        "{title} is **{state}**: {why}.",
        title=plain(scene.title(item.capability)), state=MEANINGS[item.state].name, why=plain(say.tell(item.because)),
    )  # fmt: skip
    parts = [state, counts, _comes_after(scene, item), _holds_later(scene, item), _next_step(scene, item)]
    return " ".join(filter(None, parts))


def _comes_after(scene: Scene, item: CapabilityProgress) -> str:
    if not item.blocked_by:
        return ""
    before = ", ".join(plain(scene.title_of(name)) for name in item.blocked_by)
    return scene.say("It is blocked (after: {before}), and may be closed before.", before=before)


def _holds_later(scene: Scene, item: CapabilityProgress) -> str:
    return scene.say("It is required from {day}.", day=item.required_from) if item.required_from else ""


def _next_step(scene: Scene, item: CapabilityProgress) -> str:
    meaning = MEANINGS["pending" if item.waiting else item.state]
    if MEANINGS[item.state].who == "nobody" or meaning.does is None:
        return scene.say("Nothing to do here now.")
    who = _architect(scene) if meaning.who == "architect" else people(item, scene)
    return scene.say("Next: {who} {does}.", who=who, does=meaning.does)


def _page_status(scene: Scene, _item: CapabilityProgress | None, _words: _Words) -> str:
    say, stage = scene.say, scene.stage
    if stage is None:
        return say("All stages are done. Reopen an issue when something must be done again.")
    waiting = len(scene.progress.waiting)
    waits = ", " + say("{waiting} waiting for a solution architect", waiting=waiting) if waiting else ""
    said = [f"{plain(stage.stage.title)}: {counted_in_words(stage, scene)}, {stage.percent} %{waits}."]
    if scene.announced.at_risk_since is not None:
        said.append(say("At risk until {day}: see what is open again.", day=grace_end(scene)))
    since = scene.progress.stalled_since(scene.journey, scene.now)
    if since is not None:
        said.append(say("Nothing has moved since {day}.", day=since))
    return " ".join([*said, say("What is next stands in the description above.")])


def _help(scene: Scene, _item: CapabilityProgress | None, _words: _Words) -> str:
    return f"{scene.say('write one of these on the first line of a comment:')}\n\n{command_table(scene.say)}"


def _misuse(scene: Scene, _item: CapabilityProgress | None, words: _Words) -> str:
    what, usage = words
    wrong = scene.say.tell(what) if isinstance(what, Message) else what
    return f"{wrong} {scene.say('Nothing was changed. Try: {usage}', usage=f'`{usage}`')}"


def _forbidden(scene: Scene, _item: CapabilityProgress | None, words: _Words) -> str:
    return scene.say(
        "{command} is for solution architects. Nothing was changed. Ask {architect}.",
        command=f"`/journey {words[0]}`", architect=_architect(scene),
    )  # fmt: skip


def _architect(scene: Scene) -> str:
    return code(scene.partner.people.sa)


def _fixed(said: Message) -> _Text:
    return lambda scene, _item, _words: scene.say.tell(said)


_TEXTS: Mapping[str, _Text] = {
    "evidence": _evidence,
    "dropped": _dropped,
    "label": _label,
    "renewal": _renewal,
    "review": _review,
    "reject-review": _fixed(
        message(
            "this review is open, so there is nothing to take back. Nothing was changed. Is something of the stage not "
            "enough? Reject that capability on its own issue: this review then waits until it counts again."
        )
    ),
    "status": _status,
    "page-status": _page_status,
    "help": _help,
    "misuse": _misuse,
    "forbidden": _forbidden,
    "verify-open": _fixed(
        message(
            "this issue was not closed as done when you wrote that. Nothing was changed. Close it yourself: your "
            "closing confirms it."
        )
    ),
    "waived-by-file": _fixed(
        message("this waiver stands in the partner file. Nothing was changed. Remove it there, in the control project.")
    ),
    "not-waived": _fixed(
        message("this capability is not waived. Nothing was changed. `/journey status` says how it stands.")
    ),
    "nothing-to-undo": _fixed(
        message(
            "there is nothing that you can take back here. Nothing was changed. `/journey status` says how it stands."
        )
    ),
    "not-here": _fixed(
        message("that command belongs on the issue of a capability. Nothing was changed. Write it there.")
    ),
    "retired-here": _fixed(
        message(
            "this is not part of your journey any more, so nothing is counted or confirmed here. Nothing was changed. "
            "What is next stands in the status issue."
        )
    ),
}
