"""What a closing is worth, and what people asked for in comments: closings, labels and commands to judgements.

Closed is a claim. It counts once the evidence is there and, at a gate, once a solution architect has confirmed it.
Only GitLab's own history says who closed an issue or set a label; `questions.py` names what has to be asked for besides
the observation. The trap: trusting a name in a text or a label that anybody can set.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from app.journey import evidence, labels, markers
from app.journey.catalogue import Message
from app.journey.commands import Command, Misuse, read_command
from app.journey.decisions import Close, Decision, React, Reopen, Reply
from app.journey.items import STATUS_PAGE, Item, Sorted, is_done, status_issue
from app.journey.model import Capability, Partner
from app.journey.observed import Approval, Issue, Note, Observed
from app.journey.questions import is_new_command
from app.journey.record import CommandWaiver, Judgement, Record

RENEW_BEFORE = timedelta(days=30)
PATIENCE = timedelta(minutes=1)  # people add the link right after closing, and GitLab shows some comments late


@dataclass(frozen=True)
class Judged:
    """The record as it must be afterwards, and what has to be done in GitLab before it is written."""

    record: Record
    decisions: tuple[Decision, ...] = ()

    def reopened(self, name: str) -> bool:
        return any(isinstance(d, Reopen) and d.name == name for d in self.decisions)

    def closed(self, name: str) -> bool:
        return any(isinstance(d, Close) and d.name == name for d in self.decisions)


def judge(found: Sorted, partner: Partner, observed: Observed, record: Record, now: datetime) -> Judged:
    """Judges every capability's closing and answers every command that was not answered yet."""
    judgements = dict(record.judgements)
    decisions: list[Decision] = []
    for name, item in found.items.items():
        case = _Case(item, partner, observed, record, now)
        judgements[name] = case.decide()
        decisions += case.decisions
    page = status_issue(observed)
    if page is not None:
        judgements[STATUS_PAGE], answers = _hear_outside(STATUS_PAGE, (page,), observed, record, now)
        decisions += answers
    for name, issues in found.left_behind.items():
        judgements[name], answers = _hear_outside(name, issues, observed, record, now)
        decisions += answers
    kept = {name: judgement for name, judgement in judgements.items() if not judgement.empty}
    changes = [i.updated_at for i in observed.project.issues] if observed.project else []
    heard = max(changes, default=record.heard)
    return Judged(replace(record, judgements=kept, heard=heard, complete=True), tuple(decisions))


