"""`partner add`, `show`, `list`, `archive`."""

from __future__ import annotations

import json
import sys
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from app.commands.console import AsJson, bot_of_settings, each, hand, out

if TYPE_CHECKING:
    from app.engine.leaving import Leaver

_Slug = Annotated[str, typer.Argument(metavar="PARTNER", help="slug of the partner")]
partner_app = typer.Typer(help="Partners: add one, show one, list all, archive one who leaves.", no_args_is_help=True)


@partner_app.command("add")
def partner_add(
    slug: Annotated[str | None, typer.Argument(help="short name: the project's path and the file's name")] = None,
    name: Annotated[str | None, typer.Option(help="name of the partner")] = None,
    category: Annotated[Literal["dmr", "gsi", "rsi", "fsi"] | None, typer.Option(help="what kind it is")] = None,
    region: Annotated[str | None, typer.Option(help="for example EMEA")] = None,
    language: Annotated[str | None, typer.Option(help="of the partner's project, e.g. de; otherwise English")] = None,
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
        "sa": sa, "manager": manager, "language": language,
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
def partner_show(slug: _Slug, as_json: AsJson = False) -> None:
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
        results = dict(each(bot.desired.slugs(), "Looking", bot.reconciler.standing))
    if as_json:
        rows = [
            {"slug": slug, "problem": str(r)} if isinstance(r, GitLabError) else r.model_dump(mode="json")
            for slug, r in results.items()
        ]
        sys.stdout.write(json.dumps(rows, indent=2, ensure_ascii=False) + "\n")
    else:
        printing.print_partners(out, results)


@partner_app.command("archive")
def partner_archive(
    slug: _Slug,
    yes: Annotated[bool, typer.Option("--yes", help="do it without asking")] = False,
    out_dir: Annotated[
        Path | None, typer.Option("--out", metavar="DIR", file_okay=False, help="put a copy of the export there")
    ] = None,
) -> None:
    """A partner leaves: export all, freeze the project, remove its people, close the epic. Safe to run again.

    Shows what it will do and asks; without a terminal it does nothing but show, unless --yes. Exit code 2 then.
    """
    from app import printing

    with bot_of_settings() as bot:
        found = bot.leaving.plan(slug)
        printing.print_leaving(out, found)
        if found.steps:
            if not yes and not (sys.stdin.isatty() and typer.confirm("Do it?")):
                out.print("Nothing was done. Do it with `--yes`.")
                raise typer.Exit(2)
            found = bot.leaving.leave(slug, lambda step: out.print(f"done: {printing.escape(step.key)}"))
            # A service that runs now forgets the partner with its next look.
            bot.store.set_timer(slug, bot.clock(), "partner-journey partner archive")
        if out_dir is not None:
            _keep(found, out_dir)
        out.print(f"{slug} has left. Next: nothing; `docs/operate.md` says how to take the partner up again.")


def _keep(found: Leaver, folder: Path) -> None:
    """Raises Refused where the folder cannot be written."""
    from app.gitlab.errors import Refused

    try:
        folder.mkdir(parents=True, exist_ok=True)
        for path, text in found.export.items():
            target = folder / Path(path).name
            target.write_text(text, encoding="utf-8", newline="")
            out.print(f"wrote {target}", soft_wrap=True)
    except OSError as error:
        raise Refused(f"The export cannot be written to {folder} ({error.strerror}).", "Give another --out.") from None
