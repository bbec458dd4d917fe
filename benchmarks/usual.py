"""The same job the usual way: a plain python-gitlab script, one REST call for each thing it looks at or makes.

Written for the comparison as a good engineer writes it in an afternoon: correct, idempotent by title, without batching.
"""

from __future__ import annotations

from typing import Any

import gitlab
import requests

from app.demo.local import BASE_URL, BOT_TOKEN
from app.journey_files import BUILT_IN, journey_files
from app.sandbox.core import Sandbox
from app.sandbox.inprocess import requests_adapter

LABELS = ("journey::capability", "stage::1", "stage::2", "stage::3", "stage::4")
FIRST, NEXT = 8, 9


class Usual:
    """One bot on one sandbox."""

    def __init__(self, sandbox: Sandbox) -> None:
        self._bot = self._client(sandbox, BOT_TOKEN)
        self._person = self._client(sandbox, "sandbox-gl.sa1")
        self._texts = [text for path, text in journey_files(BUILT_IN).items() if path.endswith(".md")]

    @staticmethod
    def _client(sandbox: Sandbox, token: str) -> gitlab.Gitlab:
        session = requests.Session()
        session.mount("http://", requests_adapter(sandbox))
        return gitlab.Gitlab(BASE_URL, private_token=token, session=session, keep_base_url=True)

    def onboard(self, slug: str) -> None:
        """Project, labels, a file for each template, milestone, status issue, issues, board, hook, member."""
        group = self._bot.groups.get("partners")
        found = group.projects.list(search=slug, get_all=True)
        project: Any = found[0] if found else self._bot.projects.create({"path": slug, "namespace_id": group.id})
        project = self._bot.projects.get(project.id)
        known = {label.name for label in project.labels.list(get_all=True)}
        for label in LABELS:
            if label not in known:
                project.labels.create({"name": label, "color": "#1068bf"})
        for number, text in enumerate(self._texts):
            path = f".gitlab/issue_templates/{number}.md"
            content = {"file_path": path, "branch": "main", "content": text, "commit_message": f"Add {path}"}
            project.files.create(content)
        project.milestones.create({"title": "Stage 1"})
        self._issue(project, "Where we are")
        self._issues(project, 1, FIRST)
        board = project.boards.create({"name": "Journey"})
        for label in project.labels.list(get_all=True):
            if label.name.startswith("stage::"):
                board.lists.create({"label_id": label.id})
        project.hooks.create({"url": "http://127.0.0.1:9/hook", "issues_events": True})
        user = self._bot.users.list(username="acme.lead")[0]
        project.members.create({"user_id": user.id, "access_level": gitlab.const.AccessLevel.REPORTER})

    def reconcile(self, slug: str) -> None:
        """Looks at everything that it may have to mend, and finds nothing."""
        project = self._bot.projects.get(f"partners/{slug}")
        project.labels.list(get_all=True)
        project.milestones.list(get_all=True)
        issues = project.issues.list(get_all=True)
        board = project.boards.list(get_all=True)[0]
        board.lists.list(get_all=True)
        project.hooks.list(get_all=True)
        project.members.list(get_all=True)
        project.repository_tree(path=".gitlab/issue_templates", get_all=True)
        next(issue for issue in issues if issue.title == "Where we are").notes.list(get_all=True)

    def on_close(self, slug: str) -> None:
        """What a webhook of a closed issue leads to: read the issues, write the status page."""
        project = self._bot.projects.get(f"partners/{slug}")
        closed = project.issues.list(state="closed", get_all=True)
        page = project.issues.list(search="Where we are", get_all=True)[0]
        page.description = f"{len(closed)} done"
        page.save()

    def advance(self, slug: str) -> None:
        """A stage change: milestones, the next issues with their labels, comment, status page."""
        project = self._bot.projects.get(f"partners/{slug}")
        old = project.milestones.list(get_all=True)[0]
        old.state_event = "close"
        old.save()
        project.milestones.create({"title": "Stage 2"})
        self._issues(project, 2, NEXT)
        page = project.issues.list(search="Where we are", get_all=True)[0]
        if not any("Stage 1" in note.body for note in page.notes.list(get_all=True)):
            page.notes.create({"body": "Stage 1 is done."})
        page.labels = ["stage::2"]
        page.save()

    def close(self, count: int) -> None:
        """A person closes issues; not counted."""
        project = self._person.projects.get("partners/usual")
        for issue in [i for i in project.issues.list(state="opened", get_all=True) if i.title.startswith("Stage")][
            :count
        ]:
            issue.state_event = "close"
            issue.save()

    def _issues(self, project: Any, stage: int, count: int) -> None:
        for number in range(count):
            issue = self._issue(project, f"Stage {stage}, capability {number}")
            issue.labels = ["journey::capability", f"stage::{stage}"]
            issue.save()

    def _issue(self, project: Any, title: str) -> Any:
        same = [issue for issue in project.issues.list(search=title, get_all=True) if issue.title == title]
        return same[0] if same else project.issues.create({"title": title, "description": title})
