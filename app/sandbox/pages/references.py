"""Short references in text (`#12`, `&3`, `@user`, `~label`, `%milestone`) become links, for those who may see it.

Shapes: https://docs.gitlab.com/user/markdown/#gitlab-specific-references. The trap it avoids: a link (with a title in
it) to something the reader may not see would tell a partner that another partner exists, so what is not readable stays
plain text, exactly like what does not exist.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import quote

from app.sandbox import addresses, permissions
from app.sandbox.operations import available_labels, available_milestones
from app.sandbox.pages.chips import Chip, chip_of
from app.sandbox.world import Container, Label, Project, User, WorkItem, World

_PATH = r"[A-Za-z0-9_](?:[A-Za-z0-9_./-]*[A-Za-z0-9_])?"
PATTERN = re.compile(
    rf"""
    (?P<url>https?://[^\s<>"'`]+)
    | (?<![\w/@.+-])@(?P<user>[A-Za-z0-9_](?:[A-Za-z0-9_.-]*[A-Za-z0-9_])?)
    | (?<![\w/#&.-])(?P<item>(?:{_PATH})?[#&]\d{{1,9}})(?P<title>\+s?)?(?![\w-])
    | (?<![\w~])~(?P<label>"[^"\n]{{1,255}}"|[A-Za-z0-9_?&](?:[A-Za-z0-9_?.&:-]*[A-Za-z0-9_?&])?)
    | (?<![\w%])%(?P<milestone>"[^"\n]{{1,255}}"|[A-Za-z0-9_](?:[A-Za-z0-9_.-]*[A-Za-z0-9_])?)
    """,
    re.VERBOSE,
)


@dataclass(frozen=True)
class Target:
    """What a reference points at. `chip` only for labels; `href` empty for a mention nobody can follow."""

    text: str
    href: str
    kind: str
    hover: str = ""
    chip: Chip | None = None


@dataclass(frozen=True)
class References:
    """Looks references up as `viewer`, relative to the project or group the text lives in."""

    world: World
    viewer: User
    home: Container

    def find(self, match: re.Match[str]) -> Target | None:
        """The target of one match of PATTERN that is no URL; None means: leave the text as it is."""
        if name := match["user"]:
            return self._user(name)
        if item := match["item"]:
            return self._item(item, match["title"])
        if label := match["label"]:
            return self._label(label.strip('"'))
        return self._milestone(match["milestone"].strip('"'))

    def find_url(self, url: str) -> Target:
        """A full address; that of a readable item of this GitLab is shown short, as `#12`."""
        base = self.world.base_url.rstrip("/") + "/"
        item = item_at(self.world, url.removeprefix(base)) if url.startswith(base) else None
        if item is None or not permissions.can_read_item(self.world, self.viewer, item):
            return Target(url, url, "url")
        return Target(self._short(item), url, "item", item.title)

    def _user(self, name: str) -> Target | None:
        if user := self.world.user_by_name(name):
            return Target(f"@{user.username}", addresses.of_user(user), "user", user.name)
        group = self.world.group_by_path(name)
        if name.lower() == "all":
            return Target(f"@{name}", "", "user", "Everybody in this project")
        if group is None or not permissions.can_read_group(self.world, self.viewer, group):
            return None
        return Target(f"@{group.full_path}", addresses.of_container(self.world, group), "user", group.name)

    def _item(self, text: str, expand: str | None) -> Target | None:
        epic = "&" in text
        path, _, iid = text.partition("&" if epic else "#")
        item = self._lookup(path, int(iid), epic=epic)
        if item is None or not permissions.can_read_item(self.world, self.viewer, item):
            return None
        shown = f"{item.title} ({self._short(item)})" if expand else text
        return Target(shown, addresses.of_item(self.world, item), "item", item.title)

    def _lookup(self, path: str, iid: int, *, epic: bool) -> WorkItem | None:
        home_group = self.world.group_of(self.home)
        if epic:
            group = self.world.group_by_path(path) if path else home_group
            return None if group is None else self.world.item_at(group, iid)
        if path:
            sibling = path if "/" in path else f"{home_group.full_path}/{path}"
            project = self.world.project_by_path(sibling)
        else:
            project = self.home if isinstance(self.home, Project) else None
        return None if project is None else self.world.item_at(project, iid)

    def _short(self, item: WorkItem) -> str:
        container = self.world.container_of(item)
        if container is self.home:
            return addresses.short_reference(item)
        return addresses.reference(self.world, item)

    def _label(self, title: str) -> Target | None:
        found = labels_of(self.world, self.home)
        label = next((x for x in found if x.title.lower() == title.lower()), None)
        if label is None and title.isdecimal():
            label = next((x for x in found if x.id == int(title)), None)
        if label is None:
            return None
        chip = chip_of(label, scoped=self.world.licensed)
        return Target(label.title, label_address(self.world, self.home, label.title), "label", chip.description, chip)

    def _milestone(self, title: str) -> Target | None:
        found = next((m for m in available_milestones(self.world, self.home) if m.title.lower() == title.lower()), None)
        if found is None:
            return None
        return Target(f"%{found.title}", addresses.of_milestone(self.world, found), "milestone")


def label_address(world: World, home: Container, title: str) -> str:
    """The list of items of `home` that carry the label."""
    listing = "issues" if isinstance(home, Project) else "epics"
    return f"{addresses.of_container(world, home)}/-/{listing}?label_name%5B%5D={quote(title, safe='')}"


def labels_of(world: World, home: Container) -> list[Label]:
    """Labels usable in `home`: its own, then those of the groups above."""
    return sorted(available_labels(world, home), key=lambda label: label.project_id is None)


def item_at(world: World, path: str) -> WorkItem | None:
    """The item a page path (without leading slash) shows, such as `group/project/-/issues/3`."""
    match = re.fullmatch(r"(?P<where>.+?)/-/(?P<kind>issues|work_items|epics)/(?P<iid>\d{1,9})(?:[?#].*)?", path)
    if match is None:
        return None
    where = match["where"]
    if where.startswith("groups/"):
        group = world.group_by_path(where.removeprefix("groups/"))
        return None if group is None else world.item_at(group, int(match["iid"]))
    project = world.project_by_path(where)
    return None if project is None or match["kind"] == "epics" else world.item_at(project, int(match["iid"]))
