"""Looks at a partner: one GraphQL document, and few further requests for what it does not show.

The document needs three numbers that only GitLab knows: the iid of the status issue, the iid of the portfolio item and
the id of the webhook. They are remembered in memory and only hints: a wrong or missing one costs one more request and
is found again by its mark. The trap: trusting a remembered number, or a mark that somebody else wrote.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from app.gitlab.client import Client
from app.gitlab.errors import OfferChanged
from app.gitlab.instance import Instance, epic_type_in
from app.gitlab.names import number
from app.gitlab.nodes import author_of, board_of, note_of, portfolio_item_of, project_of, users_in, widgets_of
from app.gitlab.portfolio_index import PortfolioIndex, entry, is_of
from app.gitlab.stand_ins import StandIns
from app.gitlab.verdicts import read_answers
from app.journey import markers, prose
from app.journey.model import People
from app.journey.observed import Board, Note, Observed, Place, PortfolioItem, Project
from app.journey.questions import Questions

HOOK_NAME = "Partner Journey"
_OVERLAP = timedelta(minutes=5)  # what was not visible yet at the last look is seen at the next


@dataclass(frozen=True)
class Known:
    """Numbers of one partner's things; None: not known, or not there."""

    status: str | None = None
    portfolio_item: str | None = None
    hook: str | None = None


@dataclass(frozen=True)
class Look:
    """One observation, and what the control project said in the same request."""

    observed: Observed
    control_commit: str | None


