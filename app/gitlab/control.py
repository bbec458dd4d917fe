"""The control project: where people say what they want, one YAML file per partner, SA-only.

Reads the files (partners, and journey files that override the defaults), writes partner files for the API and the
command line, and keeps one issue for each thing that people must mend. The trap: writing over a file that somebody else
changed in between; a create never replaces, it fails.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any, Literal
from urllib.parse import quote

from app.gitlab.api_paths import group_api, project_api
from app.gitlab.client import Client
from app.gitlab.errors import Missing, Refused
from app.gitlab.ground import Ground
from app.gitlab.hook_secrets import HookSecrets, issue_events, write_hook
from app.gitlab.instance import Instance
from app.gitlab.names import number
from app.gitlab.observe import HOOK_NAME
from app.journey import markers, prose
from app.journey.leaving import MoveFile, archived_path, export_paths
from app.journey.observed import Place
from app.journey.prose.newcomers import FORM_COMMIT, FORM_NAME, FORM_PATH, NEWCOMER_FORM

_AT_ONCE = 100
"""Files that one request may read."""


@dataclass(frozen=True)
class Wishes:
    """The files of the control project at one commit: slug -> YAML text, and journey files by path."""

    commit: str | None
    partners: dict[str, str]
    journey_files: dict[str, str]

    @property
    def paths(self) -> frozenset[str]:
        return frozenset(self.journey_files) | {partner_path(slug) for slug in self.partners}


@dataclass(frozen=True)
class Step:
    """Something to create or change that all partners stand on: what, why, and doing it (which raises GitLabError)."""

    verb: Literal["+", "~"]
    key: str
    reason: str
    do: Callable[[], object]

    def done(self) -> str:
        """Does it, and says so."""
        self.do()
        return f"{self.verb} {self.key}"


def partner_path(slug: str) -> str:
    """Where a partner's file is in the control project."""
    return f"partners/{slug}.yaml"


