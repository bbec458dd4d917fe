"""The command line: `partner-journey`. Every command is thin: read settings, ask one part, print.

Exit codes: 0 done, 1 an error (printed with its fix), 2 `plan` found something to do. Secrets are never options, so
they stay out of shell histories: they come from the environment. Modules of commands import what they work with inside
the command: `--help` and a mistyped option should not wait for libraries that they do not need.
"""

from __future__ import annotations

import errno
import os
import sys
from importlib.metadata import version
from io import TextIOWrapper
from typing import Annotated

import typer
from rich.markup import escape

from app.commands import changes, connection, files, notify, partners, reports, service, tryout
from app.commands.console import err, out

app = typer.Typer(
    help="Partner Journey runs the Partner Capabilities Journey inside GitLab.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)
for command in (
    changes.plan, changes.apply, changes.sync,
    connection.setup, connection.doctor,
    reports.picture, reports.report, reports.digest,
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


def _tell_version(wanted: bool) -> None:
    if wanted:
        out.print(f"partner-journey {version('partner-journey')}")
        raise typer.Exit


@app.callback()
def common(
    version: Annotated[
        bool, typer.Option("--version", is_eager=True, callback=_tell_version, help="print the version and exit")
    ] = False,
) -> None:
    """Partner Journey runs the Partner Capabilities Journey inside GitLab."""


def main() -> None:
    """Entry point: our own errors print as one clear text, never as a traceback.

    Output is UTF-8 whatever the locale says: pictures, JSON and reports are files as often as they are read.
    """
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):  # tests and other hosts may put their own in its place
            stream.reconfigure(encoding="utf-8")
    try:
        app()
        sys.stdout.flush()
    except KeyboardInterrupt:
        err.print("Stopped.")
        sys.exit(130)
    except BrokenPipeError:
        _drop_output()
        sys.exit(0)  # whoever reads has what he wanted, as with `head`
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EIO):
            raise
        _drop_output()
        err.print(
            f"[bold red]Error:[/] The output cannot be written ({error.strerror}). Make room, or write elsewhere."
        )
        sys.exit(1)
    except Exception as error:
        if not _is_ours(error):
            raise
        err.print(f"[bold red]Error:[/] {escape(str(error))}", soft_wrap=True)
        sys.exit(1)


def _drop_output() -> None:
    """What is still in the buffer goes nowhere, else Python complains about it once more while it ends.

    See https://docs.python.org/3/library/signal.html#note-on-sigpipe.
    """
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _is_ours(error: Exception) -> bool:
    from app.engine.database import StoreError
    from app.gitlab.errors import GitLabError
    from app.journey.loading import TemplateError
    from app.settings import SettingsError

    return isinstance(error, GitLabError | StoreError | SettingsError | TemplateError)
