"""The control project: where people say what they want, one YAML file per partner, SA-only.

Reads the files (partners, and journey files that override the defaults), writes partner files for the API and the
command line, and keeps one issue per broken partner file. The trap: writing over a file that somebody else changed in
between; a create never replaces, it fails.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

from app.gitlab.client import Client
from app.gitlab.errors import Missing, Refused
from app.gitlab.instance import Instance
from app.gitlab.names import number
from app.gitlab.observe import HOOK_NAME
from app.gitlab.steps import HookSecrets
from app.journey import markers, prose
from app.journey.observed import Place


@dataclass(frozen=True)
class Wishes:
    """The files of the control project at one commit: slug -> YAML text, and journey files by path."""

    commit: str | None
    partners: dict[str, str]
    journey_files: dict[str, str]

    @property
    def paths(self) -> frozenset[str]:
        return frozenset(self.journey_files) | {partner_path(slug) for slug in self.partners}


def partner_path(slug: str) -> str:
    """Where a partner's file is in the control project."""
    return f"partners/{slug}.yaml"


class Control:
    """The control project of one group."""

    def __init__(self, client: Client, instance: Instance, place: Place) -> None:
        self._client = client
        self._instance = instance
        self._place = place
        self._branch = "main"

    @property
    def _path(self) -> str:
        return "/projects/" + self._place.control.replace("/", "%2F")

    # --- reading ---

    def read(self, expected: Collection[str] = ()) -> Wishes:
        """All files that matter: 2 requests, more above 100 files. Raises Missing when there is no control project.

        `expected`: paths that are likely to be all there is; where they are, 1 request is enough.
        """
        guess = sorted(expected)[:100]
        variables = {"control": self._place.control, "paths": guess, "withFiles": bool(guess)}
        data = self._client.query("control_tree", variables)["project"]
        if data is None:
            raise Missing(
                f"There is no control project {self._place.control}.",
                "Run `partner-journey setup`, which creates it, or check PARTNER_JOURNEY_CONTROL.",
            )
        tree = data["repository"]["tree"] if data["repository"] else None
        self._branch = (data["repository"] or {}).get("rootRef") or self._branch
        if not tree or not tree["lastCommit"]:
            return Wishes(None, {}, {})
        names = [str(node["path"]) for node in self._tree(tree)]
        wanted = [
            name for name in names if _partner_slug(name) or name == "journey.yaml" or name.startswith("capabilities/")
        ]
        found = (data["repository"].get("blobs") or {"nodes": []})["nodes"]
        texts: dict[str, str] = {blob["path"]: blob["rawTextBlob"] or "" for blob in found}
        missing = [name for name in wanted if name not in texts]
        for start in range(0, len(missing), 100):
            part = {"control": self._place.control, "paths": missing[start : start + 100]}
            blobs = self._client.query("control_files", part)["project"]["repository"]["blobs"]["nodes"]
            texts |= {blob["path"]: blob["rawTextBlob"] or "" for blob in blobs}
        partners = {slug: text for path, text in texts.items() if (slug := _partner_slug(path))}
        journey_files = {path: text for path, text in texts.items() if not _partner_slug(path)}
        return Wishes(tree["lastCommit"]["sha"], partners, journey_files)

    def _tree(self, tree: dict[str, Any]) -> list[dict[str, Any]]:
        """The tree's blobs; a control project with more than a hundred files is read page by page over REST."""
        if not tree["blobs"]["pageInfo"]["hasNextPage"]:
            return list(tree["blobs"]["nodes"])
        entries = self._client.list(f"{self._path}/repository/tree", recursive=True)
        return [entry for entry in entries if entry["type"] == "blob"]

    # --- writing ---

    def ensure(self, hook_url: str | None, secrets: HookSecrets) -> list[str]:
        """Creates the control project, its README and its webhook where missing. Returns what it did.

        Each is looked for on its own, so an interrupted start is completed by the next one.
        """
        done = []
        try:
            project = self._client.get(self._path)
        except Missing:
            project = self._client.post(
                "/projects", namespace_id=number(self._instance.group_id), path=PurePosixPath(self._place.control).name,
                name=prose.CONTROL_NAME, description=prose.CONTROL_DESCRIPTION, visibility="private",
                default_branch="main",
            )  # fmt: skip
            done.append(f"+ project {self._place.control}")
        self._branch = project["default_branch"] or "main"
        if project["empty_repo"]:
            self._commit(prose.CONTROL_START, [_create("README.md", prose.control_readme(self._place))])
        if hook_url is not None:
            done += self._ensure_hook(hook_url, secrets)
        return done

    def _ensure_hook(self, url: str, secrets: HookSecrets) -> list[str]:
        """One webhook, found by its name: when the service has moved it is changed, not doubled."""
        fields = {"url": url, "name": HOOK_NAME, "push_events": True, "issues_events": False, **secrets.fields()}
        hooks = self._client.list(f"{self._path}/hooks")
        if any(hook["url"] == url for hook in hooks):
            return []
        old = next((hook for hook in hooks if hook.get("name") == HOOK_NAME), None)
        if old is not None:
            self._client.put(f"{self._path}/hooks/{old['id']}", **fields)
            return ["~ webhook of the control project"]
        self._client.post(f"{self._path}/hooks", **fields)
        return ["+ webhook of the control project"]

    def add_partner(self, slug: str, text: str) -> None:
        """Commits a new partner file. Raises Refused when there is one already."""
        try:
            self._commit(prose.partner_commit(slug), [_create(partner_path(slug), text)])
        except Refused as error:
            if "already exists" in str(error):
                raise Refused(
                    f"There is a partner {slug} already.",
                    f"Edit partners/{slug}.yaml in {self._place.control} instead.",
                ) from None
            raise

    def reported_problems(self) -> set[str]:
        """Subjects (slugs, or the journey's own files) with an open issue about them. One request."""
        issues = self._client.list(f"{self._path}/issues", state="opened", author_username=self._instance.bot_username)
        found = (markers.find("problem", issue["description"] or "") for issue in issues)
        return {slug for slug in found if slug}

    def report_problem(self, subject: str, problem: str | None) -> None:
        """Opens, updates or (with None) closes the one issue about a file that cannot be used.

        `subject`: a partner's slug or prose.JOURNEY_FILES.
        """
        title = prose.problem_title(subject)
        issues = self._client.list(f"{self._path}/issues", state="opened", search=title, **{"in": "title"})
        mine = [i for i in issues if markers.find("problem", i["description"] or "") == subject and self._by_bot(i)]
        if problem is None:
            for issue in mine:
                self._client.put(f"{self._path}/issues/{issue['iid']}", state_event="close")
            return
        text = prose.problem_description(subject, problem)
        if not mine:
            self._client.post(f"{self._path}/issues", title=title, description=text)
        elif mine[0]["description"] != text:
            self._client.put(f"{self._path}/issues/{mine[0]['iid']}", description=text)

    def _by_bot(self, issue: dict[str, Any]) -> bool:
        return bool(issue["author"]["username"] == self._instance.bot_username)

    def _commit(self, message: str, actions: list[dict[str, str]]) -> None:
        self._client.post(
            f"{self._path}/repository/commits", branch=self._branch, commit_message=message, actions=actions
        )


def _create(path: str, text: str) -> dict[str, str]:
    return {"action": "create", "file_path": path, "content": text}


def _partner_slug(path: str) -> str | None:
    """The slug of `partners/<slug>.yaml`, None for any other path."""
    pure = PurePosixPath(path)
    return pure.stem if len(pure.parts) == 2 and pure.parts[0] == "partners" and pure.suffix == ".yaml" else None
