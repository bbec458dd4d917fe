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
    slug: Annotated[str | None, typer.Argument(help="short name: the project's path and the file's name")] = None,
    name: Annotated[str | None, typer.Option(help="name of the partner")] = None,
    category: Annotated[Literal["dmr", "gsi", "rsi", "fsi"] | None, typer.Option(help="what kind it is")] = None,
    region: Annotated[str | None, typer.Option(help="for example EMEA")] = None,
    lead: Annotated[str | None, typer.Option(help="GitLab username of the partner's lead")] = None,
    sa: Annotated[str | None, typer.Option(help="GitLab username of the solution architect")] = None,
    manager: Annotated[str | None, typer.Option(help="GitLab username of the account manager")] = None,
    engineer: Annotated[list[str] | None, typer.Option(help="GitLab username; repeat for more")] = None,
) -> None:
    """Write partners/SLUG.yaml to the control project and start the onboarding. A terminal is asked what is missing."""
    from app import printing
    from app.commands.asking import complete
    from app.gitlab.errors import GitLabError
    from app.web.api import NewPartner, partner_yaml

    given = {
        "name": name, "slug": slug, "category": category, "region": region, "lead": lead, "engineers": engineer,
        "sa": sa, "manager": manager,
    }  # fmt: skip
    told = complete(given, typer.prompt if sys.stdin.isatty() else None)
    partner = printing.validated(NewPartner, told)
    slug = partner.slug
    with bot_of_settings() as bot, ExitStack() as stack:
        bot.prepare()
        text = partner_yaml(partner)
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
