"""Issues of capabilities that the journey, or this partner, has left behind: told once, marked, and left to people.

The bot never closes a partner's issue: somebody may be in the middle of the work. The trap: telling it twice after a
crash, or each time that a category goes and comes. So the comment is found again by its mark, and the label ends it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from app.journey import labels, prose
from app.journey.actions import Action, PostComment, UpdateIssue
from app.journey.observed import Issue, Observed
from app.journey.prose import Scene

_SHOWN = frozenset({labels.PENDING, labels.WAIVED, labels.RENEWAL, labels.BLOCKED})  # of what is on its way


def plan_retired(scene: Scene, observed: Observed, left_behind: Mapping[str, tuple[Issue, ...]]) -> Iterator[Action]:
    """Off the board by its stage label; a closed one without a word."""
    comments = observed.project.comments if observed.project else {}
    for name, issues in left_behind.items():
        for issue in issues:
            if labels.RETIRED in issue.labels:
                continue
            mark = f"retired/{name}/{scene.journey.version}"
            told = {note.told for note in comments.get(issue.id, ())}
            if issue.state == "open" and mark not in told:
                body = prose.retired(scene, mark, name)
                yield PostComment("capability", mark, body, "it is not part of the journey any more", issue=issue.id)
            off = {x for x in issue.labels if x in _SHOWN or x.startswith(labels.STAGE_PREFIX)}
            yield UpdateIssue(
                name, issue.id, "retired: it is not part of the journey any more and is not counted",
                add_labels=(labels.RETIRED,), remove_labels=tuple(sorted(off)),
            )  # fmt: skip
