"""`partner add`, `show`, `list`."""

from __future__ import annotations

import json
import sys
from contextlib import ExitStack
from typing import Annotated, Literal

import typer

from app.commands.console import AsJson, bot_of_settings, each, hand, out

partner_app = typer.Typer(help="Partners: add one, show one, list all.", no_args_is_help=True)


@partner_app.command("add")
def partner_add(
    slug: Annotated[str, typer.Argument(help="short name: the project's path and the file's name")],
    name: Annotated[str, typer.Option(prompt="Name of the partner")],
    category: Annotated[Literal["dmr", "gsi", "rsi", "fsi"], typer.Option(prompt="Category (dmr, gsi, rsi, fsi)")],
    region: Annotated[str, typer.Option(prompt="Region")],
    lead: Annotated[str, typer.Option(prompt="GitLab username of the partner's lead")],
    sa: Annotated[str, typer.Option(prompt="GitLab username of the solution architect")],
    manager: Annotated[str | None, typer.Option(help="GitLab username of the account manager")] = None,
    engineer: Annotated[list[str] | None, typer.Option(help="GitLab username; repeat for more")] = None,
) -> None:
    """Write partners/SLUG.yaml to the control project and start the onboarding. Asks for what is missing."""
    from app import printing
    from app.gitlab.errors import GitLabError
    from app.web.api import NewPartner, partner_yaml

    people = {"lead": lead, "engineers": engineer or [], "sa": sa, "manager": manager}
    given = {"slug": slug, "name": name, "category": category, "region": region, "people": people}
    with bot_of_settings() as bot, ExitStack() as stack:
        bot.prepare()
        text = partner_yaml(printing.validated(NewPartner, given))
        bot.control.add_partner(slug, text)
        out.print(f"partners/{slug}.yaml is written.")
        service = stack.enter_context(hand(bot, [slug], "partner-journey partner add"))
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
    from app import printing

    with bot_of_settings() as bot:
        state = bot.store.partner(slug)
        found = bot.reconciler.standing(slug)
    if as_json:
        sys.stdout.write(found.model_dump_json(indent=2) + "\n")
    else:
        printing.print_standing(out, found, state)


@partner_app.command("list")
def partner_list(as_json: AsJson = False) -> None:
    """All partners with stage and percent."""
    from app import printing
    from app.gitlab.errors import GitLabError

    with bot_of_settings() as bot:
        results = dict(each(bot.reconciler.slugs(), "Looking", bot.reconciler.standing))
    if as_json:
        rows = [
            {"slug": slug, "problem": str(r)} if isinstance(r, GitLabError) else r.model_dump(mode="json")
            for slug, r in results.items()
        ]
        sys.stdout.write(json.dumps(rows, indent=2, ensure_ascii=False) + "\n")
    else:
        printing.print_partners(out, results)
