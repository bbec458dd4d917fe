"""What an observation will look like once a plan is applied: pages show it without another look at GitLab."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from app.journey import markers
from app.journey.actions import Plan, PostComment, UpdatePortfolioItem
from app.journey.observed import Note, Observed


def foreseen(observed: Observed, plan: Plan, now: datetime) -> Observed:
    """The observation as it will look once the plan is applied, so far as the standing depends on it.

    That is the record of what was announced, and the comment of a stage change. New issues are left to the next look.
    """
    project, item = observed.project, observed.portfolio_item
    for action in plan.actions:
        if isinstance(action, UpdatePortfolioItem) and action.description is not None and item is not None:
            item = replace(item, description=action.description)
        if isinstance(action, PostComment) and action.where == "status" and project is not None:
            told = Note("", f"{markers.mark('comment', action.mark)}\n", now, by_bot=True)
            project = replace(project, status_notes=(*project.status_notes, told))
    return replace(observed, project=project, portfolio_item=item)
