"""The command line: `partner-journey`. Every command is thin: read settings, ask one part, print.

Exit codes: 0 done, 1 an error (printed with its fix), 2 `plan` found something to do. Secrets are never options, so
they stay out of shell histories: they come from the environment.
"""

from __future__ import annotations

import sys

import typer

from app import printing
from app.commands import changes, connection, files, notify, partners, reports, service, tryout
from app.commands.console import err
from app.engine.tables import StoreError
from app.gitlab.errors import GitLabError
from app.journey.templates import TemplateError
from app.settings import SettingsError

app = typer.Typer(
    help="Partner Journey runs the Partner Capabilities Journey inside GitLab.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)
for command in (
    changes.plan, changes.apply, changes.sync,
    connection.setup, connection.doctor,
    reports.picture, reports.report,
    service.serve, service.work, service.status,
    tryout.sandbox, tryout.demo,
):  # fmt: skip
    app.command()(command)
app.add_typer(partners.partner_app, name="partner")
app.add_typer(connection.hook_app, name="hook")
app.add_typer(connection.token_app, name="token")
app.add_typer(connection.access_app, name="access")
app.add_typer(notify.notify_app, name="notify")
app.add_typer(files.template_app, name="template")
app.add_typer(files.docs_app, name="docs")


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
