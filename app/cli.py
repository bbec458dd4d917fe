"""The command line: `partner-journey`. Every command is thin: read settings, ask one part, print.

Exit codes: 0 done, 1 an error (printed with its fix), 2 `plan` found something to do. Secrets are never options, so
they stay out of shell histories: they come from the environment.
"""

from __future__ import annotations

import json
import logging
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar

import typer
from rich.console import Console
from rich.logging import RichHandler
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

from app import connect_commands, printing
from app.engine.reconcile import View
from app.engine.resync import ask_everyone
from app.engine.seats import SeatTakenError
from app.engine.status import status_of
from app.engine.tables import StoreError
from app.gitlab.errors import GitLabError, Refused
from app.journey.model import Category
from app.journey.numbers import numbers
from app.journey.picture import blank_picture, render_picture, spoken
from app.journey.standing import Standing
from app.journey.standing import picture as standing_picture
from app.journey.templates import TemplateError, load_templates
from app.settings import Settings, SettingsError, load_settings
from app.wiring import BUILT_IN, Bot, Service, journey_files, open_bot, open_service, wall_clock

app = typer.Typer(
    help="Partner Journey runs the Partner Capabilities Journey inside GitLab.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)
partner_app = typer.Typer(help="Partners: add one, show one, list all.", no_args_is_help=True)
template_app = typer.Typer(help="The journey's own files.", no_args_is_help=True)
docs_app = typer.Typer(help="Generated documents.", no_args_is_help=True)
app.add_typer(partner_app, name="partner")
app.add_typer(template_app, name="template")
app.add_typer(docs_app, name="docs")
app.add_typer(connect_commands.hook_app, name="hook")
app.add_typer(connect_commands.access_app, name="access")
app.command()(connect_commands.doctor)

out = Console(highlight=False)
err = Console(stderr=True, highlight=False)
_Result = TypeVar("_Result")
ReportKind = Literal["md", "csv", "json"]

Slugs = Annotated[list[str] | None, typer.Argument(metavar="[PARTNER]...", help="slugs; none: every partner")]
AsJson = Annotated[bool, typer.Option("--json", help="print JSON for machines")]


def main() -> None:
    """Entry point: our own errors print as one clear text, never as a traceback."""
    try:
        app()
    except (GitLabError, StoreError, SettingsError, TemplateError) as error:
        err.print(f"[bold red]Error:[/] {printing.escape(str(error))}")
        sys.exit(1)
    except KeyboardInterrupt:
        err.print("Stopped.")
        sys.exit(130)


@contextmanager
def _bot() -> Iterator[Bot]:
    with open_bot(load_settings()) as bot:
        yield bot


def _each(slugs: list[str], what: str, work: Callable[[str], _Result]) -> Iterator[tuple[str, _Result | GitLabError]]:
    """Does `work` for each partner with a progress bar; one partner's error does not stop the others."""
    columns = (
        TextColumn(what),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.description}"),
        TimeElapsedColumn(),
        TextColumn("left about"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=err, transient=True, disable=len(slugs) < 2) as progress:
        task = progress.add_task("", total=len(slugs))
        for slug in slugs:
            progress.update(task, description=slug)
            try:
                yield slug, work(slug)
            except GitLabError as error:
                yield slug, error
            progress.advance(task)


# --- plan, apply, sync ---


@app.command()
def plan(slugs: Slugs = None, as_json: AsJson = False) -> None:
    """Show what would change in GitLab, and change nothing. Exit code 2 when there is something to do."""
    with _bot() as bot:
        results = dict(_each(slugs or bot.reconciler.slugs(), "Planning", bot.reconciler.view))
    views = {slug: result for slug, result in results.items() if isinstance(result, View)}
    errors = {slug: result for slug, result in results.items() if isinstance(result, GitLabError)}
    if as_json:
        sys.stdout.write(json.dumps(printing.plans_as_json(views, errors), indent=2, ensure_ascii=False) + "\n")
    else:
        printing.print_plans(out, views, errors)
    if errors:
        raise typer.Exit(1)
    if any(view.plan for view in views.values()):
        raise typer.Exit(2)


@app.command()
def apply(slugs: Slugs = None, as_json: AsJson = False) -> None:
    """Do what `plan` shows, for all partners or those named."""
    _run_all(slugs, as_json=as_json, reason="partner-journey apply")


@app.command()
def sync(as_json: AsJson = False) -> None:
    """One full pass over all partners without a server: for a scheduled pipeline."""
    _run_all(None, as_json=as_json, reason="partner-journey sync")


def _run_all(slugs: list[str] | None, *, as_json: bool, reason: str) -> None:
    with _bot() as bot, _hand(bot, slugs or [], reason) as service:
        if service is None:
            return
        for line in bot.prepare():
            err.print(line)
        names = slugs or bot.reconciler.slugs()
        if forecast := bot.forecaster.of(names).text:
            err.print(forecast)

        def work(slug: str) -> dict[str, Any]:
            service.loop.run(slug, reason)
            run = service.store.runs(partner=slug, limit=1)[0]
            return {"actions": list(run.actions), "requests": run.requests, "cause": run.cause, "fix": run.fix}

        results = {
            slug: result for slug, result in _each(names, "Applying", work) if not isinstance(result, GitLabError)
        }
        service.outbox.flush()
    if as_json:
        sys.stdout.write(json.dumps(results, indent=2, ensure_ascii=False) + "\n")
    else:
        printing.print_runs(out, results)
    if any(result["cause"] for result in results.values()):
        raise typer.Exit(1)


@contextmanager
def _hand(bot: Bot, slugs: list[str], reason: str) -> Iterator[Service | None]:
    """A service for this command alone; None when another process works here, which is then asked to do it."""
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


@app.command()
def setup() -> None:
    """Create the control project and its webhook where they are missing. Safe to run again."""
    with _bot() as bot:
        done = bot.prepare()
        out.print("\n".join(done) if done else "Nothing to do: the control project is there.")
        out.print(f"Next: add a partner with `partner-journey partner add`, or a file in {bot.place.control}.")


@app.command()
def picture(
    slug: Annotated[str | None, typer.Argument(metavar="[PARTNER]", help="slug of the partner")] = None,
    blank: Annotated[bool, typer.Option("--blank", help="the journey without a partner")] = False,
    folder: Annotated[Path, typer.Option(help="with --blank: folder with journey.yaml")] = BUILT_IN,
    output: Annotated[Path | None, typer.Option(help="file to write; none: the terminal")] = None,
) -> None:
    """The journey as a map (SVG): every stage and capability, and where the partner is."""
    if (slug is None) != blank:
        raise Refused("It is not said whose picture.", "Name one partner, or say --blank for the journey alone.")
    if slug is None:
        shown = blank_picture(load_templates(journey_files(folder)).base())
    else:
        with _bot() as bot:
            view = bot.reconciler.view(slug)
            shown = standing_picture(view.journey, view.standing, as_of=bot.clock().date())
    text = render_picture(shown)
    if output is None:
        sys.stdout.write(text)
        return
    output.write_text(text, encoding="utf-8")
    out.print(f"Wrote {output}: {spoken(shown)}", soft_wrap=True)


# --- serve, sandbox, demo ---


@app.command()
def serve() -> None:
    """Listen for webhooks, serve the API, and keep every partner up to date."""
    from app.serving import run_service

    _log_to_terminal()
    with _bot() as bot:
        for line in bot.prepare():
            out.print(line)
        run_service(bot, lambda text: out.print(text))


@app.command()
def work() -> None:
    """Work through the queue beside a running service, without listening. Needs PostgreSQL and a name of its own."""
    from app.serving import run_worker

    _log_to_terminal()
    with _bot() as bot:
        run_worker(bot, lambda text: out.print(text))


@app.command()
def status(as_json: AsJson = False) -> None:
    """Whether a service runs, which partners are parked and why, and what waits. Asks the bot's database only."""
    found = status_of(load_settings().database_url, wall_clock)
    if as_json:
        sys.stdout.write(found.model_dump_json(indent=2) + "\n")
    else:
        printing.print_status(out, found)


@app.command()
def sandbox(
    port: Annotated[int, typer.Option(help="port on this machine")] = 8929,
    tier: Annotated[str, typer.Option(help="ce, free, premium or ultimate")] = "ultimate",
    seed: Annotated[int, typer.Option(help="the same seed gives the same ids")] = 1,
) -> None:
    """A GitLab in one process to try things on: REST, GraphQL, webhooks, pages. Loopback only."""
    from app.demo.live import run_sandbox

    run_sandbox(out, port=port, tier=tier, seed=seed)


@app.command()
def demo(
    once: Annotated[bool, typer.Option("--once", help="play a whole journey headless, print it, exit")] = False,
    port: Annotated[int, typer.Option(help="port of the sandbox GitLab; the service takes the next one")] = 8929,
    tier: Annotated[str, typer.Option(help="ce, free, premium or ultimate")] = "ultimate",
) -> None:
    """Sandbox GitLab, bot and a partner in mid-stage: the whole thing, on this machine, in seconds."""
    if once:
        from app.demo.story import play

        raise typer.Exit(0 if play(Console(width=None if out.is_terminal else 150), tier=tier) else 1)
    from app.demo.live import run_demo

    run_demo(out, port=port, tier=tier)


# --- partners ---


@partner_app.command("add")
def partner_add(
    slug: Annotated[str, typer.Argument(help="short name: the project's path and the file's name")],
    name: Annotated[str, typer.Option(prompt="Name of the partner")],
    category: Annotated[Category, typer.Option(prompt="Category (dmr, gsi, rsi, fsi)")],
    region: Annotated[str, typer.Option(prompt="Region")],
    lead: Annotated[str, typer.Option(prompt="GitLab username of the partner's lead")],
    sa: Annotated[str, typer.Option(prompt="GitLab username of the solution architect")],
    manager: Annotated[str | None, typer.Option(help="GitLab username of the account manager")] = None,
    engineer: Annotated[list[str] | None, typer.Option(help="GitLab username; repeat for more")] = None,
) -> None:
    """Write partners/SLUG.yaml to the control project and start the onboarding. Asks for what is missing."""
    from app.web.api import NewPartner, partner_yaml

    people = {"lead": lead, "engineers": engineer or [], "sa": sa, "manager": manager}
    given = {"slug": slug, "name": name, "category": category, "region": region, "people": people}
    with _bot() as bot, ExitStack() as stack:
        bot.prepare()
        text = partner_yaml(printing.validated(NewPartner, given))
        bot.control.add_partner(slug, text)
        out.print(f"partners/{slug}.yaml is written.")
        service = stack.enter_context(_hand(bot, [slug], "partner-journey partner add"))
        if service is None:
            return
        service.loop.run(slug, "partner-journey partner add")
        run = service.store.runs(partner=slug, limit=1)[0]
        if run.cause:
            raise GitLabError(run.cause, run.fix)
        out.print(f"{len(run.actions)} actions in GitLab, {run.requests} requests.")
        out.print(f"Next: `partner-journey partner show {slug}`")


@partner_app.command("show")
def partner_show(slug: str, as_json: AsJson = False) -> None:
    """Where a partner is, what is next, what is stuck and why."""
    with _bot() as bot:
        state = bot.store.partner(slug)
        found = bot.reconciler.standing(slug)
    if as_json:
        sys.stdout.write(found.model_dump_json(indent=2) + "\n")
    else:
        printing.print_standing(out, found, state)


@partner_app.command("list")
def partner_list(as_json: AsJson = False) -> None:
    """All partners with stage and percent."""
    with _bot() as bot:
        results = dict(_each(bot.reconciler.slugs(), "Looking", bot.reconciler.standing))
    if as_json:
        rows = [
            {"slug": slug, "problem": str(r)} if isinstance(r, GitLabError) else r.model_dump(mode="json")
            for slug, r in results.items()
        ]
        sys.stdout.write(json.dumps(rows, indent=2, ensure_ascii=False) + "\n")
    else:
        printing.print_partners(out, results)


@app.command()
def report(
    kind: Annotated[ReportKind, typer.Option("--format", help="md, csv or json")] = "md",
    output: Annotated[Path | None, typer.Option(help="write to this file instead of the terminal")] = None,
) -> None:
    """The program's numbers, read from GitLab's own history: time to stage, waiting, verified share, funnel."""
    with _bot() as bot:
        results = dict(_each(bot.reconciler.slugs(), "Reading", bot.reconciler.standing))
        found = numbers([r for r in results.values() if isinstance(r, Standing)], bot.clock())
    text = printing.report(found, kind)
    if output is None:
        sys.stdout.write(text)
    else:
        output.write_text(text, encoding="utf-8")
        out.print(f"wrote {output}")
    errors = {slug: result for slug, result in results.items() if isinstance(result, GitLabError)}
    for slug, error in errors.items():
        err.print(f"[bold]{slug}[/] is not in the report: {printing.escape(str(error))}", soft_wrap=True)
    if errors:
        raise typer.Exit(1)


# --- files and documents ---


@template_app.command("check")
def template_check(
    folder: Annotated[Path, typer.Argument(help="folder with journey.yaml")] = BUILT_IN,
) -> None:
    """Check journey files; print all problems with file, line and fix."""
    if not folder.is_dir():
        err.print(f"[bold red]Error:[/] {folder} is no folder. Give the folder that holds journey.yaml.")
        raise typer.Exit(1)
    try:
        templates = load_templates(journey_files(folder))
    except TemplateError as error:
        for problem in error.problems:
            err.print(f"[bold]{problem.file}:{problem.line}:[/] {printing.escape(problem.what)}", soft_wrap=True)
            err.print(f"    {printing.escape(problem.fix)}", soft_wrap=True)
        err.print(f"{len(error.problems)} problems.")
        raise typer.Exit(1) from None
    journey = templates.base()
    out.print(f"{journey.title}: {len(journey.stages)} stages, {len(journey.capabilities)} capabilities, no problems.")


@docs_app.command("generate")
def docs_generate(
    root: Annotated[Path, typer.Argument(help="root of the repository")] = BUILT_IN.parent,
) -> None:
    """Write the JSON Schemas and the README's settings table anew."""
    from app.documents import generate

    for path in generate(root):
        out.print(f"wrote {path}")


def _log_to_terminal() -> None:
    level = os.environ.get("PARTNER_JOURNEY_LOG_LEVEL", "INFO")
    logging.basicConfig(level=level, format="%(message)s", datefmt="%H:%M:%S", handlers=[RichHandler(show_path=False)])
    for noisy in ("httpx", "gql", "urllib3"):
        logging.getLogger(noisy).setLevel(logging.WARNING)


__all__ = ["Settings", "app", "main"]
