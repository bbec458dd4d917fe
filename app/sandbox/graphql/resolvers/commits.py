"""Commits of a repository.

The trap this avoids: a commit without its project, whose page could then not be named. The value that GraphQL passes on
is the pair of both.
"""

from __future__ import annotations

from datetime import datetime

from app.sandbox.graphql import context
from app.sandbox.graphql.context import Info
from app.sandbox.graphql.registry import field
from app.sandbox.world import Commit, Project, User

_Pair = tuple[Project, Commit]


@field("Commit.sha")
def sha(source: _Pair, _info: Info) -> str:
    return source[1].sha


@field("Commit.id")
def id_(source: _Pair, _info: Info) -> str:
    return f"gid://gitlab/CommitPresenter/{source[1].sha}"


@field("Commit.shortId")
def short_id(source: _Pair, _info: Info) -> str:
    return source[1].sha[:8]


@field("Commit.message")
def message(source: _Pair, _info: Info) -> str:
    return source[1].message


@field("Commit.title", "Commit.fullTitle", "Commit.name")
def title(source: _Pair, _info: Info) -> str:
    """The first line of the message."""
    return source[1].message.split("\n", 1)[0]


@field("Commit.description")
def description(source: _Pair, _info: Info) -> str:
    """What follows the first line of the message."""
    return source[1].message.partition("\n")[2].strip()


@field("Commit.authoredDate", "Commit.committedDate")
def date(source: _Pair, _info: Info) -> datetime:
    return source[1].created_at


@field("Commit.author")
def author(source: _Pair, info: Info) -> User | None:
    return context.of(info).world.users.get(source[1].author_id)


@field("Commit.authorName")
def author_name(source: _Pair, info: Info) -> str | None:
    return context.of(info).world.author_of(source[1])[0]


@field("Commit.authorEmail")
def author_email(source: _Pair, info: Info) -> str | None:
    return context.of(info).world.author_of(source[1])[1]


@field("Commit.webPath")
def web_path(source: _Pair, info: Info) -> str:
    return f"/{context.of(info).world.path_of(source[0])}/-/commit/{source[1].sha}"


@field("Commit.webUrl")
def web_url(source: _Pair, info: Info) -> str:
    return context.of(info).world.base_url + web_path(source, info)
