"""`setup`, `doctor`, `access check`, `hook …` and `token rotate`: the connection to GitLab.

Thin like all commands: they ask one part and print its findings. Exit code 1 when a finding failed.
"""

from __future__ import annotations

import json
import sys
from typing import Annotated

import typer
from rich.markup import escape

from app.commands.console import AsJson, bot_of_settings, err, out, show_findings

hook_app = typer.Typer(help="Webhooks: check them, switch them on again, change their secret.", no_args_is_help=True)
token_app = typer.Typer(help="The bot's access token.", no_args_is_help=True)
access_app = typer.Typer(help="Who could see what they must not.", no_args_is_help=True)


def setup(
    yes: Annotated[bool, typer.Option("--yes", help="do it without asking")] = False,
    as_json: AsJson = False,
) -> None:
    """Create what is missing in the group: control project, its webhook, labels, portfolio board. Shows the plan first.

    Safe to run again. Where nobody can be asked and --yes is not given, it shows the plan and ends with code 2.
    """
    from app import printing

    with bot_of_settings() as bot:
        planned = bot.groundwork.plan()
        if as_json:
            lines = [{"verb": a.verb, "key": a.key, "reason": a.reason} for a in planned.lines]
            sys.stdout.write(json.dumps(lines, indent=2, ensure_ascii=False) + "\n")
        else:
            printing.print_setup(out, planned.lines, bot.place.group)
        if planned and not yes and not _agreed(as_json=as_json):
            raise typer.Exit(2)
        for line in bot.groundwork.make(planned) if planned else ():
            err.print(line, soft_wrap=True)
        err.print(f"Next: add a partner with `partner-journey partner add`, or a file in {bot.place.control}.")


def _agreed(*, as_json: bool) -> bool:
    if as_json or not sys.stdin.isatty():
        err.print("Nothing was changed. Do it with `partner-journey setup --yes`.")
        return False
    return typer.confirm("Do it?")


def doctor(as_json: AsJson = False) -> None:
    """Check everything between the bot and GitLab; each line is ok, warning or failed, with cause and fix."""
    from app.doctor import examine
    from app.settings import load_settings

    show_findings(examine(load_settings), as_json=as_json)


@access_app.command("check")
def access_check(as_json: AsJson = False) -> None:
    """List every way in which a partner's people could see another partner, the control project or an epic."""
    with bot_of_settings() as bot:
        show_findings(bot.watch.access().check(), as_json=as_json)


@hook_app.command("check")
def hook_check(as_json: AsJson = False) -> None:
    """Webhooks that are switched off or carry no secret, and deliveries that failed in seven days."""
    with bot_of_settings() as bot:
        show_findings(bot.watch.hooks.check(bot.watch.projects(), bot.watch.overtaken()), as_json=as_json)


@hook_app.command("revive")
def hook_revive(as_json: AsJson = False) -> None:
    """Send a test delivery to each webhook that GitLab has switched off; success switches it on again."""
    with bot_of_settings() as bot:
        show_findings(bot.watch.hooks.revive(bot.watch.projects()), as_json=as_json)


@hook_app.command("rotate")
def hook_rotate(as_json: AsJson = False) -> None:
    """Give all webhooks the present secret. Keep the old one as PARTNER_JOURNEY_PREVIOUS_… until this is done."""
    with bot_of_settings() as bot:
        show_findings(bot.watch.hooks.rotate(bot.watch.projects()), as_json=as_json)


@token_app.command("rotate")
def token_rotate(
    days: Annotated[int, typer.Option(min=1, max=365, help="how long the new token lives")] = 365,
) -> None:
    """Put a new token into the file of PARTNER_JOURNEY_TOKEN_FILE, try it, then revoke the old one.

    Never prints a token. A running service takes the new one without a restart. Cut off anywhere, run it again.
    """
    from app.bot import wall_clock
    from app.gitlab.credential import FixedToken, TokenFile
    from app.gitlab.errors import Refused
    from app.gitlab.rotation import Rotation
    from app.settings import load_settings
    from app.wiring import connect, credential_of

    settings = load_settings()
    if settings.token_file is None:
        raise Refused(
            "The token comes from the environment, where no program can change it.",
            "Write it to a file that only this user may read, set PARTNER_JOURNEY_TOKEN_FILE to that instead of "
            "PARTNER_JOURNEY_TOKEN, start again; or change it by hand as docs/operate.md tells.",
        )
    client = connect(settings, credential_of(settings))
    try:
        rotation = Rotation(
            client, TokenFile(settings.token_file), lambda token: connect(settings, FixedToken(token)), settings.group
        )
        for line in rotation.rotate(wall_clock().date(), days):
            out.print(escape(line), soft_wrap=True)
    finally:
        client.close()
