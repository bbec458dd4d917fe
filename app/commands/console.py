"""What all commands share: the two streams, the common options, the bot of the settings, a bar over many partners.

The trap: two ways to open the bot or to show progress, which then behave differently.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer
from rich.console import Console
from rich.markup import escape
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

if TYPE_CHECKING:
    from app.bot import Bot, Service
    from app.gitlab.errors import GitLabError
    from app.gitlab.findings import Finding

# In a file or a pipe a line stays whole: there an address or a command is searched for and copied.
out = Console(highlight=False, soft_wrap=not sys.stdout.isatty())
err = Console(stderr=True, highlight=False, soft_wrap=not sys.stderr.isatty())
_Result = TypeVar("_Result")
_COLORS = {"ok": "green", "warning": "yellow", "failed": "bold red"}

Slugs = Annotated[list[str] | None, typer.Argument(metavar="[PARTNER]...", help="slugs; none: every partner")]
AsJson = Annotated[bool, typer.Option("--json", help="print JSON for machines")]


@contextmanager
def bot_of_settings() -> Iterator[Bot]:
    """The bot that the settings describe. Raises SettingsError, GitLabError or StoreError."""
    from app.settings import load_settings
    from app.wiring import open_bot

    with open_bot(load_settings()) as bot:
        yield bot


def each(slugs: list[str], what: str, work: Callable[[str], _Result]) -> Iterator[tuple[str, _Result | GitLabError]]:
    """Does `work` for each partner with a progress bar; one partner's error does not stop the others."""
    from app.gitlab.errors import GitLabError

    columns = (
        TextColumn(what),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.description}"),
        TimeElapsedColumn(),
        TextColumn("left about"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=err, transient=True, disable=len(slugs) < 2 or not err.is_terminal) as progress:
        task = progress.add_task("", total=len(slugs))
        for slug in slugs:
            progress.update(task, description=slug)
            try:
                yield slug, work(slug)
            except GitLabError as error:
                yield slug, error
            progress.advance(task)


def save(path: Path, text: str) -> None:
    """Writes a file that the caller has named. Raises Refused where that is not possible."""
    from app.gitlab.errors import Refused

    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        why = error.strerror or "unknown reason"
        raise Refused(
            f"{path} cannot be written ({why}).", "Name another file with --output, or make its folder."
        ) from None


@contextmanager
def hand(bot: Bot, slugs: list[str], reason: str) -> Iterator[Service | None]:
    """A service for this command alone; None when another process works here, which is then asked to do it."""
    from app.engine.resync import ask_everyone
    from app.engine.seats import SeatTakenError
    from app.wiring import open_service

    with ExitStack() as stack:
        try:
            service = stack.enter_context(open_service(bot, durable=False))
        except SeatTakenError:
            for slug in slugs:
                bot.store.set_timer(slug, bot.clock(), reason)
            if not slugs:
                ask_everyone(bot.store, reason)
            err.print("A running service works on this database; it has been asked and does it now.")
            err.print("Next: `partner-journey status` shows what it is at.")
            yield None
        else:
            yield service


def show_findings(findings: Iterable[Finding], *, as_json: bool) -> None:
    """One line for each, as it is found. Ends the command with exit code 1 when one failed."""
    seen = []
    for finding in findings:
        seen.append(finding)
        if not as_json:
            color = _COLORS[finding.state]
            out.print(f"[{color}]{finding.state:7}[/] {finding.check}: {escape(finding.text)}", soft_wrap=True)
            if finding.fix:
                out.print(f"        {escape(finding.fix)}", soft_wrap=True)
    if as_json:
        sys.stdout.write(json.dumps([f.as_json() for f in seen], indent=2, ensure_ascii=False) + "\n")
    elif not seen:
        out.print("Nothing to do.")
    if any(f.state == "failed" for f in seen):
        raise typer.Exit(1)