class _Case:
    """One capability's issue before the judge. `decide` gives the new judgement and fills `decisions`."""

    def __init__(self, item: Item, partner: Partner, observed: Observed, record: Record, now: datetime) -> None:
        self._capability: Capability = item.capability
        self._issue = item.issue
        self._partner = partner
        self._record = record
        self._now = now
        self._answers = observed.answers
        self._bot = observed.place.bot
        self._own_people = frozenset(partner.partner_side)
        read = observed.project.comments if observed.project else {}
        self._comments: tuple[Note, ...] | None = read.get(item.issue.id) if item.issue else None
        self._told = {markers.find("comment", n.body) for n in self._comments or () if n.by_bot}
        self._judgement = record.judgement(item.capability.id)
        self.decisions: list[Decision] = []

    def decide(self) -> Judgement:
        """The judgement after everything that is there to see now."""
        waiver = self._judgement.waiver
        if waiver is not None and waiver.until < self._now.date():
            self._set(waiver=None)
        if self._issue is None:
            self._forget_closing()
        else:
            if self._issue.state == "open":
                self._look_at_open(self._issue)
            elif is_done(self._issue):
                self._look_at_closing(self._issue)
            else:
                self._ask_about_closing(self._issue)
            self._look_at_label(self._issue)
            self._hear(self._issue)
            self._renew(self._issue)
        return self._judgement

    def _set(self, **changes: object) -> None:
        if any(getattr(self._judgement, name) != value for name, value in changes.items()):
            self._judgement = replace(self._judgement, **changes)  # type: ignore[arg-type]

    def _is_architect(self, username: str | None) -> bool:
        return username in self._answers.architects and username not in self._own_people

    def _is_manager(self, username: str) -> bool:
        return username in self._answers.managers and username not in self._own_people

    def _wait_is_over(self, at: datetime) -> None:
        """The closing was not confirmed: how long it waited for the SA is kept, for the program's numbers."""
        judgement = self._judgement
        if self._capability.verify == "sa" and judgement.closing is not None and not judgement.accepted:
            self._set(waited=judgement.waited + max(0, round((at - judgement.closing).total_seconds())))

    def _forget_closing(self, *, until: date | None = None) -> None:
        self._set(closing=None, accepted=False, decided=None, by=None, approved=None, valid_until=until)

    # --- what the issue's state says ---

    def _look_at_open(self, issue: Issue) -> None:
        self._end_closing(issue, issue.updated_at)

    def _end_closing(self, issue: Issue, at: datetime) -> None:
        """The issue was opened again, by `at`: what was judged is over."""
        judgement = self._judgement
        if judgement.closing is None:
            return
        self._wait_is_over(at)
        self._forget_closing(until=judgement.valid_until if labels.RENEWAL in issue.labels else None)

    def _look_at_closing(self, issue: Issue) -> None:
        if self._judgement.closing == issue.closed_at:
            self._look_at_late_evidence(issue)
            return
        closer, approval = self._answers.closers.get(issue.id), self._answers.approvals.get(issue.id)
        if closer == self._bot and self._judgement.closing is not None:
            self._set(closing=issue.closed_at)  # closed again because a rejection was taken back: it is as it was
            return
        gate, speaks_of_it = self._capability.verify == "sa", approval is not None and self._counts(approval, issue)
        self._end_closing(issue, issue.closed_at or self._now)  # nobody has seen it open in between
        if self._is_architect(closer):
            self._accept(issue, by=closer if gate else None, at=issue.closed_at)
        elif not self._evidence_is_given(issue):
            self._ask_for_evidence(issue)
        elif not gate:
            self._accept(issue, by=None, at=issue.closed_at)
        elif approval is not None and speaks_of_it:
            self._accept(issue, by=approval.by, at=approval.at)
        elif self._judgement.approved is not None:
            self._accept(issue, by=self._judgement.approved, at=issue.closed_at)
        else:
            self._set(closing=issue.closed_at, accepted=False)
            if self._capability.review and closer is not None:
                self._reply(issue, f"review/{self._capability.id}", "review", to=closer)

    def _look_at_late_evidence(self, issue: Issue) -> None:
        """Without a gate, evidence that comes while the SA is waited for settles it."""
        waits = not self._judgement.accepted and self._capability.verify != "sa"
        if waits and evidence.is_given(self._capability, issue, self._comments or ()):
            self._accept(issue, by=None, at=issue.closed_at)

    def _evidence_is_given(self, issue: Issue) -> bool:
        """A record that was lost, or made before evidence was asked for, is no reason to ask for it now."""
        return not self._record.complete or evidence.is_given(self._capability, issue, self._comments or ())

    def _ask_for_evidence(self, issue: Issue) -> None:
        """Once. A second closing without it goes to the SA instead of a fight."""
        if issue.closed_at is not None and self._now < issue.closed_at + PATIENCE:
            return
        mark = f"evidence/{self._capability.id}"
        if self._judgement.asked:
            self._set(closing=issue.closed_at, accepted=False)
            return
        self._set(asked=True)
        if mark in self._told:
            # It was asked for before a crash: the issue was closed again since, or the reopening is still missing.
            asked_at = max(n.created_at for n in self._comments or () if markers.find("comment", n.body) == mark)
            if issue.closed_at is not None and issue.closed_at > asked_at:
                self._set(closing=issue.closed_at, accepted=False)
                return
        self._reply(issue, mark, "evidence")
        self.decisions.append(Reopen(self._capability.id, issue.id, "evidence is missing"))

    def _ask_about_closing(self, issue: Issue) -> None:
        """Moved, duplicate, won't do: a person must say what it means, and is asked once."""
        self._set(closing=None, accepted=False, decided=None, by=None, valid_until=None)
        if issue.closed_at is None or self._judgement.questioned == issue.closed_at:
            return
        how = "moved" if issue.moved else "duplicate" if issue.duplicate else "canceled"
        self._set(questioned=issue.closed_at)
        self._reply(issue, f"closed/{self._capability.id}/{issue.closed_at:%Y%m%dT%H%M%S}", "dropped", how)

    def _accept(self, issue: Issue, *, by: str | None, at: datetime | None) -> None:
        until = None
        if self._capability.valid_days and issue.closed_at is not None:
            until = issue.closed_at.date() + timedelta(days=self._capability.valid_days)
        self._set(closing=issue.closed_at, accepted=True, decided=at, by=by, valid_until=until)

    # --- labels ---

    def _counts(self, approval: Approval, issue: Issue) -> bool:
        """Whether this setting of `verify::ok` speaks of this closing."""
        if approval.by == self._bot:
            return not self._record.complete  # set when it was verified, and the record of that is lost
        if not self._is_architect(approval.by) or issue.closed_at is None:
            return False
        before_it = self._judgement.closing is None and approval.at >= (self._record.heard or approval.at)
        return approval.at >= issue.closed_at or before_it

    def _look_at_label(self, issue: Issue) -> None:
        approval = self._answers.approvals.get(issue.id)
        if labels.VERIFIED not in issue.labels or approval is None:
            return
        if self._is_architect(approval.by):
            if issue.state == "open" and self._record.judgement(self._capability.id).closing is None:
                self._set(approved=approval.by)
            elif self._judgement.closing is not None and not self._judgement.accepted and self._counts(approval, issue):
                self._accept(issue, by=approval.by, at=approval.at)
        elif approval.by != self._bot:
            mark = f"label/{self._capability.id}/{approval.at:%Y%m%dT%H%M%S}"
            self._reply(issue, mark, "label", to=approval.by)

    # --- commands ---

    def _hear(self, issue: Issue) -> None:
        for note in sorted(self._comments or (), key=lambda n: n.number):
            if is_new_command(note, self._judgement):
                command = read_command(note.body, self._now.date())
                if isinstance(command, Misuse):
                    self._answer(issue, note, "misuse", command.what, command.usage)
                elif command is not None:
                    self._obey(issue, note, command)
                self._set(answered=note.number)

    def _obey(self, issue: Issue, note: Note, command: Command) -> None:
        architect = self._is_architect(note.author)
        allowed = command.who == "everyone" or architect
        allowed = allowed or (command.who == "architects and managers" and self._is_manager(note.author))
        if not allowed:
            self._answer(issue, note, "forbidden", command.verb)
            return
        match command.verb:
            case "status" | "help":
                self._answer(issue, note, command.verb)
            case "verify":
                self._verify(issue, note)
            case "reject":
                self._reject(issue, note)
            case "waive" if command.until is not None:
                waiver = CommandWaiver(command.until, command.reason, note.author)
                self._change(issue, note, waiver=waiver)
            case "unwaive":
                self._unwaive(issue, note)
            case _:
                self._undo(issue, note, architect=architect)

    def _change(self, issue: Issue, note: Note, **changes: object) -> None:
        """Does what was asked, keeps how it was for `undo`, and shows it by a thumb."""
        was = replace(self._judgement, was=None, was_closed=False)
        self._set(**changes, was=was, was_closed=issue.state == "closed")
        self.decisions.append(React(self._capability.id, note.id))

    def _is_closed_for(self, issue: Issue, note: Note) -> bool:
        return is_done(issue) and issue.closed_at is not None and note.created_at >= issue.closed_at

    def _verify(self, issue: Issue, note: Note) -> None:
        if not self._is_closed_for(issue, note):
            self._answer(issue, note, "verify-open")
            return
        self.decisions = [d for d in self.decisions if not _asks_for_evidence(d)]  # the SA's word stands above it
        was = self._judgement
        self._accept(issue, by=note.author, at=note.created_at)
        accepted, self._judgement = self._judgement, was
        self._change(
            issue, note, closing=accepted.closing, accepted=True, decided=accepted.decided, by=note.author,
            valid_until=accepted.valid_until,
        )  # fmt: skip

    def _reject(self, issue: Issue, note: Note) -> None:
        if not self._is_closed_for(issue, note):
            if self._capability.review:
                self._answer(issue, note, "reject-review")
            else:
                self.decisions.append(React(self._capability.id, note.id))  # the SA has opened it again already
            return
        was = self._judgement
        self._wait_is_over(note.created_at)
        waited, self._judgement = self._judgement.waited, was
        self._change(
            issue, note, closing=None, accepted=False, decided=None, by=None, valid_until=None, waited=waited
        )  # fmt: skip
        self._reopen(issue, "the SA rejected it")

    def _unwaive(self, issue: Issue, note: Note) -> None:
        if self._judgement.waiver is not None:
            self._change(issue, note, waiver=None)
        elif any(w.capability == self._capability.id for w in self._partner.waivers):
            self._answer(issue, note, "waived-by-file")
        else:
            self._answer(issue, note, "not-waived")

    def _undo(self, issue: Issue, note: Note, *, architect: bool) -> None:
        was = self._judgement.was
        if architect and was is not None:
            was_closed = self._judgement.was_closed
            now = self._judgement
            if issue.state == "closed" and was.closing != now.closing:  # closed since: the command had no part in that
                was = replace(was, closing=now.closing, accepted=now.accepted, decided=now.decided, by=now.by,
                              valid_until=now.valid_until)  # fmt: skip
            self._judgement = replace(was, answered=now.answered, new_since=now.new_since)
            self.decisions.append(React(self._capability.id, note.id))
            if was_closed and issue.state == "open":
                self.decisions.append(Close(self._capability.id, issue.id, "the rejection was taken back"))
        elif self._is_closed_for(issue, note) and (architect or self._judgement.by is None):
            self._set(closing=None, accepted=False, decided=None, by=None, valid_until=None)
            self.decisions.append(React(self._capability.id, note.id))
            self._reopen(issue, "the closing was taken back")
        else:
            self._answer(issue, note, "nothing-to-undo")

    # --- validity ---

    def _renew(self, issue: Issue) -> None:
        """Opens the issue again before its time is over; until then it counts on."""
        until = self._judgement.valid_until
        if until is None or issue.state == "open" or not self._judgement.accepted:
            return
        if self._now.date() < until - RENEW_BEFORE or any(isinstance(d, Reopen) for d in self.decisions):
            return
        mark = f"renewal/{self._capability.id}/{until.isoformat()}"
        self._reply(issue, mark, "renewal", until.isoformat())
        self.decisions.append(Reopen(self._capability.id, issue.id, "it must be renewed", labels.RENEWAL, until))
        self._set(closing=None, accepted=False, decided=None, by=None, approved=None, asked=False)

    # --- saying it ---

    def _reopen(self, issue: Issue, reason: str) -> None:
        self.decisions = [d for d in self.decisions if not isinstance(d, Reopen)]
        self.decisions.append(Reopen(self._capability.id, issue.id, reason))

    def _answer(self, issue: Issue, note: Note, about: str, *words: str | Message) -> None:
        self._reply(issue, f"answer/{note.number}", about, *words, to=note.author)

    def _reply(self, issue: Issue, mark: str, about: str, *words: str | Message, to: str | None = None) -> None:
        if mark not in self._told:
            self.decisions.append(Reply(self._capability.id, issue.id, mark, about, words, to))


def _asks_for_evidence(decision: Decision) -> bool:
    return isinstance(decision, Reopen) or (isinstance(decision, Reply) and decision.about == "evidence")


_ON_PAGE = {"status": "page-status", "help": "help"}
_ON_RETIRED = {"help": "help"}


def _hear_outside(
    name: str, issues: tuple[Issue, ...], observed: Observed, record: Record, now: datetime
) -> tuple[Judgement, list[Decision]]:
    """Commands where there is nothing to judge: the status issue takes `status` and `help`, an issue of what has left
    the journey only `help`; whatever else is asked gets one reply that says so."""
    judgement, decisions = record.judgement(name), list[Decision]()
    answered = judgement.answered
    known, otherwise = (_ON_PAGE, "not-here") if name == STATUS_PAGE else (_ON_RETIRED, "retired-here")
    read: Mapping[str, tuple[Note, ...]] = observed.project.comments if observed.project else {}
    notes = [(issue, note) for issue in issues for note in read.get(issue.id, ())]
    told = {markers.find("comment", note.body) for _, note in notes if note.by_bot}
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
