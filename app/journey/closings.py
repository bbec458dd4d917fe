"""What a closing is worth: evidence, gates, and the labels by which architects confirm.

Closed is a claim. It counts once the evidence is there and, at a gate, once a solution architect has confirmed it. The
trap: a label that anybody can set; only GitLab's history says who did.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from app.journey import evidence, labels
from app.journey.decisions import Reopen
from app.journey.observed import Approval, Issue
from app.journey.trial import Trial

PATIENCE = timedelta(minutes=1)  # people add the link right after closing, and GitLab shows some comments late


def end_closing(trial: Trial, issue: Issue, at: datetime) -> None:
    """The issue was opened again, by `at`: what was judged is over."""
    judgement = trial.judgement
    if judgement.closing is None:
        return
    trial.wait_is_over(at)
    trial.forget_closing(until=judgement.valid_until if labels.RENEWAL in issue.labels else None)


def look_at_closing(trial: Trial, issue: Issue) -> None:
    """A closing is judged once; one that was judged already is only completed by evidence that came late."""
    if trial.judgement.closing == issue.closed_at:
        _look_at_late_evidence(trial, issue)
        return
    closer, approval = trial.answers.closers.get(issue.id), trial.answers.approvals.get(issue.id)
    if closer == trial.bot and trial.judgement.closing is not None:
        trial.set(closing=issue.closed_at)  # closed again because a rejection was taken back: it is as it was
        return
    gate, speaks_of_it = trial.capability.verify == "sa", approval is not None and _counts(trial, approval, issue)
    end_closing(trial, issue, issue.closed_at or trial.now)  # nobody has seen it open in between
    if trial.is_architect(closer):
        trial.accept(issue, by=closer if gate else None, at=issue.closed_at)
    elif not _evidence_is_given(trial, issue):
        _ask_for_evidence(trial, issue)
    elif not gate:
        trial.accept(issue, by=None, at=issue.closed_at)
    elif approval is not None and speaks_of_it:
        trial.accept(issue, by=approval.by, at=approval.at)
    elif trial.judgement.approved is not None:
        trial.accept(issue, by=trial.judgement.approved, at=issue.closed_at)
    else:
        trial.set(closing=issue.closed_at, accepted=False)
        if trial.capability.review and closer is not None:
            trial.reply(issue, f"review/{trial.capability.id}", "review", to=closer)


def _look_at_late_evidence(trial: Trial, issue: Issue) -> None:
    """Without a gate, evidence that comes while the SA is waited for settles it."""
    waits = not trial.judgement.accepted and trial.capability.verify != "sa"
    if waits and evidence.is_given(trial.capability, issue, trial.comments or ()):
        trial.accept(issue, by=None, at=issue.closed_at)


def _evidence_is_given(trial: Trial, issue: Issue) -> bool:
    """A record that was lost, or made before evidence was asked for, is no reason to ask for it now."""
    return not trial.record.complete or evidence.is_given(trial.capability, issue, trial.comments or ())


def _ask_for_evidence(trial: Trial, issue: Issue) -> None:
    """Once. A second closing without it goes to the SA instead of a fight."""
    if issue.closed_at is not None and trial.now < issue.closed_at + PATIENCE:
        return
    mark = f"evidence/{trial.capability.id}"
    if trial.judgement.asked:
        trial.set(closing=issue.closed_at, accepted=False)
        return
    trial.set(asked=True)
    if mark in trial.told:
        # It was asked for before a crash: the issue was closed again since, or the reopening is still missing.
        asked_at = max(n.created_at for n in trial.comments or () if n.told == mark)
        if issue.closed_at is not None and issue.closed_at > asked_at:
            trial.set(closing=issue.closed_at, accepted=False)
            return
    trial.reply(issue, mark, "evidence")
    trial.decisions.append(Reopen(trial.capability.id, issue.id, "evidence is missing"))


def ask_about_closing(trial: Trial, issue: Issue) -> None:
    """Moved, duplicate, won't do: a person must say what it means, and is asked once."""
    trial.set(closing=None, accepted=False, decided=None, by=None, valid_until=None)
    if issue.closed_at is None or trial.judgement.questioned == issue.closed_at:
        return
    how = "moved" if issue.moved else "duplicate" if issue.duplicate else "canceled"
    trial.set(questioned=issue.closed_at)
    trial.reply(issue, f"closed/{trial.capability.id}/{issue.closed_at:%Y%m%dT%H%M%S}", "dropped", how)


def _counts(trial: Trial, approval: Approval, issue: Issue) -> bool:
    """Whether this setting of `verify::ok` speaks of this closing."""
    if approval.by == trial.bot:
        return not trial.record.complete  # set when it was verified, and the record of that is lost
    if not trial.is_architect(approval.by) or issue.closed_at is None:
        return False
    before_it = trial.judgement.closing is None and approval.at >= (trial.record.heard or approval.at)
    return approval.at >= issue.closed_at or before_it


def look_at_label(trial: Trial, issue: Issue) -> None:
    """`verify::ok` by an architect confirms a closing, also one that is still to come."""
    approval = trial.answers.approvals.get(issue.id)
    if labels.VERIFIED not in issue.labels or approval is None:
        return
    if trial.is_architect(approval.by):
        if issue.state == "open" and trial.record.judgement(trial.capability.id).closing is None:
            trial.set(approved=approval.by)
        elif trial.judgement.closing is not None and not trial.judgement.accepted and _counts(trial, approval, issue):
            trial.accept(issue, by=approval.by, at=approval.at)
    elif approval.by != trial.bot:
        mark = f"label/{trial.capability.id}/{approval.at:%Y%m%dT%H%M%S}"
        trial.reply(issue, mark, "label", to=approval.by)
