"""Parsers of the commands of the authenticated state."""

from __future__ import annotations

from skrytka_imap.commands import (
    Comparator,
    Compress,
    Create,
    Delete,
    Enable,
    Examine,
    GetQuota,
    GetQuotaRoot,
    Idle,
    Lsub,
    Namespace,
    Rename,
    Select,
    SetQuota,
    Status,
    Subscribe,
    Unauthenticate,
    Unsubscribe,
)
from skrytka_imap.grammar.cursor import LARGEST_MODSEQ, Cursor
from skrytka_imap.grammar.folder_name import folder_name, pattern
from skrytka_imap.grammar.remembering import remembering
from skrytka_imap.grammar.select_parameters import select_parameters
from skrytka_imap.grammar.status_items import status_items

MOST_COMPARATORS = 100
LONGEST_COMPARATOR = 255
"""RFC 4790 section 3.2, and a sign."""


@remembering
def select(cursor: Cursor) -> Select:
    """RFC 3501 section 9 and RFC 7162 section 7.

    select = "SELECT" SP mailbox [SP "(" select-param *(SP select-param) ")"]
    """
    return Select(_name(cursor), *select_parameters(cursor))


def examine(cursor: Cursor) -> Examine:
    """examine = "EXAMINE" SP mailbox [SP "(" select-param *(SP select-param) ")"]"""
    return Examine(_name(cursor), *select_parameters(cursor))


def create(cursor: Cursor) -> Create:
    """RFC 3501 section 9 and RFC 6154 section 6.

    create       = "CREATE" SP mailbox [SP "(" create-param *(SP create-param) ")"]
    create-param = "USE" SP "(" [use-attr *(SP use-attr)] ")"
    """
    name = _name(cursor).removesuffix("/")
    if not cursor.skip(b" ("):
        return Create(name)
    word = cursor.name("USE")
    if word != "USE":
        raise cursor.fault(f"There is no parameter {word[:40]}")
    cursor.space()
    cursor.expect(b"(")
    uses: dict[str, None] = {}
    while not cursor.skip(b")"):
        if uses:
            cursor.space()
        cursor.expect(b"\\")
        uses[cursor.atom("a use").lower()] = None
    cursor.expect(b")")
    return Create(name, tuple(uses))


def delete(cursor: Cursor) -> Delete:
    """delete = "DELETE" SP mailbox"""
    return Delete(_name(cursor))


def rename(cursor: Cursor) -> Rename:
    """rename = "RENAME" SP mailbox SP mailbox"""
    return Rename(_name(cursor), _name(cursor))


def subscribe(cursor: Cursor) -> Subscribe:
    """subscribe = "SUBSCRIBE" SP mailbox"""
    return Subscribe(_name(cursor))


def unsubscribe(cursor: Cursor) -> Unsubscribe:
    """unsubscribe = "UNSUBSCRIBE" SP mailbox"""
    return Unsubscribe(_name(cursor))


def lsub(cursor: Cursor) -> Lsub:
    """lsub = "LSUB" SP mailbox SP list-mailbox"""
    reference = _name(cursor)
    cursor.space()
    return Lsub(reference, pattern(cursor))


@remembering
def status(cursor: Cursor) -> Status:
    """RFC 3501 section 9.

    status = "STATUS" SP mailbox SP "(" status-att *(SP status-att) ")"
    """
    name = _name(cursor)
    cursor.space()
    return Status(name, status_items(cursor))


def idle(_: Cursor) -> Idle:
    """RFC 2177 section 5: command_auth ::= ... / idle, idle ::= "IDLE" CRLF "DONE" """
    return Idle()


def comparator(cursor: Cursor) -> Comparator:
    """RFC 5255 section 4.10: comparator-cmd = "COMPARATOR" *(SP comp-order-quoted) ; each an astring"""
    orders: list[str] = []
    while cursor.skip(b" ") and cursor.has_more():
        orders.append(cursor.text(cursor.astring("a comparator"), "A comparator"))
        if len(orders) > MOST_COMPARATORS:
            raise cursor.fault(f"COMPARATOR takes at most {MOST_COMPARATORS} comparators")
        if len(orders[-1]) > LONGEST_COMPARATOR:
            raise cursor.fault(f"A comparator has at most {LONGEST_COMPARATOR} characters")
    return Comparator(tuple(orders))


def compress(cursor: Cursor) -> Compress:
    """RFC 4978 section 5.

    compress  = "COMPRESS" SP algorithm
    algorithm = "DEFLATE"
    """
    cursor.space()
    if cursor.atom("DEFLATE").upper() != "DEFLATE":
        raise cursor.fault("DEFLATE is all that there is")
    return Compress()


def namespace(_: Cursor) -> Namespace:
    """RFC 2342 section 9: Namespace_Command = "NAMESPACE" """
    return Namespace()


def enable(cursor: Cursor) -> Enable:
    """RFC 5161 section 4: command-any =/ "ENABLE" 1*(SP capability)"""
    cursor.space()
    names = {cursor.atom("a capability").upper(): None}
    while cursor.skip(b" "):
        names[cursor.atom("a capability").upper()] = None
    return Enable(tuple(names))


def unauthenticate(_: Cursor) -> Unauthenticate:
    """RFC 8437 section 8: command-auth =/ "UNAUTHENTICATE" """
    return Unauthenticate()


def get_quota(cursor: Cursor) -> GetQuota:
    """RFC 9208 section 7: getquota = "GETQUOTA" SP quota-root-name"""
    return GetQuota(_root(cursor))


def get_quota_root(cursor: Cursor) -> GetQuotaRoot:
    """RFC 9208 section 7: getquotaroot = "GETQUOTAROOT" SP mailbox"""
    return GetQuotaRoot(_name(cursor))


def set_quota(cursor: Cursor) -> SetQuota:
    """RFC 9208 section 7.

    setquota            = "SETQUOTA" SP quota-root-name SP setquota-list
    setquota-list       = "(" [setquota-resource *(SP setquota-resource)] ")"
    setquota-resource   = resource-name SP resource-limit
    resource-limit      = number64
    """
    root = _root(cursor)
    cursor.space()
    cursor.expect(b"(")
    limits: list[tuple[str, int]] = []
    while not cursor.skip(b")"):
        if limits:
            cursor.space()
        resource = cursor.atom("a resource").upper()
        cursor.space()
        limits.append((resource, cursor.number(LARGEST_MODSEQ)))
    return SetQuota(root, tuple(limits))


def _name(cursor: Cursor) -> str:
    cursor.space()
    return folder_name(cursor)


def _root(cursor: Cursor) -> str:
    """quota-root-name = astring"""
    cursor.space()
    return cursor.text(cursor.astring("a quota root"), "The quota root")
