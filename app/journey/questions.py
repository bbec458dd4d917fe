"""What must be asked of GitLab before a judgement, because one look at a partner does not show it.

Who closed an issue, who set a label and who may say so stand in GitLab's own history only. The trap: asking each time.
At most looks nothing is new, and then nothing is asked.
"""

from __future__ import annotations

from dataclasses import dataclass

from app.journey import evidence, labels
from app.journey.commands import is_command
from app.journey.items import STATUS_PAGE, Item, is_done, sort_issues, status_issue
from app.journey.model import Journey
from app.journey.observed import Issue, Note, Observed
from app.journey.record import Judgement, Record


@dataclass(frozen=True)
class Questions:
    """What to ask GitLab besides the observation, by issue id. `people`: who may verify and waive."""

    people: bool = False
    closers: frozenset[str] = frozenset()
    approvals: frozenset[str] = frozenset()
    comments: frozenset[str] = frozenset()

    def __bool__(self) -> bool:
        return bool(self.people or self.closers or self.approvals or self.comments)


def questions(journey: Journey, observed: Observed, record: Record) -> Questions:
    """What `judge` needs to know that the observation does not show. Empty at most looks."""
    closers, approvals, comments, people = set[str](), set[str](), set[str](), False
    read = observed.project.comments if observed.project else {}
    for name, item in sort_issues(journey, observed).items.items():
        issue, judgement = item.issue, record.judgement(name)
        if issue is None:
            continue
        if labels.VERIFIED in issue.labels and not _label_is_ours(item, issue, judgement):
            approvals.add(issue.id)
        if is_done(issue) and judgement.closing != issue.closed_at:
            given = evidence.is_given(item.capability, issue, read.get(issue.id, ()))
            if not given and issue.id not in read and record.complete:
                comments.add(issue.id)
            if item.capability.verify == "sa" or not given:
                closers.add(issue.id)
        people = people or any(is_new_command(note, judgement) for note in read.get(issue.id, ()))
    page = status_issue(observed)
    if page is not None:
        told = record.judgement(STATUS_PAGE)
        people = people or any(is_new_command(note, told) for note in read.get(page.id, ()))
    asked = bool(closers or approvals)
    return Questions(people or asked, frozenset(closers), frozenset(approvals), frozenset(comments))


def is_new_command(note: Note, judgement: Judgement) -> bool:
    return not note.by_bot and note.number > judgement.answered and is_command(note.body)


def _label_is_ours(item: Item, issue: Issue, judgement: Judgement) -> bool:
    """Whether `verify::ok` is there because of a judgement that is on record; where no gate is, it says nothing."""
    if issue.state == "open":
        return judgement.approved is not None
    accepted = judgement.closing == issue.closed_at and judgement.accepted
    return accepted and (judgement.by is not None or item.capability.verify != "sa")
