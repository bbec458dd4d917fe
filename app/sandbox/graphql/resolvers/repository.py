"""The repository of a project: files, trees, commits.

The trap this avoids: made-up object ids. A blob's `oid` is the id that git computes, so a client that compares it
with the id of the text it would write sees whether the file differs
(https://docs.gitlab.com/api/graphql/reference/#repositoryblob).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from app.sandbox import git_ids, permissions
from app.sandbox.graphql import context
from app.sandbox.graphql.connections import Connection, in_order
from app.sandbox.graphql.context import Info
from app.sandbox.graphql.registry import PLAIN, field
from app.sandbox.world import Commit, Project


@dataclass
class File:
    """A file at a commit."""

    project: Project
    ref: str
    path: str
    text: str

    @property
    def name(self) -> str:
        return self.path.rsplit("/", 1)[-1]

    @property
    def flat_path(self) -> str:
        return self.path

    @property
    def mode(self) -> str:
        return "100644"

    @property
    def type(self) -> str:
        return "blob"

    @property
    def oid(self) -> str:
        return git_ids.blob_id(self.text)

    @property
    def sha(self) -> str:
        return git_ids.blob_id(self.text)

    @property
    def size(self) -> int:
        return len(self.text.encode())

    @property
    def raw_size(self) -> int:
        return self.size

    @property
    def raw_blob(self) -> str:
        return self.text

    @property
    def raw_text_blob(self) -> str:
        return self.text

    @property
    def plain_data(self) -> str:
        return self.text


@dataclass
class Folder:
    """A folder at a commit; the root has the path ""."""

    project: Project
    ref: str
    path: str
    commit: Commit
    recursive: bool = False

    @property
    def files(self) -> dict[str, str]:
        return git_ids.below(self.commit.files, self.path)

    @property
    def name(self) -> str:
        return self.path.rsplit("/", 1)[-1]

    @property
    def flat_path(self) -> str:
        return self.path

    @property
    def type(self) -> str:
        return "tree"

    @property
    def sha(self) -> str:
        return git_ids.tree_id(self.files)


PLAIN.update(RepositoryBlob=File, Blob=File, TreeEntry=Folder)


def commit_at(project: Project, ref: str | None) -> Commit | None:
    """The commit that a branch name, HEAD or the start of a SHA names; None when there is none."""
    name = project.default_branch if ref in (None, "HEAD") else str(ref).removeprefix("refs/heads/")
    line = project.line_to(name)
    return line[-1] if line is not None else None


def last_touching(project: Project, head: Commit, path: str) -> Commit | None:
    """The newest commit up to `head` that changed the path or something below it; the whole tree for ""."""
    line = next((each for each in (project.commits, *project.branches.values()) if head in each), [head])
    history = line[: line.index(head) + 1]
    for commit in reversed(history):
        changed = (*commit.added, *commit.modified, *commit.removed)
        if not path or any(each == path or each.startswith(f"{path}/") for each in changed):
            return commit
    return None


@field("Project.repository")
def repository(source: Project, info: Info) -> Project | None:
    """Null for who may not read code (Guest and Planner of a private project)."""
    request = context.of(info)
    return source if permissions.can_download_code(request.world, request.user, source) else None


@field("Repository.empty")
def empty(source: Project, _info: Info) -> bool:
    return not source.commits


@field("Repository.exists")
def exists(_source: Project, _info: Info) -> bool:
    return True


@field("Repository.rootRef")
def root_ref(source: Project, _info: Info) -> str | None:
    """The default branch, null while there is no commit."""
    return source.default_branch if source.commits else None


@field("Repository.blobs")
def blobs(source: Project, _info: Info, **arguments: Any) -> Connection:
    """The files among `paths` that exist, in the order asked for."""
    ref, paths = arguments.pop("ref", None), arguments.pop("paths")
    commit = commit_at(source, ref)
    files = commit.files if commit is not None else {}
    found = [File(source, ref or source.default_branch, path, files[path]) for path in paths if path in files]
    return in_order(found, **arguments)


@field("Repository.tree")
def tree(source: Project, _info: Info, **arguments: Any) -> Folder | None:
    """The folder at `path`; null while there is no commit or when the ref is unknown."""
    ref = arguments.get("ref")
    commit = commit_at(source, ref)
    if commit is None:
        return None
    path = (arguments.get("path") or "").strip("/")
    return Folder(source, ref or source.default_branch, path, commit, bool(arguments.get("recursive")))


@field("Repository.commit")
def commit(source: Project, _info: Info, ref: str) -> tuple[Project, Commit] | None:
    found = commit_at(source, ref)
    return (source, found) if found is not None else None


@field("Repository.lastCommit")
def repository_last_commit(
    source: Project, _info: Info, path: str | None = None, ref: str | None = None
) -> tuple[Project, Commit] | None:
    head = commit_at(source, ref)
    found = last_touching(source, head, (path or "").strip("/")) if head is not None else None
    return (source, found) if found is not None else None


@field("Tree.lastCommit")
def tree_last_commit(
    source: Folder, _info: Info, path: str | None = None, ref: str | None = None
) -> tuple[Project, Commit] | None:
    head = commit_at(source.project, ref) if ref is not None else source.commit
    place = source.path if path is None else path.strip("/")
    found = last_touching(source.project, head, place) if head is not None else None
    return (source.project, found) if found is not None else None


@field("Tree.blobs")
def tree_blobs(source: Folder, _info: Info, **arguments: Any) -> Connection:
    """The files of the folder, with `recursive` those of its folders too."""
    prefix = f"{source.path}/" if source.path else ""
    found = [
        File(source.project, source.ref, prefix + path, text)
        for path, text in sorted(source.files.items())
        if source.recursive or "/" not in path
    ]
    return in_order(found, **arguments)


@field("Tree.trees")
def tree_trees(source: Folder, _info: Info, **arguments: Any) -> Connection:
    prefix = f"{source.path}/" if source.path else ""
    names = sorted({name for path in source.files for name in _folders(path, deep=source.recursive)})
    found = [Folder(source.project, source.ref, prefix + name, source.commit) for name in names]
    return in_order(found, **arguments)


def _folders(path: str, *, deep: bool) -> Iterator[str]:
    parts = path.split("/")[:-1]
    for length in range(1, len(parts) + 1 if deep else min(len(parts), 1) + 1):
        yield "/".join(parts[:length])


@field("RepositoryBlob.id")
def blob_id(source: File, _info: Info) -> str:
    return f"gid://gitlab/Blob/{source.oid}"


@field("Blob.id", "TreeEntry.id")
def entry_id(source: File | Folder, _info: Info) -> str:
    kind = "blob_type" if isinstance(source, File) else "tree"
    return f"gid://gitlab/Gitlab::Graphql::Representation::TreeEntry/{kind}/{source.sha}"


@field("Blob.webPath", "TreeEntry.webPath", "RepositoryBlob.webPath")
def web_path(source: File | Folder, info: Info) -> str:
    kind = "blob" if isinstance(source, File) else "tree"
    return f"/{context.of(info).world.path_of(source.project)}/-/{kind}/{source.ref}/{source.path}"


@field("Blob.webUrl", "TreeEntry.webUrl")
def web_url(source: File | Folder, info: Info) -> str:
    return context.of(info).world.base_url + web_path(source, info)
