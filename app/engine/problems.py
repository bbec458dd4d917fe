"""Files that cannot be used, told where people write them: one open issue in the control project for each subject.

The trap: a broken journey stops every partner, and each of them would ask GitLab about the same issue. So what is
reported is kept in memory, and only who brings something new asks.
"""

from __future__ import annotations

from app.engine.seats import Locks
from app.gitlab.control import Control
from app.gitlab.errors import GitLabError


class Problems:
    """The problems that are reported now. For any thread."""

    def __init__(self, control: Control, locks: Locks) -> None:
        self._control = control
        self._locks = locks
        self._reported: dict[str, str] | None = None  # None: not asked yet what an earlier process has reported

    def report(self, subject: str, error: GitLabError | None) -> None:
        """Keeps one open issue about this subject, or none with None. `subject`: as for prose.problem_title."""
        problem = f"{error.cause}\n{error.fix}" if error else None
        known = self._reported
        if known is not None and known.get(subject) == problem:
            return
        with self._locks.alone("problems"):
            if self._reported is None:
                self._reported = dict.fromkeys(self._control.reported_problems(), "")
            if self._reported.get(subject) != problem:
                self._control.report_problem(subject, problem)
                self._reported.pop(subject, None)
                if problem is not None:
                    self._reported[subject] = problem
