"""Filters that are together longer than a command may be."""

from __future__ import annotations

import msgspec
import pytest

from skrytka_imap.settings import Settings
from tests.front_ends import PASSWORD, Served
from tests.imap.client import Client


@pytest.fixture
def imap_settings(imap_settings: Settings) -> Settings:
    return msgspec.structs.replace(imap_settings, command_literal_octets=1_024)


async def test_filters_are_together_no_longer_than_the_literals_of_a_command(served: Served) -> None:
    client = Client(*await served.connect())
    await client.greet(PASSWORD)
    for name in ("a", "b"):
        text = "x" * 600
        await client.command(f'SETMETADATA "" (/private/filters/values/{name} "SUBJECT {text}")')
    assert b" OK " in await client.command("SEARCH FILTER a FILTER a")
    assert b" NO [LIMIT] The filters of that search are too long" in await client.command("SEARCH FILTER a FILTER b")
    await client.close()
