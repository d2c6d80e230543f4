"""``skrytka check``: whether counters, contents and blobs agree."""

from __future__ import annotations

import sys

import click

from skrytka.cli.starting import Started, run_with_core, with_settings
from skrytka.core import Core
from skrytka.services import checking
from skrytka.services.checking import Finding


@click.command()
@click.option("--repair", is_flag=True, help="Mend what can be mended without losing mail.")
@click.option("--deep", is_flag=True, help="Also read every mail, large bodies too, and compare it with its digest.")
@with_settings
def check(started: Started, repair: bool, deep: bool) -> None:
    """Recount and compare everything; exit status 1 when something is wrong and was not repaired."""

    async def work(core: Core) -> list[Finding]:
        return await checking.check(core, repair, deep)

    findings = run_with_core(started, work)
    for finding in findings:
        mended = " (repaired)" if finding.repaired else ""
        click.echo(f"{finding.kind}: {finding.where}: {finding.detail}{mended}")
    if not findings:
        click.echo("Everything agrees.")
    if not all(finding.repaired for finding in findings):
        sys.exit(1)
