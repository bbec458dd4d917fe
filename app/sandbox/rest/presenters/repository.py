"""Files, commits, branches, badges and wiki pages as REST shows them (https://docs.gitlab.com/api/repositories/).

The trap: blob ids. GitLab identifies a file by git's hash of its content, and clients skip a write when it is equal.
"""

from __future__ import annotations

import base64
import hashlib
from difflib import SequenceMatcher, unified_diff

from app.sandbox.git_ids import blob_id
from app.sandbox.operations.badges import fill_placeholders
from app.sandbox.rest.presenters.formats import Json, moment
from app.sandbox.world import (
    ADMINISTRATOR,
    DEVELOPER,
    MAINTAINER,
    NO_ACCESS,
    Badge,
    Commit,
    Container,
    Project,
    WikiPage,
    World,
)


def tree(files: dict[str, str], folder: str, *, recursive: bool) -> list[Json]:
    """Folders first, then files, as git lists them; raises LookupError for a folder that is not there."""
    prefix = f"{folder.strip('/')}/" if folder.strip("/") else ""
    inside = {path for path in files if path.startswith(prefix)}
    if prefix and not inside:
        raise LookupError(folder)
    folders: set[str] = set()
    shown: list[str] = []
    for path in sorted(inside):
        parts = path[len(prefix) :].split("/")
        folders.update(prefix + "/".join(parts[:depth]) for depth in range(1, len(parts) if recursive else 2))
        if recursive or len(parts) == 1:
            shown.append(path)
    rows = [_entry(path, "tree", _tree_id(files, path)) for path in sorted(folders - set(shown))]
    return rows + [_entry(path, "blob", blob_id(files[path])) for path in shown]


def _entry(path: str, kind: str, object_id: str) -> Json:
    mode = "040000" if kind == "tree" else "100644"
    return {"id": object_id, "name": path.rpartition("/")[2], "type": kind, "path": path, "mode": mode}


def _tree_id(files: dict[str, str], folder: str) -> str:
    inside = sorted((path, blob_id(text)) for path, text in files.items() if path.startswith(f"{folder}/"))
    return hashlib.sha1(repr(inside).encode(), usedforsecurity=False).hexdigest()


def file(path: str, ref: str, commit: Commit, last_change: Commit) -> Json:
    """A file with its content in Base64 (https://docs.gitlab.com/api/repository_files/)."""
    content = commit.files[path]
    data = content.encode()
    return {
        "file_name": path.rpartition("/")[2],
        "file_path": path,
        "size": len(data),
        "encoding": "base64",
        "content_sha256": hashlib.sha256(data).hexdigest(),
        "ref": ref,
        "blob_id": blob_id(content),
        "commit_id": commit.sha,
        "last_commit_id": last_change.sha,
        "execute_filemode": False,
        "content": base64.b64encode(data).decode(),
    }


def commit(world: World, project: Project, record: Commit) -> Json:
    """A commit (https://docs.gitlab.com/api/commits/)."""
    committer = world.users[record.author_id]
    name, email = world.author_of(record)
    at = moment(record.created_at)
    return {
        "id": record.sha,
        "short_id": record.sha[:8],
        "created_at": at,
        "parent_ids": list(record.parent_shas),
        "title": record.message.partition("\n")[0],
        "message": record.message,
        "author_name": name,
        "author_email": email,
        "authored_date": at,
        "committer_name": committer.name,
        "committer_email": committer.email,
        "committed_date": at,
        "trailers": {},
        "extended_trailers": {},
        "web_url": f"{world.base_url}/{world.project_path(project)}/-/commit/{record.sha}",
    }


def commit_detail(world: World, project: Project, record: Commit, *, with_stats: bool) -> Json:
    """A commit as it comes alone."""
    data = commit(world, project, record) | {"status": None, "project_id": project.id, "last_pipeline": None}
    return data | ({"stats": _stats(project, record)} if with_stats else {})


def _before(project: Project, record: Commit) -> dict[str, str]:
    """The files of the commit before."""
    lines = (project.commits, *project.branches.values())
    return next((c.files for line in lines for c in line if c.sha in record.parent_shas), {})


