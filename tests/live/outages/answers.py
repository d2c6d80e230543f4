"""What each protocol answers while the store cannot be reached."""

from __future__ import annotations

import http.client
import poplib

import pytest

from tests.live.dialogue import Dialogue
from tests.live.serving import Service
from tests.mails import mail


def assert_deferred(service: Service, address: str, imap: Dialogue) -> None:
    """Nothing can be written: IMAP and REST say so, each in its own way. ``imap`` is a session of the mailbox."""
    assert_append_is_deferred(imap, mail(0))
    assert_rest_says_when_to_come_again(service, f"/v1/mailboxes/{address}/messages", mail(0))


def assert_store_is_down(service: Service, address: str, imap: Dialogue) -> None:
    """Nothing can be read either: no login, no readiness."""
    assert_deferred(service, address, imap)
    with Dialogue(service.ports["imap.listen"], 60) as another:
        assert another.line().startswith(b"* OK")
        another.command(f"LOGIN {address} secret", "NO [UNAVAILABLE]")
    assert_pop3_refuses(service, address)
    assert_rest_says_when_to_come_again(service, "/healthz/ready", None)
    assert service.request("GET", "/healthz/live")[0] == 200


def assert_append_is_deferred(imap: Dialogue, octets: bytes) -> None:
    imap.send(f"x APPEND INBOX {{{len(octets)}+}}")
    imap.send(octets)
    assert imap.until_tagged(b"x").startswith(b"x NO [UNAVAILABLE] ")


def assert_pop3_refuses(service: Service, address: str) -> None:
    pop3 = poplib.POP3("127.0.0.1", service.ports["pop3.listen"], timeout=60)
    pop3.user(address)
    with pytest.raises(poplib.error_proto, match=r"-ERR \[SYS/TEMP\]"):
        pop3.pass_("secret")
    pop3.close()


def assert_rest_says_when_to_come_again(service: Service, path: str, body: bytes | None) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", service.ports["rest.listen"], timeout=60)
    headers = {"Authorization": f"Bearer {service.key}", "Content-Type": "message/rfc822"}
    connection.request("GET" if body is None else "POST", path, body, headers)
    answer = connection.getresponse()
    answer.read()
    connection.close()
    assert answer.status == 503
    assert int(answer.headers["Retry-After"]) > 0
    assert answer.headers["Content-Type"] == "application/problem+json"
