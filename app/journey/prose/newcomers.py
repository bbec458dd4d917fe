"""The form for a new partner in the control project, and the bot's one reply to it. SAs and managers only."""

from __future__ import annotations

from collections.abc import Sequence

from app.journey import labels, markers
from app.journey.text import code
from app.journey.yaml_lines import Problem

FORM_NAME = "New partner"
FORM_PATH = f".gitlab/issue_templates/{FORM_NAME}.md"
"""https://docs.gitlab.com/user/project/description_templates/"""
REPLY = "newcomer"
"""The mark of the bot's reply."""
_SHOWN = 20

FORM_COMMIT = f"Add the issue template {FORM_NAME}"
NEWCOMER_FORM = f"""\
Fill in the block, submit, and the bot answers here: either what is still wrong, or where the partner's project is.
People are GitLab usernames without `@`; what you do not need may stay empty or go. More keys (language, certifications,
practices, skips) are explained in `docs/templates.md` of Partner Journey.

```yaml
slug:                # short name in addresses, e.g. acme
name:                # as people read it
category: rsi        # dmr | gsi | rsi | fsi
region: EMEA
people:
  lead:              # the partner's practice lead
  engineers: []      # more people of the partner
  sa:                # who coaches the partner
  manager:           # the account manager
```

/label ~"{labels.NEWCOMER}"
"""


def not_by_architect() -> str:
    """To an issue that somebody else has written, or has changed."""
    return _reply(
        "Only solution architects may add partners, and somebody else has written or changed this.",
        "a solution architect opens an issue of his own with the same form.",
    )


def newcomer_problems(problems: Sequence[tuple[Problem, str]]) -> str:
    """`problems`: each with the line of the form that it is about."""
    lines = [
        f"- {f'Line {problem.line}, {code(line)}: ' if line else ''}{problem.what} {problem.fix}"
        for problem, line in problems[:_SHOWN]
    ]
    more = len(problems) - _SHOWN
    if more > 0:
        lines.append(f"- and {more} more")
    return _reply("\n".join(["The form cannot be used yet:", "", *lines]), "edit the description above; I look again.")


def newcomer_refused(cause: str, fix: str) -> str:
    """To a form that is right, but whose file cannot be written: the slug is taken, or GitLab says no."""
    return _reply(cause, f"{fix} Or change the description above; I look again.")


def newcomer_welcome(slug: str, file_url: str, project_url: str) -> str:
    """The partner is added, and the issue closed with this."""
    return _reply(
        f"{code(slug)} is added: {file_url}.",
        f"in a minute {project_url} is there with issues, board and status page. From now on the file is what counts.",
    )


def from_form(iid: int) -> str:
    """Why a partner file was committed."""
    return f"From the form in issue {iid}."


def _reply(text: str, next_step: str) -> str:
    return f"{markers.mark('comment', REPLY)}\n{text}\n\n**What to do next:** {next_step}"
