"""What `apply` does to GitLab, done to values instead: the model against which the plan's properties are checked.

It is as strict as GitLab where a plan could be in the wrong order: what an action names must exist by then, nothing is
made twice, and a confidential parent takes only confidential children.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from app.journey import actions as act
from app.journey import markers
from app.journey.items import status_issue
from app.journey.observed import Board, Hook, Issue, Milestone, Note, Observed, PortfolioItem, Project
from app.journey.plan_project import blob_id


def apply_to(observed: Observed, plan: act.Plan, now: datetime) -> Observed:
    """GitLab after this plan. Raises AssertionError where GitLab would refuse."""
    for action in plan.actions:
        observed = _APPLY[type(action)](observed, plan.partner, action, now)
    return observed


def _need(condition: bool, why: str) -> None:
    if not condition:
        raise AssertionError(f"GitLab would refuse: {why}")


def _project(observed: Observed) -> Project:
    _need(observed.project is not None, "there is no project yet")
    assert observed.project is not None
    return observed.project


def _item(observed: Observed) -> PortfolioItem:
    _need(observed.portfolio_item is not None, "there is no epic yet")
    assert observed.portfolio_item is not None
    return observed.portfolio_item


# --- names to numbers, labels ---


def _numbers(observed: Observed) -> dict[str, str]:
    numbers: dict[str, str] = {}
    for issue in sorted(observed.project.issues if observed.project else (), key=lambda i: i.iid):
        name = markers.find("capability", issue.description) if issue.by_bot else None
        if name is not None:
            numbers.setdefault(name, f"#{issue.iid}")
    page = status_issue(observed)
    if page is not None:
        numbers["page/status"] = f"#{page.iid}"
    return numbers


def _filled(observed: Observed, text: str) -> str:
    numbers = _numbers(observed)
    missing = markers.references(text) - set(numbers)
    _need(not missing, f"no number yet for {sorted(missing)}")
    return markers.fill_references(text, numbers)


def _labelled(observed: Observed, old: frozenset[str], add: tuple[str, ...], remove: tuple[str, ...]) -> frozenset[str]:
    """On a paid plan a label `scope::x` takes the place of another one of its scope."""
    unknown = [title for title in add if title not in observed.labels]
    _need(not unknown, f"no labels {unknown}")
    _need(not set(add) & set(remove), "a label both added and removed")
    kept = old - set(remove)
    if observed.place.epics:
        scopes = {title.rsplit("::", 1)[0] for title in add if "::" in title}
        kept = frozenset(t for t in kept if "::" not in t or t.rsplit("::", 1)[0] not in scopes)
    return kept | set(add)


# --- group and project ---


def _create_label(observed: Observed, _slug: str, action: act.CreateLabel, _now: datetime) -> Observed:
    _need(action.title not in observed.labels, f"label {action.title} exists")
    number = f"gid://gitlab/GroupLabel/{len(observed.labels) + 1}"
    return replace(observed, labels={**observed.labels, action.title: number})


def _create_board(observed: Observed, _slug: str, action: act.CreateBoard, _now: datetime) -> Observed:
    board = Board(f"gid://gitlab/Board/{action.name}", action.name)
    if action.where == "portfolio":
        _need(observed.portfolio_board is None, "the portfolio board exists")
        return replace(observed, portfolio_board=board)
    project = _project(observed)
    _need(all(b.name != action.name for b in project.boards), "the board exists")
    return replace(observed, project=replace(project, boards=(*project.boards, board)))


def _add_board_list(observed: Observed, _slug: str, action: act.AddBoardList, _now: datetime) -> Observed:
    _need(action.label in observed.labels, f"no label {action.label}")

    def listed(board: Board) -> Board:
        _need(action.label not in board.lists, "the list exists")
        return replace(board, lists=board.lists | {action.label})

    if action.where == "portfolio":
        _need(observed.portfolio_board is not None, "no portfolio board")
        assert observed.portfolio_board is not None
        return replace(observed, portfolio_board=listed(observed.portfolio_board))
    project = _project(observed)
    _need(any(b.name == action.board for b in project.boards), "no board")
    boards = tuple(listed(b) if b.name == action.board else b for b in project.boards)
    return replace(observed, project=replace(project, boards=boards))


def _create_project(observed: Observed, slug: str, action: act.CreateProject, _now: datetime) -> Observed:
    _need(observed.project is None, "the project exists")
    _need(bool(action.name.strip()), "name can't be blank")
    return replace(observed, project=Project(f"gid://gitlab/Project/{slug}", observed.place.project_url(slug)))


def _commit_files(observed: Observed, _slug: str, action: act.CommitFiles, _now: datetime) -> Observed:
    project = _project(observed)
    _need(not set(action.create) & set(project.files), "a file with this name already exists")
    _need({*action.update, *action.delete} <= set(project.files), "a file with this name doesn't exist")
    written = {path: blob_id(text) for path, text in {**action.create, **action.update}.items()}
    files = {path: oid for path, oid in {**project.files, **written}.items() if path not in action.delete}
    return replace(observed, project=replace(project, files=files))


def _create_badge(observed: Observed, _slug: str, action: act.CreateBadge, _now: datetime) -> Observed:
    _project(observed)
    return observed


def _create_milestone(observed: Observed, _slug: str, action: act.CreateMilestone, _now: datetime) -> Observed:
    project = _project(observed)
    _need(all(m.title != action.title for m in project.milestones), "title has already been taken")
    made = Milestone(f"gid://gitlab/Milestone/{action.title}", action.title, "active", action.due)
    return replace(observed, project=replace(project, milestones=(*project.milestones, made)))


def _update_milestone(observed: Observed, _slug: str, action: act.UpdateMilestone, _now: datetime) -> Observed:
    project = _project(observed)
    _need(any(m.title == action.title and action.id in (None, m.id) for m in project.milestones), "no milestone")
    milestones = tuple(
        replace(m, state=action.state or m.state, due=action.due or m.due) if m.title == action.title else m
        for m in project.milestones
    )
    return replace(observed, project=replace(project, milestones=milestones))


def _invite(observed: Observed, _slug: str, action: act.InviteMembers, _now: datetime) -> Observed:
    project = _project(observed)
    _need(set(action.usernames) <= set(observed.known_users), "no such user")
    members = {**project.members, **dict.fromkeys(action.usernames, action.access_level)}
    return replace(observed, project=replace(project, members=members))


def _change_role(observed: Observed, _slug: str, action: act.ChangeRole, _now: datetime) -> Observed:
    project = _project(observed)
    _need(action.username in project.members, "no such member")
    members = {**project.members, action.username: action.access_level}
    return replace(observed, project=replace(project, members=members))


def _create_hook(observed: Observed, _slug: str, action: act.CreateHook, _now: datetime) -> Observed:
    project = _project(observed)
    _need(project.hook is None, "there would be two webhooks")
    return replace(observed, project=replace(project, hook=Hook("gid://gitlab/ProjectHook/1", action.url)))


def _update_hook(observed: Observed, _slug: str, action: act.UpdateHook, _now: datetime) -> Observed:
    project = _project(observed)
    _need(project.hook is not None and project.hook.id == action.id, "no such webhook")
    return replace(observed, project=replace(project, hook=Hook(action.id, action.url)))


# --- issues, epic, comments ---


def _create_item(observed: Observed, _slug: str, action: act.CreatePortfolioItem, _now: datetime) -> Observed:
    _need(observed.portfolio_item is None, "there would be two epics")
    _need(bool(action.title.strip()), "title can't be blank")
    item = PortfolioItem(
        "gid://gitlab/WorkItem/epic", 1, action.title, action.description, "open", "https://gitlab.example.com/epic",
        _labelled(observed, frozenset(), action.labels, ()), confidential=action.confidential,
    )  # fmt: skip
    return replace(observed, portfolio_item=item)


def _update_item(observed: Observed, _slug: str, action: act.UpdatePortfolioItem, _now: datetime) -> Observed:
    item = _item(observed)
    _need(action.id in (None, item.id), "no such epic")
    changed = replace(
        item,
        title=item.title if action.title is None else action.title,
        description=item.description if action.description is None else _filled(observed, action.description),
        labels=_labelled(observed, item.labels, action.add_labels, action.remove_labels),
        state=action.state or item.state,
        confidential=item.confidential or action.hide,
    )
    return replace(observed, portfolio_item=changed)


def _create_issue(observed: Observed, slug: str, action: act.CreateIssue, now: datetime) -> Observed:
    project = _project(observed)
    _need(action.name not in _numbers(observed), f"there would be two issues for {action.name}")
    _need(action.milestone in (None, *(m.title for m in project.milestones)), f"no milestone {action.milestone}")
    _need(action.assignee is None or action.assignee in observed.known_users, "no such user")
    parent = _item(observed) if action.under_portfolio_item and observed.place.epics else None
    _need(parent is None or action.confidential or not parent.confidential, "a confidential epic, an open child")
    iid = max((i.iid for i in project.issues), default=0) + 1
    issue = Issue(
        f"gid://gitlab/WorkItem/{slug}-{iid}", iid, action.title, _filled(observed, action.description), "open", now,
        now, f"{project.url}/-/issues/{iid}", True, _labelled(observed, frozenset(), action.labels, ()),
        (action.assignee,) if action.assignee else (), parent.id if parent else None, action.due,
        confidential=action.confidential,
    )  # fmt: skip
    return replace(observed, project=replace(project, issues=(*project.issues, issue)))


def _update_issue(observed: Observed, _slug: str, action: act.UpdateIssue, now: datetime) -> Observed:
    project, page = _project(observed), status_issue(observed)
    target = action.id or (page.id if page and action.name == "page/status" else None)
    _need(any(i.id == target for i in project.issues), f"no issue {action.name}")

    def changed(issue: Issue) -> Issue:
        return replace(
            issue,
            title=issue.title if action.title is None else action.title,
            description=issue.description if action.description is None else _filled(observed, action.description),
            labels=_labelled(observed, issue.labels, action.add_labels, action.remove_labels),
            state="closed" if action.close else "open" if action.reopen else issue.state,
            closed_at=now if action.close else None if action.reopen else issue.closed_at,
            due=action.due or issue.due,
            assignees=action.assign or issue.assignees,
            updated_at=now,
            parent=_item(observed).id if action.attach else issue.parent,
            confidential=issue.confidential or action.hide,
        )

    issues = tuple(changed(i) if i.id == target else i for i in project.issues)
    return replace(observed, project=replace(project, issues=issues))


def _post_comment(observed: Observed, _slug: str, action: act.PostComment, now: datetime) -> Observed:
    project, body = _project(observed), _filled(observed, action.body)
    if action.where == "portfolio":
        item = _item(observed)
        note = Note(f"gid://gitlab/Note/epic-{len(item.notes) + 1}", body, now, True)
        return replace(observed, portfolio_item=replace(item, notes=(*item.notes, note)))
    if action.where == "capability":
        _need(any(i.id == action.issue for i in project.issues), "no such issue")
        return _talk(observed, str(action.issue), body, now)
    _need(status_issue(observed) is not None, "no status issue")
    note = Note(f"gid://gitlab/Note/{len(project.status_notes) + 1}", body, now, True)
    return replace(observed, project=replace(project, status_notes=(*project.status_notes, note)))


def _remove_comment(observed: Observed, _slug: str, action: act.RemoveComment, _now: datetime) -> Observed:
    if action.where == "capability":
        project = _project(observed)
        left = {i: tuple(n for n in notes if n.id != action.id) for i, notes in project.comments.items()}
        _need(left != project.comments, "no such comment")
        return replace(observed, project=replace(project, comments=left))
    owner = _item(observed) if action.where == "portfolio" else None
    notes = owner.notes if owner is not None else _project(observed).status_notes
    _need(any(n.id == action.id and n.by_bot for n in notes), "no such comment of the bot")
    kept = tuple(n for n in notes if n.id != action.id)
    if owner is not None:
        return replace(observed, portfolio_item=replace(owner, notes=kept))
    return replace(observed, project=replace(_project(observed), status_notes=kept))


def _talk(observed: Observed, issue: str, body: str, now: datetime) -> Observed:
    """A comment of the bot on a capability's issue."""
    project = _project(observed)
    told = project.comments.get(issue, ())
    number = 1 + max((n.number for notes in project.comments.values() for n in notes), default=0)
    note = Note(f"gid://gitlab/Note/{number}", body, now, True, observed.place.bot, number)
    issues = tuple(replace(i, updated_at=now) if i.id == issue else i for i in project.issues)
    comments = {**project.comments, issue: (*told, note)}
    return replace(observed, project=replace(project, issues=issues, comments=comments))


def _react(observed: Observed, _slug: str, _action: act.React, _now: datetime) -> Observed:
    return observed


def _notify(observed: Observed, _slug: str, _action: act.Notify, _now: datetime) -> Observed:
    return observed


_APPLY: dict[type, Callable[..., Observed]] = {
    act.CreateLabel: _create_label, act.CreateBoard: _create_board, act.AddBoardList: _add_board_list,
    act.CreateProject: _create_project, act.CommitFiles: _commit_files, act.CreateBadge: _create_badge,
    act.CreateMilestone: _create_milestone,
    act.UpdateMilestone: _update_milestone, act.InviteMembers: _invite, act.ChangeRole: _change_role,
    act.CreateHook: _create_hook,
    act.UpdateHook: _update_hook, act.CreatePortfolioItem: _create_item, act.UpdatePortfolioItem: _update_item,
    act.CreateIssue: _create_issue, act.UpdateIssue: _update_issue, act.PostComment: _post_comment,
    act.RemoveComment: _remove_comment, act.Notify: _notify, act.React: _react,
}  # fmt: skip
