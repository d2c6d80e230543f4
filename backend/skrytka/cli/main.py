"""``skrytka``: the command line. A fault in settings or plugins is one line on stderr and exit status 2."""

from __future__ import annotations

import sys
from importlib.metadata import version as installed_version

import click

from skrytka.cli import checking, keys, migrating
from skrytka.cli.starting import Started, options, start, with_settings
from skrytka.errors import DomainError
from skrytka.plugin_host.manager import PluginError
from skrytka.serve import logs, supervisor
from skrytka.settings import SettingsError
from skrytka.store.interface import Unsuitable

WRONG_SETTINGS = 2
FAILED = 1


class _Group(click.Group):
    """Also has the commands of plugins, which are loaded when a name is not one of ours, and for the help."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted({*super().list_commands(ctx), *_plugin_commands(ctx)})

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        return super().get_command(ctx, cmd_name) or _plugin_commands(ctx).get(cmd_name)


def _plugin_commands(ctx: click.Context) -> dict[str, click.Command]:
    given = ctx.params
    started = start(given.get("config"), given.get("data_dir"), given.get("plugins"))
    return {command.name: command for command in started.plugins.commands if command.name}


@click.group(cls=_Group)
@options
def skrytka(config: str | None, data_dir: str | None, plugins: str | None) -> None:
    """A mail store that runs as a service: REST to provision, LMTP in, IMAP and POP3 out."""


@skrytka.command()
@with_settings
def serve(started: Started) -> None:
    """Serve until SIGTERM, which drains. SIGHUP reloads certificates."""
    logs.configure(started.settings.log, "supervisor")
    sys.exit(supervisor.serve(started.settings, started.plugins))


@skrytka.command()
def version() -> None:
    """Print the version."""
    click.echo(installed_version("skrytka"))


skrytka.add_command(checking.check)
skrytka.add_command(keys.group)
skrytka.add_command(migrating.command)


def main() -> None:
    """The console script."""
    try:
        skrytka()
    except (SettingsError, PluginError, Unsuitable) as error:
        _stop(error, WRONG_SETTINGS)
    except DomainError as error:
        _stop(error, FAILED)


def _stop(error: Exception, status: int) -> None:
    click.echo(f"skrytka: {' '.join(str(error).split())}", err=True)
    sys.exit(status)
