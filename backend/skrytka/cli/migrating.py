"""``skrytka migrate``: the schemas alone, for deployments that migrate before they roll out."""

from __future__ import annotations

import asyncio

import click

from skrytka.cli.starting import Started, with_settings
from skrytka.serve import logs
from skrytka.serve.composition import migrate


@click.command("migrate")
@with_settings
def command(started: Started) -> None:
    """Bring all databases to this release's schema and end; `skrytka serve` does the same at its start.

    Bus and blob store are not opened, so that they need not be reachable. The release before may go on serving.
    """
    logs.configure(started.settings.log, "cli")
    for name, version in asyncio.run(migrate(started.settings)).items():
        click.echo(f"{name} is at schema version {version}")