class Control:
    """The control project of one group."""

    def __init__(self, client: Client, ground: Ground) -> None:
        self._client = client
        self._ground = ground
        self._branch = "main"
        self._blobs: dict[str, str] = {}  # the newest tree's texts by the id of their blob

    @property
    def _place(self) -> Place:
        return self._ground.place

    @property
    def _instance(self) -> Instance:
        return self._ground.footing.instance

    @property
    def _path(self) -> str:
        return project_api(self._place.control)

    # --- reading ---

    def read(self, expected: Collection[str] = ()) -> Wishes:
        """All files that matter: 2 requests. Raises Missing when there is no control project.

        Above 100 files one more for each hundred of them, and one for each hundred that are new or changed: a text is
        known by the id of its blob (https://docs.gitlab.com/api/repositories/#list-repository-tree).
        `expected`: paths that are likely to be all there is; where they are, 1 request is enough.
        """
        guess = sorted(expected) if len(expected) <= _AT_ONCE else []
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
        ids = {path: blob for path, blob in self._tree(tree).items() if _matters(path)}
        read = list((data["repository"].get("blobs") or {"nodes": []})["nodes"])
        there = {blob["path"] for blob in read}
        missing = [path for path, blob in ids.items() if path not in there and blob not in self._blobs]
        for start in range(0, len(missing), _AT_ONCE):
            part = {"control": self._place.control, "paths": missing[start : start + _AT_ONCE]}
            read += self._client.query("control_files", part)["project"]["repository"]["blobs"]["nodes"]
        texts = {path: self._blobs[blob] for path, blob in ids.items() if blob in self._blobs}
        texts |= {blob["path"]: blob["rawTextBlob"] or "" for blob in read}
        # By the id that came with the text, for a commit may have come between the tree and the texts.
        known = self._blobs | {blob["oid"]: texts[blob["path"]] for blob in read}
        self._blobs = {blob: known[blob] for blob in ids.values() if blob in known}
        partners = {slug: text for path, text in texts.items() if (slug := _partner_slug(path))}
        journey_files = {path: text for path, text in texts.items() if not _partner_slug(path)}
        return Wishes(tree["lastCommit"]["sha"], partners, journey_files)

    def kept(self, slug: str) -> dict[str, str]:
        """A partner's files that are there, by path: the active one, the archived one and the export. One request."""
        paths = [partner_path(slug), archived_path(slug), *export_paths(slug)]
        project = self._client.query("control_files", {"control": self._place.control, "paths": paths})["project"]
        found = ((project or {}).get("repository") or {}).get("blobs") or {"nodes": []}
        return {blob["path"]: blob["rawTextBlob"] or "" for blob in found["nodes"]}

    def page_url(self, path: str) -> str:
        """Where people read a file of the control project."""
        return f"{self._place.base_url}/{self._place.control}/-/blob/{self._branch}/{path}"

    def _tree(self, tree: dict[str, Any]) -> dict[str, str]:
        """Path -> id of its blob; a control project with more than a hundred files is read page by page over REST."""
        if not tree["blobs"]["pageInfo"]["hasNextPage"]:
            return {str(node["path"]): str(node["sha"]) for node in tree["blobs"]["nodes"]}
        entries = self._client.list(f"{self._path}/repository/tree", recursive=True, ref=tree["lastCommit"]["sha"])
        return {str(entry["path"]): str(entry["id"]) for entry in entries if entry["type"] == "blob"}

    # --- writing ---

    def missing(self, hook_url: str | None, secrets: HookSecrets) -> list[Step]:
        """What is missing: the control project, its README and form, its webhook, and by choice the group's.

        Writes nothing. At most four requests.

        Each is looked for on its own, so an interrupted start is completed by the next one.
        """
        steps: list[Step] = []
        try:
            project = self._client.get(self._path)
        except Missing:
            project = None
            steps.append(Step("+", f"project {self._place.control}", "SAs say here what they want", self._create))
        if project is not None:
            self._branch = project["default_branch"] or "main"
        if project is None or project["empty_repo"]:
            steps.append(Step("+", "README of the control project", "it tells how to add a partner", self._start))
        elif not self._has_form():
            steps.append(Step("+", f"issue template {FORM_NAME}", "a form is a way to add a partner", self._form))
        if hook_url is not None:
            heard = {"push_events": True, "issues_events": True, "confidential_issues_events": True}
            push = {"url": hook_url, **heard}
            there = [] if project is None else self._client.list(f"{self._path}/hooks")
            why = "a changed partner file or a filled-in form must be heard at once"
            steps += self._hook_steps("the control project", f"{self._path}/hooks", there, push, secrets, why)
            if self._place.group_hook:
                address = f"{group_api(self._place.group)}/hooks"
                there, why = self._client.list(address), "closing an issue must be heard at once"
                steps += self._hook_steps("the group", address, there, issue_events(hook_url), secrets, why)
        return steps

    def ensure(self, hook_url: str | None, secrets: HookSecrets) -> list[str]:
        """Does what is `missing`. Returns what it did."""
        return [step.done() for step in self.missing(hook_url, secrets)]

    def _create(self) -> None:
        project = self._client.post(
            "/projects", namespace_id=number(self._instance.group_id), path=PurePosixPath(self._place.control).name,
            name=prose.CONTROL_NAME, description=prose.CONTROL_DESCRIPTION, visibility="private",
            default_branch="main",
        )  # fmt: skip
        self._branch = project["default_branch"] or "main"

    def _start(self) -> None:
        files = {"README.md": prose.control_readme(self._place), FORM_PATH: NEWCOMER_FORM}
        self._commit(prose.CONTROL_START, [_create_file(path, text) for path, text in files.items()])

    def _has_form(self) -> bool:
        try:
            self._client.get(f"{self._path}/repository/files/{quote(FORM_PATH, safe='')}", ref=self._branch)
        except Missing:
            return False
        return True

    def _form(self) -> None:
        self._commit(FORM_COMMIT, [_create_file(FORM_PATH, NEWCOMER_FORM)])

    def _hook_steps(
        self,
        whose: str,
        address: str,
        there: list[dict[str, Any]],
        fields: dict[str, Any],
        secrets: HookSecrets,
        why: str,
    ) -> Iterator[Step]:
        """One webhook, found by its address or name: when the service has moved it is changed, not doubled."""
        url = fields["url"]
        found = next((h for h in there if h["url"] == url), None)
        found = found or next((h for h in there if h.get("name") == HOOK_NAME), None)
        events = [name for name, on in fields.items() if name.endswith("_events") and on]
        deaf = found is not None and any(found.get(name) is False for name in events)
        if found is not None and found["url"] == url and not deaf and not secrets.lacking(found):
            return
        old = found["id"] if found else None
        if found is not None and not deaf:
            why = "the service has moved" if found["url"] != url else "it carries no secret"
        yield Step(
            "~" if found else "+", f"webhook of {whose}", why,
            lambda: write_hook(self._client, address, secrets, number=old, name=HOOK_NAME, **fields),
        )  # fmt: skip

    def add_partner(self, slug: str, text: str, why: str = "") -> None:
        """Commits a new partner file. Raises Refused when there is one already."""
        message = "\n\n".join(filter(None, (prose.partner_commit(slug), why)))
        try:
            self._commit(message, [_create_file(partner_path(slug), text)])
        except Refused as error:
            if "already exists" in str(error):
                raise Refused(
                    f"There is a partner {slug} already.",
                    f"Edit partners/{slug}.yaml in {self._place.control} instead.",
                ) from None
            raise

    def archive_partner(self, step: MoveFile) -> None:
        """One commit: the partner's file goes to the archived ones; what an earlier leaving left there goes away."""
        gone = [{"action": "delete", "file_path": path} for path in step.outdated]
        move = {"action": "move", "file_path": archived_path(step.slug), "previous_path": partner_path(step.slug)}
        self._commit(prose.archive_commit(step.slug), [*gone, move])

    def keep_export(self, slug: str, files: Mapping[str, str]) -> None:
        """One commit with the export of a partner who leaves."""
        self._commit(prose.export_commit(slug), [_create_file(path, text) for path, text in files.items()])

    def reported_problems(self) -> set[str]:
        """Subjects (slugs, or the journey's own files) with an open issue about them. One request."""
        issues = self._client.list(f"{self._path}/issues", state="opened", author_username=self._instance.bot_username)
        found = (markers.find("problem", issue["description"] or "") for issue in issues)
        return {slug for slug in found if slug}

    def report_problem(self, subject: str, problem: str | None) -> None:
        """Opens, updates or (with None) closes the one issue about a file that cannot be used.

        `subject`: as for prose.problem_title.
        """
        title = prose.problem_title(subject)
        issues = self._client.list(f"{self._path}/issues", state="opened", search=title, **{"in": "title"})
        mine = [i for i in issues if markers.find("problem", i["description"] or "") == subject and self._by_bot(i)]
        if problem is None:
            for issue in mine:
                self._client.put(f"{self._path}/issues/{issue['iid']}", state_event="close")
            return
        text = prose.problem_description(subject, problem, self._place.architects_group or self._place.group)
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


def _create_file(path: str, text: str) -> dict[str, str]:
    return {"action": "create", "file_path": path, "content": text}


def _matters(path: str) -> bool:
    return _partner_slug(path) is not None or path == "journey.yaml" or path.startswith(("capabilities/", "languages/"))


def _partner_slug(path: str) -> str | None:
    """The slug of `partners/<slug>.yaml`, None for any other path."""
    pure = PurePosixPath(path)
    return pure.stem if len(pure.parts) == 2 and pure.parts[0] == "partners" and pure.suffix == ".yaml" else None
