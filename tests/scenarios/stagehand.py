"""What all scenarios share: how to read the sandbox's world, what people do all day, and how GitLab breaks.

Everything here looks at the world itself, never at what the bot says of it. `picture` is the whole of it as values
without ids and times, so that two worlds that should look alike can be compared in one line.
"""

from __future__ import annotations

import copy
import json
import re
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import anyio
import httpx

from app.bot import Bot
from app.demo.local import LocalStage, local_stage
from app.doctor import examine
from app.gitlab.findings import Finding
from app.journey import markers
from app.journey_files import BUILT_IN
from app.sandbox import operations
from app.sandbox.http import Request, Response, error_response, request_for
from app.sandbox.inprocess import httpx_transport, requests_adapter
from app.sandbox.world import Board, Hook, JournalEntry, Milestone, Note, WorkItem, World
from app.settings import ChannelSettings, Settings
from app.web.app import create_app
from app.wiring import open_bot

BOT = "partner-bot"
QUIET_MINUTES = 11  # the journey's quiet time before an announcement, and a little more

Kind = Literal["refused", "lost on the way", "lost on the way back"]
_UNSEEN = re.compile(r'begin [0-9a-f]{12}|"heard": "[^"]*", ')
"""Shows nowhere: the digest of the words before issues had numbers, or after; how far comments were heard."""
KINDS: tuple[Kind, ...] = ("refused", "lost on the way", "lost on the way back")
INTERRUPTIONS: list[tuple[Kind, bool]] = [*((kind, False) for kind in KINDS), ("lost on the way back", True)]
"""Each kind with a bot that lives on, and the hardest one with a bot that starts anew and remembers nothing."""


# --- reading the world ---


def capability(item: WorkItem) -> str | None:
    return markers.find("capability", item.description)


def capabilities(stage: LocalStage, slug: str = "acme", *, state: str | None = None) -> list[WorkItem]:
    """The bot's capability issues of a partner, oldest first."""
    bot = stage.user(BOT).id
    return [i for i in stage.issues(slug, state=state) if i.author_id == bot and capability(i)]


def issue_of(stage: LocalStage, name: str, slug: str = "acme") -> WorkItem:
    """The one issue of a capability; fails when there are none or two."""
    (found,) = [i for i in capabilities(stage, slug) if capability(i) == name]
    return found


def page(stage: LocalStage, slug: str = "acme") -> WorkItem:
    """The one status issue; fails when there are none or two."""
    bot = stage.user(BOT).id
    (found,) = [i for i in stage.issues(slug) if i.author_id == bot and markers.find("page", i.description) == "status"]
    return found


def epic(stage: LocalStage, slug: str = "acme") -> WorkItem:
    """The partner's one epic, or on Free and CE its tracker issue; fails when there are none or two."""
    bot, control = stage.user(BOT).id, stage.project("journey-control").id
    (found,) = [
        i
        for i in stage.world.work_items.values()
        if i.author_id == bot
        and (i.type == "EPIC" or i.project_id == control)
        and markers.find("partner", i.description) == slug
    ]
    return found


def labels(stage: LocalStage, item: WorkItem) -> set[str]:
    return {stage.world.labels[label_id].title for label_id in item.label_ids}


def stage_labels(stage: LocalStage, item: WorkItem) -> set[str]:
    return {title for title in labels(stage, item) if title.startswith("stage::")}


def comments(item: WorkItem) -> list[Note]:
    return [note for note in item.notes if not note.system]


def told(stage: LocalStage, item: WorkItem) -> list[str]:
    """The marks of the bot's own comments on an item, oldest first."""
    bot = stage.user(BOT).id
    return [m for n in comments(item) if n.author_id == bot and (m := markers.find("comment", n.body))]


def milestones(stage: LocalStage, slug: str = "acme") -> dict[str, Milestone]:
    project = stage.project(slug)
    return {m.title: m for m in stage.world.milestones.values() if m.project_id == project.id}


def problems(stage: LocalStage, *, state: str | None = "opened") -> list[WorkItem]:
    """Issues of the control project about files that cannot be used."""
    return [i for i in stage.issues("journey-control", state=state) if markers.find("problem", i.description)]


def board_lists(world: World, board: Board) -> list[str]:
    return [world.labels[entry.label_id].title for entry in board.lists if entry.label_id is not None]


def requests_since(stage: LocalStage, start: int) -> list[str]:
    """What the bot asked of GitLab since the journal had `start` entries."""
    return [f"{e.method} {e.operation or e.path}" for e in stage.world.journal[start:] if e.username == BOT]


