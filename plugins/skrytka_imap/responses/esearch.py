"""ESEARCH (RFC 4466 section 2.6.2, RFC 4731): begun, filled with items, and ended, since a set of all messages can be long."""

from __future__ import annotations

from skrytka_imap.responses.strings import folder_name

ESEARCH_END = b"\r\n"


def esearch_begin(tag: bytes, *, uid: bool) -> bytes:
    """esearch-response  = "ESEARCH" [search-correlator] [SP "UID"] *(SP search-return-data)

    search-correlator = SP "(" "TAG" SP tag-string ")"
    """
    return b'* ESEARCH (TAG "%b")%b' % (tag, b" UID" if uid else b"")


def esearch_folder_begin(tag: bytes, name: str, uid_validity: int, *, utf8: bool = False) -> bytes:
    """RFC 7377 section 3, always about UIDs.

    search-correlator = SP "(" one-correlator *(SP one-correlator) ")"
    one-correlator    = "TAG" SP tag-string / "MAILBOX" SP astring / "UIDVALIDITY" SP nz-number
    """
    folder = folder_name(name, utf8=utf8)
    return b'* ESEARCH (TAG "%b" MAILBOX %b UIDVALIDITY %d) UID' % (tag, folder, uid_validity)


def esearch_number(name: bytes, number: int) -> bytes:
    """search-return-data = "MIN" SP nz-number / "MAX" SP nz-number / "COUNT" SP number / "MODSEQ" SP mod-sequence-value"""
    return b" %b %d" % (name, number)


def esearch_partial_begin(window: tuple[int, int]) -> bytes:
    """ret-data-partial = "PARTIAL" SP "(" partial-range SP partial-results ")" ; up to the results: a set, or NIL"""
    return b" PARTIAL (%d:%d " % window


def esearch_update_begin(name: bytes) -> bytes:
    """RFC 5267 section 5, and so for REMOVEFROM; up to the first position.

    ret-data-addto = "ADDTO" SP "(" context-position SP sequence-set *(SP context-position SP sequence-set) ")"
    """
    return b" %b (" % name
