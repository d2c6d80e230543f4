"""LIST, LSUB, STATUS and NAMESPACE."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType

from skrytka_imap.commands import StatusItem
from skrytka_imap.responses.strings import folder_name

SEPARATOR = b'"/"'


def list_line(
    name: str,
    attributes: Iterable[str] = (),
    childinfo: Iterable[str] = (),
    *,
    old_name: str = "",
    utf8: bool = False,
) -> bytes:
    r"""RFC 3501 section 7.2.2; attributes like ``\HasChildren`` (RFC 3348) and ``\Sent`` (RFC 6154); CHILDINFO, what is below
    it: RFC 5258 section 3.5; OLDNAME, what a client calls, or called, it: RFC 9051 section 6.3.9.7, RFC 5465 section 5.4.

    mailbox-list = "(" [mbx-list-flags] ")" SP (DQUOTE QUOTED-CHAR DQUOTE / nil) SP mailbox [SP mbox-list-extended]
    """
    below = " ".join(f'"{option}"' for option in childinfo)
    extended = b' ("CHILDINFO" (%b))' % below.encode() if below else b""
    if old_name:
        extended = b' ("OLDNAME" (%b))' % folder_name(old_name, utf8=utf8)
    head = " ".join(attributes).encode()
    return b"* LIST (%b) %b %b%b\r\n" % (head, SEPARATOR, folder_name(name, utf8=utf8), extended)


def lsub_line(name: str, attributes: Iterable[str] = (), *, utf8: bool = False) -> bytes:
    """RFC 3501 section 7.2.3."""
    return b"* LSUB (%b) %b %b\r\n" % (" ".join(attributes).encode(), SEPARATOR, folder_name(name, utf8=utf8))


def separator_line() -> bytes:
    """The answer to LIST with an empty pattern (RFC 3501 section 6.3.8)."""
    return b'* LIST (\\Noselect) %b ""\r\n' % SEPARATOR


def status_line(name: str, items: Mapping[StatusItem, int | str], *, utf8: bool = False) -> bytes:
    """RFC 3501 section 7.2.4.

    mailbox-data = "STATUS" SP mailbox SP "(" [status-att-list] ")"
    """
    values = " ".join([f"{item.value} {value}" for item, value in items.items()])
    return b"* STATUS %b (%b)\r\n" % (folder_name(name, utf8=utf8), values.encode())


def exists_lines(messages: int, recent: int | None) -> bytes:
    """RFC 3501 sections 7.3.1 and 7.3.2; ``recent`` is None where IMAP4rev2 is spoken, which has no RECENT."""
    exists = b"* %d EXISTS\r\n" % messages
    return exists if recent is None else exists + b"* %d RECENT\r\n" % recent


def namespace_line(
    other_users: str, shared: str, translations: Mapping[str, str] = MappingProxyType({}), *, utf8: bool = False
) -> bytes:
    """RFC 2342 section 6: a personal namespace without prefix, that of other users, and the shared one, unless they have no
    names; ``translations`` of these are for people (RFC 5255 section 3.4)."""
    named = [_namespace(name, translations.get(name), utf8=utf8) for name in (other_users, shared)]
    return b'* NAMESPACE (("" %b)) %b\r\n' % (SEPARATOR, b" ".join(named))


def _namespace(name: str, translation: str | None, *, utf8: bool) -> bytes:
    """RFC 5255 section 3.5: a translation is in modified UTF-7 in any case.

    namespace-trans = SP DQUOTE "TRANSLATION" DQUOTE SP "(" string ")"
    """
    if not name:
        return b"NIL"
    said = b"" if translation is None else b' "TRANSLATION" (%b)' % folder_name(translation + "/", utf8=False)
    return b"((%b %b%b))" % (folder_name(name + "/", utf8=utf8), SEPARATOR, said)