def _stats(project: Project, record: Commit) -> Json:
    before = _before(project, record)
    additions = deletions = 0
    for path in {*record.added, *record.modified, *record.removed}:
        old, new = before.get(path, "").splitlines(), record.files.get(path, "").splitlines()
        kept = sum(block.size for block in SequenceMatcher(None, old, new, autojunk=False).get_matching_blocks())
        additions, deletions = additions + len(new) - kept, deletions + len(old) - kept
    return {"additions": additions, "deletions": deletions, "total": additions + deletions}


def diff(project: Project, record: Commit, *, headed: bool) -> list[Json]:
    """What a commit changed, file by file; `headed` puts the two file names on top of each text."""
    before = _before(project, record)
    return [
        {
            "diff": _text(path, before.get(path), record.files.get(path), headed=headed),
            "collapsed": False,
            "too_large": False,
            "new_path": path,
            "old_path": path,
            "a_mode": "100644" if path in before else "0",
            "b_mode": "100644" if path in record.files else "0",
            "new_file": path in record.added,
            "renamed_file": False,
            "deleted_file": path in record.removed,
            "generated_file": False,
        }
        for path in sorted({*record.added, *record.modified, *record.removed})
    ]


def _text(path: str, old: str | None, new: str | None, *, headed: bool) -> str:
    names = ("/dev/null" if old is None else f"a/{path}", "/dev/null" if new is None else f"b/{path}")
    lines = unified_diff((old or "").splitlines(), (new or "").splitlines(), *names, lineterm="")
    return "".join(f"{line}\n" for line in list(lines)[0 if headed else 2 :])


def branch(world: World, project: Project, name: str, head: Commit, *, protected: bool, can_push: bool) -> Json:
    return {
        "name": name,
        "commit": commit(world, project, head),
        "merged": False,
        "protected": protected,
        "developers_can_push": False,
        "developers_can_merge": False,
        "can_push": can_push,
        "default": name == project.default_branch,
        "web_url": f"{world.base_url}/{world.project_path(project)}/-/tree/{name}",
    }


def protected_branch(world: World, project: Project, name: str) -> Json:
    """A protected name: who pushes to and merges into the branches that it fits."""
    rule = project.protected_branches[name]
    number = project.id * 100 + sorted(project.protected_branches).index(name)
    unprotect = [] if rule.unprotect_level is None else [_level(world, number, rule.unprotect_level)]
    data: Json = {
        "id": number,
        "name": name,
        "push_access_levels": [_level(world, number, rule.push_level)],
        "merge_access_levels": [_level(world, number, rule.merge_level)],
        "allow_force_push": rule.allow_force_push,
    }
    if world.licensed:
        data |= {"unprotect_access_levels": unprotect, "code_owner_approval_required": False, "inherited": False}
    return data


_WHO = {
    NO_ACCESS: "No one",
    DEVELOPER: "Developers + Maintainers",
    MAINTAINER: "Maintainers",
    ADMINISTRATOR: "Administrators",
}


def _level(world: World, number: int, level: int) -> Json:
    data: Json = {"id": number, "access_level": level, "access_level_description": _WHO[level]}
    return data | ({"user_id": None, "group_id": None, "deploy_key_id": None} if world.licensed else {})


def badge(world: World, container: Container, record: Badge) -> Json:
    """A badge with its placeholders filled in (https://docs.gitlab.com/api/project_badges/)."""
    return {
        "name": record.name,
        "link_url": record.link_url,
        "image_url": record.image_url,
        "rendered_link_url": fill_placeholders(world, container, record.link_url),
        "rendered_image_url": fill_placeholders(world, container, record.image_url),
        "id": record.id,
        "kind": container.noun,
    }


def wiki_page(page: WikiPage, *, with_content: bool = True) -> Json:
    """A wiki page (https://docs.gitlab.com/api/wikis/)."""
    data: Json = {"format": page.format, "slug": page.slug, "title": page.title, "wiki_page_meta_id": None}
    return data | ({"content": page.content, "encoding": "UTF-8", "front_matter": {}} if with_content else {})
