"""Every text that the bot writes into GitLab, as pure functions. No other module words anything for people there.

Each message ends in what to do next. Words of other people go through `text.plain`.
"""

from app.journey.prose.comments import StageChange, stage_change_comment, stage_change_title
from app.journey.prose.export import archive_commit, export_commit, left_comment, left_mark
from app.journey.prose.files import (
    BADGE,
    CONTROL_DESCRIPTION,
    CONTROL_NAME,
    CONTROL_START,
    JOURNEY_FILES,
    README,
    badge_addresses,
    connection_subject,
    control_readme,
    files_commit,
    partner_commit,
    problem_description,
    problem_title,
    progress_commit,
    readme,
    removals_subject,
)
from app.journey.prose.issues import (
    capability_body,
    capability_description,
    double_description,
    template_file,
)
from app.journey.prose.names import (
    BOARD,
    PORTFOLIO_BOARD,
    STATUS_TITLE,
    issue_title,
    milestone_description,
    other_project_name,
    portfolio_title,
    project_description,
    project_name,
    template_name,
)
from app.journey.prose.offer import degraded
from app.journey.prose.outside import Notice, at_risk_notice, expiry_notice, stage_change_notice
from app.journey.prose.portfolio import portfolio_body, portfolio_description
from app.journey.prose.replies import command_table, nudge, reply, retired
from app.journey.prose.scene import Reference, Scene, first_due, owner_of
from app.journey.prose.states import states_table
from app.journey.prose.status_page import status_body, status_description

__all__ = [
    "BADGE",
    "BOARD",
    "CONTROL_DESCRIPTION",
    "CONTROL_NAME",
    "CONTROL_START",
    "JOURNEY_FILES",
    "PORTFOLIO_BOARD",
    "README",
    "STATUS_TITLE",
    "Notice",
    "Reference",
    "Scene",
    "StageChange",
    "archive_commit",
    "at_risk_notice",
    "badge_addresses",
    "capability_body",
    "capability_description",
    "command_table",
    "connection_subject",
    "control_readme",
    "degraded",
    "double_description",
    "expiry_notice",
    "export_commit",
    "files_commit",
    "first_due",
    "issue_title",
    "left_comment",
    "left_mark",
    "milestone_description",
    "nudge",
    "other_project_name",
    "owner_of",
    "partner_commit",
    "portfolio_body",
    "portfolio_description",
    "portfolio_title",
    "problem_description",
    "problem_title",
    "progress_commit",
    "project_description",
    "project_name",
    "readme",
    "removals_subject",
    "reply",
    "retired",
    "stage_change_comment",
    "stage_change_notice",
    "stage_change_title",
    "states_table",
    "status_body",
    "status_description",
    "template_file",
    "template_name",
]
