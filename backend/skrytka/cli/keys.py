"""``skrytka key``: the keys of the REST API."""

from __future__ import annotations

import time

import click

from skrytka.cli.starting import Started, run_with_core, with_settings
from skrytka.core import Core
from skrytka.model import Actor, ApiKey
from skrytka.services import keys

ACTOR = Actor("operator", "cli")


@click.group("key")
def group() -> None:
    """Make, list and revoke keys of the REST API."""


@group.command()
@click.argument("name")
@with_settings
def create(started: Started, name: str) -> None:
    """Make a key and print it; it is shown nowhere else."""

    async def work(core: Core) -> str:
        return (await keys.create(core, ACTOR, name))[1]

    click.echo(run_with_core(started, work))


@group.command("list")
@with_settings
def list_all(started: Started) -> None:
    """Print every key's id, dates and name."""
    for key in run_with_core(started, keys.list_all):
        click.echo(_line(key))


@group.command()
@click.argument("key_id")
@with_settings
def delete(started: Started, key_id: str) -> None:
    """Revoke a key by its id."""

    async def work(core: Core) -> None:
        await keys.delete(core, ACTOR, key_id)

    run_with_core(started, work)


def _line(key: ApiKey) -> str:
    used = "never used" if key.last_used_at is None else f"used {_day(key.last_used_at)}"
    return f"{key.key_id}  made {_day(key.created_at)}  {used}  {key.name}"


def _day(moment: int) -> str:
    return time.strftime("%Y-%m-%d", time.gmtime(moment))
