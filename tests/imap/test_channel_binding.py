"""SCRAM-SHA-256-PLUS over TLS: the client binds its proof to the certificate that it was shown (RFC 5802 section 6, RFC 5929)."""

from __future__ import annotations

import asyncio
import base64
import ssl

import pytest
from cryptography import x509

from skrytka.core import Core
from skrytka_pop3.server import converse
from skrytka_pop3.settings import Pop3Settings
from tests.front_ends import PASSWORD, Served, serving
from tests.scram_client import ScramClient

ANN = "ann@example.org"
END_POINT = "p=tls-server-end-point"
Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]
pytestmark = pytest.mark.parametrize("engine", ["sqlite"], indirect=True)


async def over_tls(served: Served, client_tls: ssl.SSLContext, start: str) -> tuple[Streams, bytes]:
    """A client after STARTTLS, and the hash of the certificate that it was shown."""
    reader, writer = await served.connect()
    await reader.readline()
    await ask(reader, writer, start)
    await writer.start_tls(client_tls)
    shown = x509.load_der_x509_certificate(writer.get_extra_info("ssl_object").getpeercert(True))
    assert shown.signature_hash_algorithm is not None
    return (reader, writer), shown.fingerprint(shown.signature_hash_algorithm)


async def ask(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, line: str) -> str:
    writer.write(f"{line}\r\n".encode())
    return (await asyncio.wait_for(reader.readline(), 15)).decode().strip()


async def scram(streams: Streams, command: str, client: ScramClient) -> str:
    """The last line of an exchange; the server's signature is looked at."""
    answer = await ask(*streams, f"{command} {base64.b64encode(client.first()).decode()}")
    if not answer.startswith("+ "):
        return answer
    answer = await ask(*streams, base64.b64encode(client.final(base64.b64decode(answer[2:]))).decode())
    if not answer.startswith("+ "):
        return answer
    assert client.accepts(base64.b64decode(answer[2:]))
    return await ask(*streams, "")


async def imap(served: Served, client_tls: ssl.SSLContext) -> tuple[Streams, bytes]:
    return await over_tls(served, client_tls, "s STARTTLS")


async def test_the_right_binding_lets_in(served: Served, tls_contexts: tuple[ssl.SSLContext, ssl.SSLContext]) -> None:
    streams, shown = await imap(served, tls_contexts[1])
    client = ScramClient(ANN, PASSWORD, END_POINT, shown)
    assert (await scram(streams, "a AUTHENTICATE SCRAM-SHA-256-PLUS", client)).startswith("a OK ")
    streams[1].close()


async def test_what_does_not_fit_does_not(served: Served, tls_contexts: tuple[ssl.SSLContext, ssl.SSLContext]) -> None:
    """Another certificate; another binding than the one there is; and one whose announcement somebody took away."""
    streams, shown = await imap(served, tls_contexts[1])
    between = ScramClient(ANN, PASSWORD, END_POINT, bytes(len(shown)))
    assert await scram(streams, "a AUTHENTICATE SCRAM-SHA-256-PLUS", between) == (
        "a NO [AUTHENTICATIONFAILED] The channel bindings do not match: somebody may be in between"
    )
    exporter = ScramClient(ANN, PASSWORD, "p=tls-exporter", shown)
    assert await scram(streams, "b AUTHENTICATE SCRAM-SHA-256-PLUS", exporter) == (
        "b NO [AUTHENTICATIONFAILED] The only channel binding here is tls-server-end-point"
    )
    streams[1].close()
    streams, _ = await imap(served, tls_contexts[1])
    told_of_none = ScramClient(ANN, PASSWORD, "y")
    assert await scram(streams, "a AUTHENTICATE SCRAM-SHA-256", told_of_none) == (
        "a NO [AUTHENTICATIONFAILED] The server does support channel binding, which the client was not told"
    )
    unbound = ScramClient(ANN, PASSWORD, "n")
    assert (await scram(streams, "b AUTHENTICATE SCRAM-SHA-256-PLUS", unbound)).startswith("b BAD A channel binding ")
    assert (await scram(streams, "c AUTHENTICATE SCRAM-SHA-256", unbound)).startswith("c OK ")
    streams[1].close()


async def test_who_knows_of_bindings_may_do_without_where_there_is_none(served: Served) -> None:
    """A ``y`` is what such a client says of a server without -PLUS, as this one is without TLS."""
    streams = await served.connect()
    await streams[0].readline()
    client = ScramClient(ANN, PASSWORD, "y")
    assert (await scram(streams, "a AUTHENTICATE SCRAM-SHA-256", client)).startswith("a OK ")
    streams[1].close()


async def test_pop3_binds_as_imap_does(core: Core, tls_contexts: tuple[ssl.SSLContext, ssl.SSLContext]) -> None:
    async with serving(core, converse, tls_contexts[0]) as serve:
        served = serve(Pop3Settings(login_failure_delay_s=0))
        streams, shown = await over_tls(served, tls_contexts[1], "STLS")
        between = ScramClient(ANN, PASSWORD, END_POINT, b"x" + shown[1:])
        assert await scram(streams, "AUTH SCRAM-SHA-256-PLUS", between) == (
            "-ERR [AUTH] The channel bindings do not match: somebody may be in between"
        )
        client = ScramClient(ANN, PASSWORD, END_POINT, shown)
        assert await scram(streams, "AUTH SCRAM-SHA-256-PLUS", client) == "+OK 0 messages (0 octets)"
        streams[1].close()
