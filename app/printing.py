"""How commands print: plans like Terraform's, standings like the status page. Words about GitLab come from the plan."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any, Literal, TypeVar

from pydantic import BaseModel, ValidationError
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from app.engine.leaving import Leaver
from app.engine.reconcile import View
from app.engine.records import PartnerState
from app.engine.status import Status
from app.gitlab.control import Step
from app.gitlab.errors import GitLabError, Refused
from app.journey.actions import Action, Plan
from app.journey.loading import explain
from app.journey.numbers import Number
from app.journey.standing import Standing, Task
from app.journey.tables import exported, table
from app.journey.text import plain

_COLORS = {"+": "green", "~": "yellow", "-": "red"}
_Model = TypeVar("_Model", bound=BaseModel)

__all__ = [
    "escape", "plans_as_json", "print_leaving", "print_partners", "print_plans", "print_runs", "print_setup",
    "print_standing", "print_status", "report", "validated",
]  # fmt: skip


def print_plans(console: Console, views: Mapping[str, View], errors: Mapping[str, GitLabError]) -> None:
    """Changes only: a partner without any is not shown."""
    if not views and not errors:
        console.print("No partners yet. Add one with `partner-journey partner add`.")
        return
    for slug, view in views.items():
        if view.plan:
            console.print(f"[bold]{slug}[/]  {escape(view.partner.name)}")
            _print_actions(console, view.plan.actions)
            console.print()
    _print_errors(console, errors)
    total = {verb: sum(_count(view.plan, verb) for view in views.values()) for verb in "+~-"}
    if any(total.values()):
        console.print(
            f"Plan: {total['+']} to create, {total['~']} to change, {total['-']} to close. "
            "Do it with `partner-journey apply`."
        )
    elif not errors:
        console.print("Nothing to do: GitLab shows what it should.")


def print_setup(console: Console, actions: Sequence[Step | Action], group: str) -> None:
    """What `partner-journey setup` would make."""
    if not actions:
        console.print(f"Nothing to do: the group {group} has all that the bot needs.")
        return
    console.print(f"[bold]{escape(group)}[/]")
    _print_actions(console, actions)
    console.print(f"Plan: {len(actions)} to create or change.")


def _print_actions(console: Console, actions: Sequence[Step | Action]) -> None:
    for action in actions:
        color = _COLORS[action.verb]
        line = f"  [{color}]{action.verb} {escape(action.key)}[/]  [dim]{escape(action.reason)}[/]"
        console.print(line, soft_wrap=True)


def plans_as_json(views: Mapping[str, View], errors: Mapping[str, GitLabError]) -> dict[str, Any]:
    return {
        "partners": {
            slug: [{"verb": a.verb, "key": a.key, "reason": a.reason} for a in view.plan.actions]
            for slug, view in views.items()
        },
        "problems": {slug: {"cause": error.cause, "fix": error.fix} for slug, error in errors.items()},
    }


def print_leaving(console: Console, found: Leaver) -> None:
    """What is left to do so that the partner has left."""
    console.print(f"[bold]{found.partner.slug}[/]  {escape(found.partner.name)}")
    for step in found.steps:
        color = _COLORS[step.verb]
        console.print(f"  [{color}]{step.verb} {escape(step.key)}[/]  [dim]{escape(step.reason)}[/]", soft_wrap=True)
    if not found.steps:
        console.print("Nothing to do: the partner has left.")
    for group in found.shares:
        console.print(
            f"[yellow]The project is shared with the group {escape(group)}:[/] end that in GitLab, the bot does not.",
            soft_wrap=True,
        )


def print_runs(console: Console, results: Mapping[str, dict[str, Any]]) -> None:
    for slug, result in results.items():
        if result["cause"]:
            console.print(
                f"[bold red]{slug}[/]  {escape(result['cause'])}\n    {escape(result['fix'])}", soft_wrap=True
            )
        elif result["actions"]:
            console.print(f"[bold]{slug}[/]  {len(result['actions'])} actions, {result['requests']} requests")
            for line in result["actions"]:
                console.print(f"  [{_COLORS[line[0]]}]{escape(line)}[/]", soft_wrap=True)
    changed = sum(bool(r["actions"]) for r in results.values())
    failed = sum(bool(r["cause"]) for r in results.values())
    requests = sum(r["requests"] for r in results.values())
    console.print(f"{len(results)} partners: {changed} changed, {failed} failed, {requests} requests to GitLab.")


def print_standing(console: Console, found: Standing, state: PartnerState) -> None:
    console.print(f"[bold]{escape(found.name)}[/] ({found.slug}) · {found.category} · {escape(found.region)}")
    console.print(
        f"{escape(found.stage_title)} · {found.percent} %" + (f" · since {found.since}" if found.since else "")
    )
    if found.at_risk_until:
        console.print(f"[yellow]At risk until {found.at_risk_until}[/]")
    if state.failures:
        console.print(
            f"[red]The bot could not look at it: {escape(state.cause)} {escape(state.fix)}[/]", soft_wrap=True
        )
    if found.pending_changes:
        console.print(f"{found.pending_changes} changes are waiting: `partner-journey plan {found.slug}`")
    _print_tasks(console, "Next", found.next)
    _print_tasks(console, "Stuck", found.stuck, why=True)
    for heading, lines in (
        ("Waived", found.waived),
        ("Not applicable", found.skipped),
        ("With this licence", found.degraded),
    ):
        if lines:
            console.print(f"\n[bold]{heading}[/]")
            console.print("\n".join(f"  {escape(line)}" for line in lines))
    for label, url in (
        ("Project", found.project_url),
        ("Status page", found.status_url),
        ("Epic", found.portfolio_url),
    ):
        if url:
            console.print(f"{label}: {url}", soft_wrap=True)


def print_partners(console: Console, results: Mapping[str, Standing | GitLabError]) -> None:
    if not results:
        console.print("No partners yet. Add one with `partner-journey partner add`.")
        return
    table = Table(box=None, pad_edge=False)
    for heading in ("Partner", "Name", "Category", "Stage", "%", "Since", "Stuck"):
        table.add_column(heading)
    for slug, result in results.items():
        if isinstance(result, GitLabError):
            table.add_row(slug, f"[red]{escape(result.cause)}[/]")
        else:
            since = result.since.isoformat() if result.since else "-"
            numbers = (str(result.percent), since, str(len(result.stuck)))
            table.add_row(slug, escape(result.name), result.category, result.stage_title, *numbers)
    console.print(table)


def print_status(console: Console, found: Status) -> None:
    """The service's state; where something is wrong, what to do."""
    running = "[green]A service is running[/]" if found.running else "[yellow]No service is running[/]"
    console.print(f"{running} on {escape(found.database)}", soft_wrap=True)
    if not found.running:
        console.print("Start one with `partner-journey serve`.")
    last, resync = _moment(found.last_run, "never"), _moment(found.next_resync, "at the start")
    console.print(f"{found.partners} partners seen · last run {last} · next resync {resync}")
    for heading, names in (("At work", found.working), ("Waiting", found.waiting)):
        console.print(f"{heading}: {len(names)}" + (f" ({_some(names)})" if names else ""))
    console.print(f"Messages: {found.messages_waiting} waiting, {found.messages_dead} given up")
    if found.messages_dead:
        console.print(
            "`partner-journey notify test` tries each channel, `partner-journey notify retry` sends them again."
        )
    if not found.parked:
        console.print("Nobody is parked.")
    for parked in found.parked:
        when = _moment(parked.next_try, "now, it waits in the queue")
        console.print(
            f"[bold red]{parked.slug}[/]  {escape(parked.cause)}\n    {escape(parked.fix)}\n"
            f"    {parked.failures} failures in a row; next try {when}",
            soft_wrap=True,
        )