def connected(stage: LocalStage, **changed: Any) -> list[Finding]:
    """The report of a bot with other settings, from the settings on, on the sandbox of the stage."""

    def connect(settings: Settings) -> AbstractContextManager[Bot]:
        adapter, transport = requests_adapter(stage.sandbox), httpx_transport(stage.sandbox)
        return open_bot(settings, adapter=adapter, transport=transport, clock=stage.clock)

    given = stage.service.settings.model_dump() | changed
    return list(examine(lambda: Settings.model_validate(given), lambda _: stage.deliver() and None, connect))


# --- the whole world as values ---


def picture(world: World) -> dict[str, Any]:
    """All that people can see, by names: equal pictures mean equal GitLabs. Ids, times and history are left out."""
    return {
        "labels": sorted(
            (_place(world, la.group_id, la.project_id), la.title, la.color, la.description)
            for la in world.labels.values()
        ),
        "projects": {world.project_path(p): _project(world, p.id) for p in world.projects.values()},
        "items": sorted((_item(world, i) for i in world.work_items.values()), key=lambda i: (i["place"], i["iid"])),
        "boards": sorted(
            (_place(world, b.group_id, b.project_id), b.epic, b.name, board_lists(world, b))
            for b in world.boards.values()
        ),
        "hooks": sorted((_hook(world, h) for h in world.hooks.values()), key=str),
    }


def _project(world: World, project_id: int) -> dict[str, Any]:
    project = world.projects[project_id]
    return {
        "name": project.name,
        "description": project.description,
        "visibility": project.visibility,
        "settings": project.settings,
        "members": sorted((world.users[m.user_id].username, m.access_level) for m in project.members),
        "files": project.files,
        "milestones": sorted(
            (m.title, m.state, str(m.due_date), m.description)
            for m in world.milestones.values()
            if m.project_id == project_id
        ),
    }


def _item(world: World, item: WorkItem) -> dict[str, Any]:
    parent = world.work_items.get(item.parent_id) if item.parent_id else None
    return {
        "place": _place(world, item.group_id, item.project_id),
        "iid": item.iid,
        "type": item.type,
        "title": item.title,
        "description": _UNSEEN.sub("", item.description),
        "state": item.state,
        "author": world.users[item.author_id].username,
        "confidential": item.confidential,
        "labels": sorted(world.labels[label_id].title for label_id in item.label_ids),
        "assignees": sorted(world.users[user_id].username for user_id in item.assignee_ids),
        "milestone": world.milestones[item.milestone_id].title if item.milestone_id else None,
        "due": str(item.due_date),
        "parent": parent.title if parent else None,
        "comments": [(world.users[n.author_id].username, n.body) for n in comments(item)],
    }


def _hook(world: World, hook: Hook) -> dict[str, Any]:
    return {
        "place": _place(world, hook.group_id, hook.project_id),
        "url": hook.url,
        "signed": bool(hook.signing_token),
        "flags": hook.flags,
    }


def _place(world: World, group_id: int | None, project_id: int | None) -> str:
    return world.project_path(world.projects[project_id]) if project_id else world.groups[group_id or 0].full_path


# --- what people do ---


def ask(stage: LocalStage, username: str, target: str, *, method: str = "GET", body: Any = None) -> Response:
    """A REST request with a person's own token; `target` is below /api/v4."""
    headers = {"PRIVATE-TOKEN": f"sandbox-{username}", "Content-Type": "application/json"}
    data = json.dumps(body).encode() if body is not None else b""
    return stage.sandbox.handle(request_for(f"/api/v4{target}", method=method, headers=headers, body=data))


def ask_graphql(stage: LocalStage, username: str, query: str, **variables: Any) -> dict[str, Any]:
    """A GraphQL request with a person's own token; the whole answer."""
    headers = {"Authorization": f"Bearer sandbox-{username}", "Content-Type": "application/json"}
    body = json.dumps({"query": query, "variables": variables}).encode()
    answer = stage.sandbox.handle(request_for("/api/graphql", method="POST", headers=headers, body=body))
    result: dict[str, Any] = answer.json()
    return result


def close_required(stage: LocalStage, slug: str = "acme", *, by: str = "gl.sa1", leave: int = 0) -> list[WorkItem]:
    """Closes the open required issues of the present stage but the last `leave`; returns those left open."""
    waiting = [i for i in capabilities(stage, slug, state="opened") if "optional" not in labels(stage, i)]
    for item in waiting[: len(waiting) - leave]:
        stage.finish(item, by)
    return waiting[len(waiting) - leave :]


