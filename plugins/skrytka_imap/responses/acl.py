"""ACL, LISTRIGHTS and MYRIGHTS (RFC 4314 section 3)."""

from __future__ import annotations

from collections.abc import Iterable

from skrytka.plugin_api import rights
from skrytka_imap.responses.strings import folder_name, string


def acl_line(name: str, entries: Iterable[tuple[str, rights.Rights]], *, utf8: bool = False) -> bytes:
    """RFC 4314 section 3.6: acl-data = "ACL" SP mailbox *(SP identifier SP rights)"""
    pairs = [b" %b %b" % (string(identifier.encode()), _letters(granted)) for identifier, granted in entries]
    return b"* ACL %b%b\r\n" % (folder_name(name, utf8=utf8), b"".join(pairs))


def list_rights_line(
    name: str, identifier: str, always: rights.Rights, optional: rights.Rights, *, utf8: bool = False
) -> bytes:
    """RFC 4314 section 3.7, no rights are tied to others; the obsolete ones are told where what they stand for can be given.

    listrights-data = "LISTRIGHTS" SP mailbox SP identifier SP rights *(SP rights)
    """
    words = [_letters(always), *(letter.encode() for letter in rights.with_obsolete(optional))]
    head = (folder_name(name, utf8=utf8), string(identifier.encode()))
    return b"* LISTRIGHTS %b %b %b\r\n" % (*head, b" ".join(words))


def my_rights_line(name: str, granted: rights.Rights, *, utf8: bool = False) -> bytes:
    """RFC 4314 section 3.8: myrights-data = "MYRIGHTS" SP mailbox SP rights"""
    return b"* MYRIGHTS %b %b\r\n" % (folder_name(name, utf8=utf8), _letters(granted))


def _letters(granted: rights.Rights) -> bytes:
    """rights = astring ; with c and d for clients of RFC 2086 (section 2.1.1)"""
    return rights.with_obsolete(granted).encode() or b'""'