class Observer:
    """Observes partners one by one. Keeps only hints between looks; safe to throw away at any time."""

    def __init__(self, client: Client, instance: Instance, place: Place) -> None:
        self._client = client
        self._instance = instance
        self._place = place
        self._known: dict[str, Known] = {}
        self._titles: dict[str, str] = {}
        self._heard: dict[str, dict[str, datetime]] = {}
        self._stand_ins = StandIns(client, instance, place)
        self._portfolio = PortfolioIndex(client, instance, place)

    def remember(self, slug: str, **numbers: str) -> None:
        """Called by whoever creates one of the three things, so that the next look needs no search."""
        self._known[slug] = replace(self._known.get(slug, Known()), **numbers)

    def forget(self, slug: str) -> None:
        self._known.pop(slug, None)
        self._heard.pop(slug, None)

    def heard(self, slug: str, observed: Observed) -> None:
        """Called when everything in an observation was dealt with: older comments need not be read again.

        Where there was no issue yet nothing was heard, and the next look brings the comments of the newest with it.
        """
        issues = observed.project.issues if observed.project else ()
        self._heard[slug] = {issue.id: issue.updated_at for issue in issues}

    def ask(self, observed: Observed, slug: str, questions: Questions, people: People) -> Observed:
        """The observation with what `questions` want to know besides. Raises GitLabError."""
        if not questions or observed.project is None:
            return observed
        project = observed.project
        iids = {i.id: str(i.iid) for i in project.issues}
        if questions.comments:
            wanted = [iids[each] for each in sorted(questions.comments)]
            comments = {**project.comments, **self._talk(slug, None, wanted)}
            observed = replace(observed, project=replace(project, comments=comments))
        return replace(observed, answers=read_answers(self._client, self._place, project, questions, people))

    def look(self, slug: str, people: tuple[str, ...], title: str) -> Look:
        """Observes one partner: 1 request when its numbers are known, a few more when not.

        Raises GitLabError; OfferChanged when GitLab now has epics and had none at the start, or the other way round.
        `people`: usernames to look up. `title`: of the partner's epic, which is forgiven for a mark that it has lost.
        """
        self._titles[slug] = title
        data = self._ask(slug, people)
        found = self._find(slug, data)
        if found != self._known.get(slug, Known()):
            self._known[slug] = found
            data = self._ask(slug, people)
            if found.portfolio_item is not None and self._portfolio_item(slug, data) is None:
                # The status page stands under an epic that is not ours: ours is somewhere else.
                other = self._portfolio.find(slug, title, anew=True)
                self._known[slug] = replace(found, portfolio_item=other)
                data = self._ask(slug, people)
        return self._read(slug, data)

    # --- asking ---

    def _ask(self, slug: str, people: tuple[str, ...]) -> dict[str, Any]:
        known = self._known.get(slug, Known())
        variables = {
            "project": self._place.project_path(slug),
            "group": self._place.group,
            "control": self._place.control,
            "portfolio": self._portfolio_path,
            "people": list(people),
            "status": known.status or "0",
            "withStatus": known.status is not None,
            "portfolioItem": known.portfolio_item or "0",
            "withPortfolioItem": known.portfolio_item is not None,
            "hook": known.hook or "gid://gitlab/ProjectHook/0",
            "withHook": known.hook is not None,
            "heard": (max(heard.values()) - _OVERLAP).isoformat() if (heard := self._heard.get(slug)) else None,
            "withTalk": slug in self._heard,
        }
        data = self._client.query("observe_partner", variables, licensed=self._place.epics)
        if (epic_type_in(data) is not None) != self._place.epics:
            raise OfferChanged("GitLab's licence has changed.", "Nothing to do: the bot adapts to it.")
        project = data["project"]
        while project and project["workItems"]["pageInfo"]["hasNextPage"]:
            after = project["workItems"]["pageInfo"]["endCursor"]
            more = self._client.query("observe_partner", {**variables, "after": after}, licensed=self._place.epics)
            if more["project"] is None:
                break
            project["workItems"]["nodes"] += more["project"]["workItems"]["nodes"]
            project["workItems"]["pageInfo"] = more["project"]["workItems"]["pageInfo"]
        return data

    @property
    def _portfolio_path(self) -> str:
        return self._place.group if self._place.epics else self._place.control

    def _find(self, slug: str, data: Mapping[str, Any]) -> Known:
        """The three numbers, kept where the answer confirms them, searched where it does not."""
        known, bot, project = self._known.get(slug, Known()), self._instance.bot_id, data["project"]
        status = parent = hook = None
        if project is not None:
            pages = [
                node
                for node in project["workItems"]["nodes"]
                if author_of(node) == bot
                and markers.find("page", widgets_of(node).get("description") or "") == "status"
            ]
            if pages:
                page = min(pages, key=lambda node: int(node["iid"]))
                status, parent = page["iid"], widgets_of(page).get("parent")
            hook = known.hook if known.hook and project.get("webhook") else self._find_hook(project["id"])
        item = ((data.get("portfolio") or {}).get("workItem")) or None
        if item is not None and self._is_ours(item, slug):
            return Known(status, item["iid"], hook)
        if parent is not None and self._place.epics and parent["iid"] != known.portfolio_item:
            return Known(status, parent["iid"], hook)
        wrong = known.portfolio_item is not None
        return Known(status, self._portfolio.find(slug, self._titles.get(slug), anew=wrong), hook)

    def _is_ours(self, item: Mapping[str, Any], slug: str) -> bool:
        """By author and mark. A mark that a person deleted is forgiven where title and text fit no other partner."""
        by_bot = author_of(item) == self._instance.bot_id
        return by_bot and is_of(entry(item, self._place), slug, self._titles.get(slug))

    def _find_hook(self, project_id: str) -> str | None:
        if self._place.hook_url is None or self._place.group_hook:
            return None
        for hook in self._client.list(f"/projects/{number(project_id)}/hooks"):
            if hook["url"] == self._place.hook_url or hook.get("name") == HOOK_NAME:
                return f"gid://gitlab/ProjectHook/{hook['id']}"
        return None

    # --- reading ---

    def _read(self, slug: str, data: Mapping[str, Any]) -> Look:
        control = (data.get("control") or {}).get("repository") or {}
        group = data["group"] or {}
        observed = Observed(
            place=self._place,
            group_id=str(group.get("id", "")),
            labels={node["title"]: node["id"] for node in (group.get("labels") or {"nodes": []})["nodes"]},
            known_users=users_in(data),
            project=self._with_comments(slug, data, self._project(slug, data)),
            portfolio_item=self._portfolio_item(slug, data),
            stand_in=self._stand_ins.of(slug),
            portfolio_board=self._portfolio_board(group if self._place.epics else data["control"] or {}),
        )
        commit = ((control.get("tree") or {}).get("lastCommit") or {}).get("sha")
        return Look(observed, commit)

    def _project(self, slug: str, data: Mapping[str, Any]) -> Project | None:
        if data["project"] is None:
            return None
        page = ((data.get("status") or {}).get("workItem")) or None
        notes = self._notes(page, self._place.project_path(slug)) if page else ()
        return project_of(data["project"], notes, self._instance.bot_id)

    def _with_comments(self, slug: str, data: Mapping[str, Any], project: Project | None) -> Project | None:
        """The comments of issues that changed since the last look; after a start, since the record was written."""
        if project is None or not project.issues:
            return project
        page, heard, path = data["project"].get("talk"), self._heard.get(slug), self._place.project_path(slug)
        if page is not None and heard is not None:
            comments = {n["id"]: self._notes(n, path) for n in page["nodes"]}
            missing = [str(i.iid) for i in project.issues if heard.get(i.id) != i.updated_at and i.id not in comments]
            if missing:  # more has changed than fits into the one request
                comments |= self._talk(slug, None, missing)
            return replace(project, comments=comments)
        item = self._portfolio_item(slug, data)
        state = markers.find_state(item.description) if item else None
        text = str((state or {}).get("heard") or "")
        since = datetime.fromisoformat(text) - _OVERLAP if text else None
        return replace(project, comments=self._talk(slug, since, None))

    def _talk(self, slug: str, since: datetime | None, iids: list[str] | None) -> dict[str, tuple[Note, ...]]:
        path = self._place.project_path(slug)
        variables = {"project": path, "since": since.isoformat() if since else None, "iids": iids}
        pages = self._client.work_items("talk", variables, "project")
        return {node["id"]: self._notes(node, path) for nodes in pages for node in nodes}

    def _portfolio_item(self, slug: str, data: Mapping[str, Any]) -> PortfolioItem | None:
        node = (data.get("portfolio") or {}).get("workItem")
        if node is None or not self._is_ours(node, slug):
            return None
        return portfolio_item_of(node, self._notes(node, self._portfolio_path))

    def _portfolio_board(self, owner: Mapping[str, Any]) -> Board | None:
        """An epic board of the group or, on Free, an issue board of the control project."""
        boards = owner.get("epicBoards" if self._place.epics else "boards") or {"nodes": []}
        return next((board_of(b) for b in boards["nodes"] if b["name"] == prose.PORTFOLIO_BOARD), None)

    def _notes(self, node: Mapping[str, Any], path: str) -> tuple[Note, ...]:
        page = widgets_of(node).get("notes") or {"nodes": [], "pageInfo": {"hasNextPage": False}}
        nodes = list(page["nodes"])
        while page["pageInfo"]["hasNextPage"]:
            variables = {"path": path, "iid": str(node["iid"]), "after": page["pageInfo"]["endCursor"]}
            item = self._client.query("more_notes", variables)["namespace"]["workItem"]
            page = widgets_of(item)["notes"]
            nodes += page["nodes"]
        return tuple(note_of(n, self._instance.bot_id) for n in nodes)