def _moment(value: datetime | None, otherwise: str) -> str:
    """In the reader's zone, which is that of this machine, with its name."""
    return f"{value.astimezone():%Y-%m-%d %H:%M:%S %Z}" if value else otherwise


def _some(names: list[str]) -> str:
    more = f" and {len(names) - 10} more" if len(names) > 10 else ""
    return ", ".join(names[:10]) + more


def report(found: Sequence[Number], kind: Literal["md", "csv", "json"]) -> str:
    """The program's numbers as one text that ends in a line end."""
    if kind != "md":
        columns = ("group", "name", "value", "unit", "of")
        return exported(table("numbers", columns, [asdict(number) for number in found]), kind)
    lines = ["# Partner journey: the program's numbers"]
    group = ""
    for number in found:
        if number.group != group:
            group = number.group
            lines += ["", f"## {group}", "", "| What | Value | Unit | Of |", "| --- | ---: | --- | ---: |"]
        value = "-" if number.value is None else f"{number.value:g}"
        lines.append(f"| {plain(number.name)} | {value} | {number.unit} | {number.of} |")
    return "\n".join(lines) + "\n"


def validated(model: type[_Model], values: dict[str, Any]) -> _Model:
    """Raises Refused with all problems in words."""
    try:
        return model.model_validate(values)
    except ValidationError as error:
        told = [explain(model, tuple(detail["loc"]), detail) for detail in error.errors()]
        raise Refused("This is no valid partner.", " ".join(f"{what} {fix}" for what, fix in told)) from None


def _print_tasks(console: Console, heading: str, tasks: list[Task], *, why: bool = False) -> None:
    if not tasks:
        return
    console.print(f"\n[bold]{heading}[/]")
    for task in tasks:
        due = f" · due {task.due}" if task.due else ""
        reason = f" · {escape(task.why)}" if why else ""
        optional = "" if task.required else " (optional)"
        console.print(f"  {escape(task.title)}{optional} · {', '.join(task.who)}{due}{reason}", soft_wrap=True)


def _print_errors(console: Console, errors: Mapping[str, GitLabError]) -> None:
    for slug, error in errors.items():
        console.print(f"[bold red]{slug}[/]  {escape(error.cause)}\n    {escape(error.fix)}\n", soft_wrap=True)


def _count(plan: Plan, verb: str) -> int:
    return sum(action.verb == verb for action in plan.actions)
