"""LIST with its options."""

from __future__ import annotations

import enum

import msgspec

from skrytka_imap.commands.authenticated import StatusItem


class Selection(enum.StrEnum):
    """Which names are listed: RFC 5258 section 3.1, RFC 6154 section 2. REMOTE adds none: all folders are here."""

    SUBSCRIBED = "SUBSCRIBED"
    SPECIAL_USE = "SPECIAL-USE"
    REMOTE = "REMOTE"
    RECURSIVEMATCH = "RECURSIVEMATCH"


class List(msgspec.Struct, frozen=True):
    """RFC 3501 section 6.3.8 and RFC 5258 section 3. Patterns keep their ``*`` and ``%``.

    ``extended``: it has options or a list of patterns; without, an empty pattern asks for the separator. ``subscribed`` asks
    for that attribute, ``status`` for a STATUS of each (RFC 5819), ``metadata`` for these entries (RFC 9590), ``rights`` for a
    MYRIGHTS (RFC 8440); what else can be asked for is in every answer.
    """

    reference: str
    patterns: tuple[str, ...]
    extended: bool = False
    selection: frozenset[Selection] = frozenset()
    subscribed: bool = False
    status: tuple[StatusItem, ...] = ()
    metadata: tuple[str, ...] = ()
    rights: bool = False
