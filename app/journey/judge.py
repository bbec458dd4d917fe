"""Closings, labels and commands to judgements, one capability after the other.

Only GitLab's own history says who closed an issue or set a label; `questions.py` names what has to be asked for besides
the observation. The trap: trusting a name in a text or a label that anybody can set.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from app.journey import labels
from app.journey.closings import ask_about_closing, end_closing, look_at_closing, look_at_label
from app.journey.decisions import Close, Decision, Reopen
from app.journey.hearing import hear, hear_outside
from app.journey.items import STATUS_PAGE, Sorted, is_done, status_issue
from app.journey.model import Partner
from app.journey.observed import Issue, Observed
from app.journey.record import Judgement, Record
from app.journey.trial import Trial

RENEW_BEFORE = timedelta(days=30)


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
        trial = Trial(item, partner, observed, record, now)
        judgements[name] = _decide(trial)
        decisions += trial.decisions
    page = status_issue(observed)
    if page is not None:
        judgements[STATUS_PAGE], answers = hear_outside(STATUS_PAGE, (page,), observed, record, now)
        decisions += answers
    for name, issues in found.left_behind.items():
        judgements[name], answers = hear_outside(name, issues, observed, record, now)
        decisions += answers
    kept = {name: judgement for name, judgement in judgements.items() if not judgement.empty}
    changes = [i.updated_at for i in observed.project.issues] if observed.project else []
    heard = max(changes, default=record.heard)
    return Judged(replace(record, judgements=kept, heard=heard, complete=True), tuple(decisions))


def _decide(trial: Trial) -> Judgement:
    """The judgement after everything that is there to see now."""
    waiver = trial.judgement.waiver
    if waiver is not None and waiver.until < trial.now.date():
        trial.set(waiver=None)
    if trial.issue is None:
        trial.forget_closing()
    else:
        if trial.issue.state == "open":
            end_closing(trial, trial.issue, trial.issue.updated_at)
        elif is_done(trial.issue):
            look_at_closing(trial, trial.issue)
        else:
            ask_about_closing(trial, trial.issue)
        look_at_label(trial, trial.issue)
        hear(trial, trial.issue)
        _renew(trial, trial.issue)
    return trial.judgement


def _renew(trial: Trial, issue: Issue) -> None:
    """Opens the issue again before its time is over; until then it counts on."""
    until = trial.judgement.valid_until
    if until is None or issue.state == "open" or not trial.judgement.accepted:
        return
    if trial.now.date() < until - RENEW_BEFORE or any(isinstance(d, Reopen) for d in trial.decisions):
        return
    mark = f"renewal/{trial.capability.id}/{until.isoformat()}"
    trial.reply(issue, mark, "renewal", until.isoformat())
    trial.decisions.append(Reopen(trial.capability.id, issue.id, "it must be renewed", labels.RENEWAL, until))
    trial.set(closing=None, accepted=False, decided=None, by=None, approved=None, asked=False)
