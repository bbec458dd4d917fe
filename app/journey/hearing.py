"""What people ask for in comments: each command is obeyed or answered once, in the order in which they were written.

The trap: a command that is done twice, or by one who only says that he may. Who may is GitLab's to say, and a judgement
remembers the last comment that was heard.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from app.journey.catalogue import Message
from app.journey.commands import Command, Misuse, read_command
from app.journey.decisions import Close, Decision, React, Reopen, Reply
from app.journey.items import STATUS_PAGE, is_done
from app.journey.observed import Issue, Note, Observed
from app.journey.questions import is_new_command
from app.journey.record import CommandWaiver, Judgement, Record
from app.journey.trial import Trial


def hear(trial: Trial, issue: Issue) -> None:
    """All commands on a capability's issue that were not heard yet."""
    for note in sorted(trial.comments or (), key=lambda n: n.number):
        if is_new_command(note, trial.judgement):
            command = read_command(note.body, trial.now.date())
            if isinstance(command, Misuse):
                _answer(trial, issue, note, "misuse", command.what, command.usage)
            elif command is not None:
                _obey(trial, issue, note, command)
            trial.set(answered=note.number)


def _obey(trial: Trial, issue: Issue, note: Note, command: Command) -> None:
    architect = trial.is_architect(note.author)
    allowed = command.who == "everyone" or architect
    allowed = allowed or (command.who == "architects and managers" and trial.is_manager(note.author))
    if not allowed:
        _answer(trial, issue, note, "forbidden", command.verb)
        return
    match command.verb:
        case "status" | "help":
            _answer(trial, issue, note, command.verb)
        case "verify":
            _verify(trial, issue, note)
        case "reject":
            _reject(trial, issue, note)
        case "waive" if command.until is not None:
            waiver = CommandWaiver(command.until, command.reason, note.author)
            _change(trial, issue, note, waiver=waiver)
        case "unwaive":
            _unwaive(trial, issue, note)
        case _:
            _undo(trial, issue, note, architect=architect)


def _change(trial: Trial, issue: Issue, note: Note, **changes: object) -> None:
    """Does what was asked, keeps how it was for `undo`, and shows it by a thumb."""
    was = replace(trial.judgement, was=None, was_closed=False)
    trial.set(**changes, was=was, was_closed=issue.state == "closed")
    trial.decisions.append(React(trial.capability.id, note.id))


def _is_closed_for(issue: Issue, note: Note) -> bool:
    return is_done(issue) and issue.closed_at is not None and note.created_at >= issue.closed_at


def _verify(trial: Trial, issue: Issue, note: Note) -> None:
    if not _is_closed_for(issue, note):
        _answer(trial, issue, note, "verify-open")
        return
    trial.decisions = [d for d in trial.decisions if not _asks_for_evidence(d)]  # the SA's word stands above it
    was = trial.judgement
    trial.accept(issue, by=note.author, at=note.created_at)
    accepted, trial.judgement = trial.judgement, was
    _change(
        trial, issue, note, closing=accepted.closing, accepted=True, decided=accepted.decided, by=note.author,
        valid_until=accepted.valid_until,
    )  # fmt: skip


def _reject(trial: Trial, issue: Issue, note: Note) -> None:
    if not _is_closed_for(issue, note):
        if trial.capability.review:
            _answer(trial, issue, note, "reject-review")
        else:
            trial.decisions.append(React(trial.capability.id, note.id))  # the SA has opened it again already
        return
    was = trial.judgement
    trial.wait_is_over(note.created_at)
    waited, trial.judgement = trial.judgement.waited, was
    _change(
        trial, issue, note, closing=None, accepted=False, decided=None, by=None, valid_until=None, waited=waited
    )  # fmt: skip
    trial.reopen(issue, "the SA rejected it")


def _unwaive(trial: Trial, issue: Issue, note: Note) -> None:
    if trial.judgement.waiver is not None:
        _change(trial, issue, note, waiver=None)
    elif any(w.capability == trial.capability.id for w in trial.partner.waivers):
        _answer(trial, issue, note, "waived-by-file")
    else:
        _answer(trial, issue, note, "not-waived")


def _undo(trial: Trial, issue: Issue, note: Note, *, architect: bool) -> None:
    was = trial.judgement.was
    if architect and was is not None:
        was_closed = trial.judgement.was_closed
        now = trial.judgement
        if issue.state == "closed" and was.closing != now.closing:  # closed since: the command had no part in that
            was = replace(was, closing=now.closing, accepted=now.accepted, decided=now.decided, by=now.by,
                          valid_until=now.valid_until)  # fmt: skip
        trial.judgement = replace(was, answered=now.answered, new_since=now.new_since)
        trial.decisions.append(React(trial.capability.id, note.id))
        if was_closed and issue.state == "open":
            trial.decisions.append(Close(trial.capability.id, issue.id, "the rejection was taken back"))
    elif _is_closed_for(issue, note) and (architect or trial.judgement.by is None):
        trial.set(closing=None, accepted=False, decided=None, by=None, valid_until=None)
        trial.decisions.append(React(trial.capability.id, note.id))
        trial.reopen(issue, "the closing was taken back")
    else:
        _answer(trial, issue, note, "nothing-to-undo")


def _answer(trial: Trial, issue: Issue, note: Note, about: str, *words: str | Message) -> None:
    trial.reply(issue, f"answer/{note.number}", about, *words, to=note.author)


def _asks_for_evidence(decision: Decision) -> bool:
    return isinstance(decision, Reopen) or (isinstance(decision, Reply) and decision.about == "evidence")


_ON_PAGE = {"status": "page-status", "help": "help"}
_ON_RETIRED = {"help": "help"}


def hear_outside(
    name: str, issues: tuple[Issue, ...], observed: Observed, record: Record, now: datetime
) -> tuple[Judgement, list[Decision]]:
    """Commands where there is nothing to judge: the status issue takes `status` and `help`, an issue of what has left
    the journey only `help`; whatever else is asked gets one reply that says so."""
    judgement, decisions = record.judgement(name), list[Decision]()
    answered = judgement.answered
    known, otherwise = (_ON_PAGE, "not-here") if name == STATUS_PAGE else (_ON_RETIRED, "retired-here")
    read: Mapping[str, tuple[Note, ...]] = observed.project.comments if observed.project else {}
    notes = [(issue, note) for issue in issues for note in read.get(issue.id, ())]
    told = {note.told for _, note in notes}
    for issue, note in sorted(notes, key=lambda pair: pair[1].number):
        if not is_new_command(note, judgement):
            continue
        command = read_command(note.body, now.date())
        words: tuple[str | Message, ...] = ()
        if isinstance(command, Misuse):
            about, words = "misuse", (command.what, command.usage)
        else:
            about = known.get(command.verb, otherwise) if command is not None else otherwise
        mark = f"answer/{note.number}"
        if mark not in told:
            decisions.append(Reply(name, issue.id, mark, about, words, note.author))
        answered = note.number
    return replace(judgement, answered=answered), decisions
