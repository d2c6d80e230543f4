"""The RFC table of each front end's README says what the running front end announces, and names files that are there."""

from __future__ import annotations

import re
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from functools import partial
from pathlib import Path

import msgspec
import pytest

from skrytka.connections.connection import Client
from skrytka.connections.interface import Connection
from skrytka.core import Core
from skrytka.serve.self_signed import make_self_signed
from skrytka.serve.tls import server_context
from skrytka.settings import Settings
from skrytka.store.opening import Databases
from skrytka_imap.server import converse as imap
from skrytka_imap.settings import Settings as ImapSettings
from skrytka_lmtp.server import converse as lmtp
from skrytka_lmtp.settings import LmtpSettings
from skrytka_pop3.server import converse as pop3
from skrytka_pop3.settings import Pop3Settings
from tests import front_ends
from tests.certificates import Authority
from tests.issuers import Issuer

PLUGINS = Path(__file__).parent.parent / "plugins"
QUOTED = re.compile(r"`([^`]+)`")
HEADER = ["RFC", "done", "announced", "what, departures and errata", "where"]
LOGIN = f'a LOGIN ann@example.org "{front_ends.PASSWORD}"'


Contexts = tuple[ssl.SSLContext, ssl.SSLContext]
"""The server's, and those of its clients, who show a certificate."""


class Row(msgspec.Struct, frozen=True):
    done: str
    announced: tuple[str, ...]
    files: tuple[str, ...]


def table(plugin: str) -> list[Row]:
    """The rows below ``## RFC``."""
    text = (PLUGINS / plugin / "README.md").read_text().split("## RFC\n", 1)[1]
    header, _, *lines = [[cell.strip() for cell in line.strip("|").split("|")] for line in text.strip().splitlines()]
    assert header == HEADER
    assert {len(cells) for cells in lines} == {len(HEADER)}
    return [Row(done, _quoted(announced), _quoted(where)) for _, done, announced, _, where in lines]


def _quoted(cell: str) -> tuple[str, ...]:
    return tuple(QUOTED.findall(cell))


@pytest.fixture
async def core(settings: Settings, open_databases: Databases, issuer: Issuer) -> AsyncIterator[Core]:
    with_tokens = msgspec.structs.replace(settings, oauth=front_ends.oauth(issuer))
    async with front_ends.open_core(open_databases, with_tokens) as core:
        yield core


@pytest.fixture
def contexts(tmp_path: Path) -> Contexts:
    authority, pair = Authority(tmp_path / "ca"), (tmp_path / "certificate.pem", tmp_path / "key.pem")
    make_self_signed(*pair, "mx.example.org")
    client = ssl.create_default_context(cafile=pair[0])
    client.check_hostname = False
    client.load_cert_chain(authority.issue("ann@example.org"))
    return server_context(*pair, str(authority.certificate)), client


async def talk(
    converse: Callable[[Connection], Awaitable[None]], tls: ssl.SSLContext, client: Client, commands: list[str]
) -> list[str]:
    """Every line that a front end sends until it hangs up."""
    served = front_ends.Served(converse, tls)
    served.client = client
    reader, writer = await served.connect()
    writer.write("".join(f"{command}\r\n" for command in commands).encode())
    writer.write_eof()
    lines = (await reader.read()).decode().split("\r\n")
    writer.close()
    await served.stop()
    return lines


async def talk_over_tls(
    converse: Callable[[Connection], Awaitable[None]], tls: Contexts, start: str, commands: list[str]
) -> list[str]:
    """The same after STARTTLS, whose answer is one line."""
    served = front_ends.Served(converse, tls[0])
    reader, writer = await served.connect()
    await reader.readline()
    writer.write(f"{start}\r\n".encode())
    await reader.readline()
    await writer.start_tls(tls[1])
    writer.write("".join(f"{command}\r\n" for command in commands).encode())
    lines = (await reader.read()).decode().split("\r\n")
    writer.close()
    await served.stop()
    return lines


async def imap_names(core: Core, tls: Contexts) -> set[str]:
    """Of a client from elsewhere, with TLS, and of the loopback: before login, after it, and with a folder selected."""
    run = partial(imap, core, ImapSettings())
    states = ["x CAPABILITY", LOGIN, "y CAPABILITY", "b SELECT INBOX", "z CAPABILITY", "c LOGOUT"]
    lines = await talk(run, tls[0], front_ends.ELSEWHERE, ["x CAPABILITY", "c LOGOUT"])
    lines += await talk_over_tls(run, tls, "s STARTTLS", ["x CAPABILITY", "c LOGOUT"])
    lines += await talk(run, tls[0], front_ends.LOOPBACK, states)
    answers = [line.split()[2:] for line in lines if line.startswith("* CAPABILITY ")]
    answers += [words[1].split() for line in lines if (words := re.search(r"\[CAPABILITY ([^]]*)\]", line))]
    assert len(answers) == 8
    return {name for answer in answers for name in answer}


async def pop3_names(core: Core, tls: Contexts) -> set[str]:
    """Of a client from elsewhere, and of one of the loopback before and after login."""
    run = partial(pop3, core, Pop3Settings(login_delay_s=1))
    lines = await talk(run, tls[0], front_ends.ELSEWHERE, ["CAPA", "QUIT"])
    login = ["USER ann@example.org", f"PASS {front_ends.PASSWORD}"]
    lines += await talk(run, tls[0], front_ends.LOOPBACK, ["CAPA", *login, "CAPA", "QUIT"])
    assert lines.count(".") == 3
    return {line.split()[0] for line in lines if line and not line.startswith(("+OK", "."))}


async def lmtp_names(core: Core, tls: Contexts) -> set[str]:
    lines = await talk(partial(lmtp, core, LmtpSettings()), tls[0], front_ends.LOOPBACK, ["LHLO mta.example", "QUIT"])
    return {line[4:].split()[0] for line in [line for line in lines if re.match("250[- ]", line)][1:]}


FRONT_ENDS = {"skrytka_imap": imap_names, "skrytka_pop3": pop3_names, "skrytka_lmtp": lmtp_names}


@pytest.mark.parametrize("plugin", FRONT_ENDS)
async def test_the_table_says_what_is_announced(plugin: str, core: Core, contexts: Contexts) -> None:
    said = [name for row in table(plugin) for name in row.announced]
    assert sorted(said) == sorted(await FRONT_ENDS[plugin](core, contexts))


@pytest.mark.parametrize("plugin", FRONT_ENDS)
def test_rows_are_well_formed(plugin: str) -> None:
    for row in table(plugin):
        assert row.done in ("yes", "partial", "no"), row
        assert not (row.done == "no" and row.announced), row
        assert row.done == "no" or row.files, row
        assert [name for name in row.files if not (PLUGINS / plugin / name).exists()] == []
