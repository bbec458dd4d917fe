"""`plan`, `apply`, `sync`: what would change in GitLab, and doing it."""

from __future__ import annotations

import json
import sys
from functools import partial
from typing import TYPE_CHECKING, Annotated, Any

import typer

from app.commands.console import AsJson, Slugs, bot_of_settings, each, err, hand, out

if TYPE_CHECKING:
    from app.bot import Bot
    from app.gitlab.errors import GitLabError

AllowRemovals = Annotated[
    bool, typer.Option("--allow-removals", help="the journey may take away more than a tenth of a partner's items")
]


def plan(slugs: Slugs = None, as_json: AsJson = False, allow_removals: AllowRemovals = False) -> None:
    """Show what would change in GitLab, and change nothing. Exit code 2 when there is something to do."""
    from app import printing
    from app.engine.reconcile import View
    from app.gitlab.errors import GitLabError

    with bot_of_settings() as bot:
        view = partial(bot.reconciler.view, allow_removals=allow_removals)
        results = dict(each(slugs or bot.desired.slugs(), "Planning", view))
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


def apply(slugs: Slugs = None, as_json: AsJson = False, allow_removals: AllowRemovals = False) -> None:
    """Do what `plan` shows, for all partners or those named."""
    from app.engine.reconcile import ALLOW_REMOVALS

    _run_all(slugs, as_json=as_json, reason=ALLOW_REMOVALS if allow_removals else "partner-journey apply")


def sync(as_json: AsJson = False) -> None:
    """One full pass over all partners without a server: for a scheduled pipeline."""
    _run_all(None, as_json=as_json, reason="partner-journey sync")


def _run_all(slugs: list[str] | None, *, as_json: bool, reason: str) -> None:
    from app import printing
    from app.gitlab.errors import GitLabError

    with bot_of_settings() as bot, hand(bot, slugs or [], reason) as service:
        if service is None:
            return
        for line in bot.prepare():
            err.print(line)
        for slug in [] if slugs else bot.newcomers.look():
            err.print(f"+ partners/{slug}.yaml, from an issue")
        names = slugs or bot.desired.slugs()
        if forecast := bot.forecaster.of(names).text:
            err.print(forecast)

        def work(slug: str) -> dict[str, Any]:
            service.loop.run(slug, reason)
            run = service.store.runs(partner=slug, limit=1)[0]
            return {"actions": list(run.actions), "requests": run.requests, "cause": run.cause, "fix": run.fix}

        results = {
            slug: result for slug, result in each(names, "Applying", work) if not isinstance(result, GitLabError)
        }
        trouble = _tell_architects(bot) if slugs is None else None
        service.outbox.flush()
    if as_json:
        sys.stdout.write(json.dumps(results, indent=2, ensure_ascii=False) + "\n")
    else:
        printing.print_runs(out, results)
    if trouble is not None:
        raise trouble
    if any(result["cause"] for result in results.values()):
        raise typer.Exit(1)


def _tell_architects(bot: Bot) -> GitLabError | None:
    """The page about all partners and the digest; what goes wrong is told after what was done for the partners."""
    from app.gitlab.errors import GitLabError

    try:
        bot.portfolio_page.renew()
        bot.digest.post()
    except GitLabError as error:
        return error
    return None
