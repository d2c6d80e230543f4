"""``skrytka``: the command line. A fault in settings or plugins is one line on stderr and exit status 2."""

from __future__ import annotations

import os
import sys
from importlib.metadata import version
from pathlib import Path

import click

from skrytka.cli import checking, keys
from skrytka.cli.starting import Started, start
from skrytka.errors import DomainError
from skrytka.plugin_host.manager import PluginError
from skrytka.serve import logs, settings_loading, supervisor
from skrytka.settings import SettingsError
from skrytka.store.interface import Unsuitable

WRONG_SETTINGS = 2


class _Group(click.Group):
    """Also has the commands of plugins, which are loaded only when a command is not one of ours, or for the help."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted({*super().list_commands(ctx), *_plugin_commands(ctx)})

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        return super().get_command(ctx, cmd_name) or _plugin_commands(ctx).get(cmd_name)


def _plugin_commands(ctx: click.Context) -> dict[str, click.Command]:
    started = start(ctx.params.get("config"), ctx.params.get("data_dir"), ctx.params.get("plugins"))
    return {command.name: command for command in started.plugins.commands if command.name}


@click.group(cls=_Group, context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--config", type=click.Path(path_type=Path), help="TOML file; also SKRYTKA_CONFIG.")
@click.option("--data-dir", help="Where mail and keys live; also SKRYTKA_DATA_DIR. Default: ./var.")
@click.option("--plugins", help="Comma-separated plugins instead of those in the settings: imap,pop3,lmtp,rest.")
@click.pass_context
def skrytka(ctx: click.Context, config: Path | None, data_dir: str | None, plugins: str | None) -> None:
    """A mail store that runs as a service."""
    ctx.obj = lambda: start(config, data_dir, plugins)


_OPTIONS = (
    click.Option(["--config"], type=click.Path(path_type=Path), help="TOML file; also SKRYTKA_CONFIG."),
    click.Option(["--data-dir"], help="Where mail and keys live; also SKRYTKA_DATA_DIR. Default: ./var."),
    click.Option(["--plugins"], help="Comma-separated plugins: imap,pop3,lmtp,rest."),
)


@skrytka.command()
@click.pass_context
def serve(ctx: click.Context) -> None:
    """Serve until SIGTERM."""
    started: Started = ctx.obj()
    logs.configure(started.settings.log, "supervisor")
    ctx.exit(supervisor.serve(started.settings, started.plugins))