def edit_journey(stage: LocalStage, change: Callable[[str], str], **texts: str) -> None:
    """Commits a changed journey.yaml, and capability texts by path, to the control project; the bot hears of it."""
    control = stage.project("journey-control")
    before = control.files.get("journey.yaml") or (BUILT_IN / "journey.yaml").read_text(encoding="utf-8")
    after = change(before)
    assert after != before
    files = {"journey.yaml": after, **texts}
    actions = [
        {"action": "update" if path in control.files else "create", "file_path": path, "content": text}
        for path, text in files.items()
    ]
    operations.commit_files(
        stage.world, stage.user("root"), control, branch="main", message="Change the journey", actions=actions
    )
    stage.settle()


def pass_quiet_time(stage: LocalStage) -> None:
    """Everything there is to do now, then the quiet time, then what follows from that."""
    stage.settle()
    stage.clock.advance(minutes=QUIET_MINUTES)
    stage.settle()


def onboard(stage: LocalStage, slug: str, text: str) -> None:
    stage.write_partner_file(slug, text)
    stage.settle()


def nothing_to_do(stage: LocalStage, slug: str = "acme") -> bool:
    return not stage.service.reconciler.view(slug).plan


# --- other programs ---

TOKEN = "the-api-token"
Call = Callable[..., httpx.Response]


def caller(stage: LocalStage, *, api_token: str | None = TOKEN) -> Call:
    """Calls the service's own HTTP routes, without a socket."""
    app = create_app(stage.service, api_token)

    async def send(method: str, path: str, options: dict[str, Any]) -> httpx.Response:
        transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://bot.example") as client:
            return await client.request(method, path, **options)

    def call(method: str, path: str, *, token: str | None = TOKEN, **options: Any) -> httpx.Response:
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        return anyio.run(send, method, path, {"headers": headers | options.pop("headers", {}), **options})

    return call


# --- worlds and stages ---


@dataclass
class Theatre:
    """Opens stages, each with a database of its own, over copies of a world or over one that goes on."""

    folder: Path
    counter: Iterator[int] = field(default_factory=lambda: iter(range(1_000_000)))
    played: list[JournalEntry] = field(default_factory=list)

    @contextmanager
    def open(self, world: World | None = None, *, database: str | None = None, **options: Any) -> Iterator[LocalStage]:
        """`world`: play on in this one, as a bot that was restarted; its clock goes on too. None: a fresh one."""
        clock: Any = world.clock if world is not None else None
        name = database or f"stage-{next(self.counter)}"
        url = f"sqlite:///{self.folder / name}.sqlite"
        start = len(world.journal) if world is not None else 0
        with local_stage(url, world=world, clock=clock, **options) as stage:
            yield stage
            self.played += stage.world.journal[start:]


def copied(world: World) -> World:
    """A world that looks the same and lives on by itself, clock included."""
    return copy.deepcopy(world)


@dataclass
class Listener:
    """A chat service outside GitLab: keeps what it is told. `status` is what it answers."""

    channel: ChannelSettings
    status: int = 204
    heard: list[dict[str, Any]] = field(default_factory=list)

    @property
    def keys(self) -> list[str]:
        return [event["id"] for event in self.heard]


# --- how GitLab breaks ---
#
# Refused: an error before anything happened. Lost on the way: a timeout before. Lost on the way back: a timeout after
# it has happened, which the bot cannot tell from the one before.


@dataclass
class Fault:
    """Breaks the bot's request number `at`, counted from when it is armed; `hit` says whether there was one."""

    stage: LocalStage
    kind: Kind
    at: int
    seen: int = 0
    hit: bool = False

    def __enter__(self) -> Fault:
        if self.kind == "lost on the way back":
            self.stage.sandbox.fault_after = self._after
        else:
            self.stage.sandbox.fault = self._before
        return self

    def __exit__(self, *_: object) -> None:
        self.stage.sandbox.fault = self.stage.sandbox.fault_after = None

    def _before(self, _request: Request, _number: int) -> Response | Exception | None:
        if not self._is_now():
            return None
        return error_response(502, "502 Bad Gateway") if self.kind == "refused" else TimeoutError("timed out")

    def _after(self, _request: Request, _number: int, _response: Response) -> Response | Exception | None:
        return TimeoutError("read timed out") if self._is_now() else None

    def _is_now(self) -> bool:
        self.seen += 1
        self.hit = self.hit or self.seen == self.at
        return self.seen == self.at


@contextmanager
def always(stage: LocalStage, answer: Callable[[], Response]) -> Iterator[None]:
    """GitLab gives this answer to every request while the block is open."""
    stage.sandbox.fault = lambda _request, _number: answer()
    try:
        yield
    finally:
        stage.sandbox.fault = None


def doubles(stage: LocalStage, slug: str = "acme") -> list[str]:
    """Names of capabilities with more than one issue."""
    counts = Counter(str(capability(i)) for i in capabilities(stage, slug))
    return [name for name, count in counts.items() if count > 1]
