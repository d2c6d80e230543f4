"""FETCH: lines and their items (RFC 3501 section 7.4.2).

``flag_lines`` is what most of a client's synchronisation consists of; it formats hundreds of thousands of lines a second,
straight from the arrays of a folder's view.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache

from skrytka_imap.responses.flags import OCTETS, TEXTS, flag_list, flag_words
from skrytka_imap.responses.strings import literal_prefix

_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_DAY_S = 86_400
_TWO_DIGITS = tuple(b"%02d" % number for number in range(60))

FETCH = b"* %d FETCH ("
UIDFETCH = b"* %d UIDFETCH ("
"""How a line begins: with the message's number, or with its UID (RFC 9586 section 3.3)."""

UID_ITEM = b"UID %d"
FLAGS_ITEM = b"FLAGS (%b)"
MODSEQ_ITEM = b"MODSEQ (%d)"
SIZE_ITEM = b"RFC822.SIZE %d"
DATE_ITEM = b'INTERNALDATE "%b"'
SAVE_DATE_ITEM = b'SAVEDATE "%b"'
ENVELOPE_ITEM = b"ENVELOPE %b"
BODYSTRUCTURE_ITEM = b"BODYSTRUCTURE %b"
BODY_ITEM = b"BODY %b"
PREVIEW_ITEM = b"PREVIEW %b"
EMAILID_ITEM = b"EMAILID (%b)"
THREADID_ITEM = b"THREADID %b"
"""The items as they are formatted, one by one or for ``fetch_lines``."""


def fetch_line(number: int, items: Iterable[bytes], begin: bytes = FETCH) -> bytes:
    """message-data = nz-number SP ("FETCH" SP msg-att), msg-att = "(" item *(SP item) ")" ; or after UIDFETCH the UID

    uidfetch-resp = uniqueid SP "UIDFETCH" SP msg-att
    """
    return begin % number + b" ".join(items) + b")\r\n"


def fetch_lines(
    numbers: Iterable[int], columns: Sequence[tuple[bytes, Iterable[object]]], begin: bytes = FETCH
) -> bytes:
    """The same for many messages: each column is an item as it is formatted, and its values in the order of the numbers."""
    line = begin + b" ".join([item for item, _ in columns]) + b")\r\n"
    return b"".join([line % row for row in zip(numbers, *(values for _, values in columns), strict=True)])


def flag_lines(
    numbers: Iterable[int],
    uids: Sequence[int],
    flags: Iterable[int],
    modseqs: Iterable[int] | None = None,
    *,
    keywords: Mapping[int, tuple[str, ...]],
    recent: Sequence[range] = (),
    with_uid: bool = True,
) -> bytes:
    """Lines with UID, FLAGS and, if ``modseqs`` are given, MODSEQ of messages whose values run in parallel.

    ``keywords`` are by UID, as in ``FolderView``; ``recent`` are ranges of UIDs. Both are usually empty, then the flags of a
    message are looked up in a table of all that there can be.
    """
    texts = _flag_texts(uids, flags, keywords, recent)
    if modseqs is None:
        rows = zip(numbers, uids, texts, strict=True)
        if with_uid:
            lines = [f"* {number} FETCH (UID {uid} FLAGS ({text}))\r\n" for number, uid, text in rows]
        else:
            lines = [f"* {number} FETCH (FLAGS ({text}))\r\n" for number, _, text in rows]
    else:
        known = zip(numbers, uids, texts, modseqs, strict=True)
        if with_uid:
            lines = [
                f"* {number} FETCH (UID {uid} FLAGS ({text}) MODSEQ ({modseq}))\r\n"
                for number, uid, text, modseq in known
            ]
        else:
            lines = [f"* {number} FETCH (FLAGS ({text}) MODSEQ ({modseq}))\r\n" for number, _, text, modseq in known]
    return "".join(lines).encode()


def uid_flag_lines(
    uids: Sequence[int],
    flags: Iterable[int],
    modseqs: Iterable[int] | None = None,
    *,
    keywords: Mapping[int, tuple[str, ...]],
    recent: Sequence[range] = (),
) -> bytes:
    """The same as UIDFETCH."""
    columns: list[tuple[bytes, Iterable[object]]] = [(FLAGS_ITEM, flag_octets(uids, flags, keywords, recent))]
    if modseqs is not None:
        columns.append((MODSEQ_ITEM, modseqs))
    return fetch_lines(uids, columns, UIDFETCH)


def _flag_texts(
    uids: Sequence[int], flags: Iterable[int], keywords: Mapping[int, tuple[str, ...]], recent: Sequence[range]
) -> list[str]:
    if not keywords and not recent:
        return [TEXTS[bits] for bits in flags]
    return [
        flag_words(bits, keywords.get(uid, ()), recent=any(uid in uids_ for uids_ in recent))
        for uid, bits in zip(uids, flags, strict=True)
    ]


def flag_octets(
    uids: Sequence[int], flags: Iterable[int], keywords: Mapping[int, tuple[str, ...]], recent: Sequence[range]
) -> list[bytes]:
    """Values for ``FLAGS_ITEM``."""
    if not keywords and not recent:
        return [OCTETS[bits] for bits in flags]
    return [text.encode() for text in _flag_texts(uids, flags, keywords, recent)]


def uid_item(uid: int) -> bytes:
    return UID_ITEM % uid


def flags_item(flags: int, keywords: Sequence[str] = (), *, recent: bool = False) -> bytes:
    return b"FLAGS " + flag_list(flags, keywords, recent=recent)


def modseq_item(modseq: int) -> bytes:
    """RFC 7162 section 7: fetch-mod-resp = "MODSEQ" SP "(" permsg-modsequence ")" """
    return MODSEQ_ITEM % modseq


def internal_date(unix: int) -> bytes:
    """RFC 3501 section 9, in UTC.

    date-time      = DQUOTE date-day-fixed "-" date-month "-" date-year SP time SP zone DQUOTE
    date-day-fixed = (SP DIGIT) / 2DIGIT
    """
    minutes, second = divmod(unix, 60)
    return b"%b:%b +0000" % (_minute(minutes), _TWO_DIGITS[second])


@lru_cache(maxsize=4_096)
def _minute(number: int) -> bytes:
    """The minute that is ``number`` minutes after 1970; mails of a folder share days, those of a busy hour minutes."""
    day, minute = divmod(number, 1_440)
    return b"%b %b:%b" % (_day(day), _TWO_DIGITS[minute // 60], _TWO_DIGITS[minute % 60])


@lru_cache(maxsize=4_096)
def _day(number: int) -> bytes:
    """The day that is ``number`` days after 1-Jan-1970; mails of a folder share days."""
    date = time.gmtime(number * _DAY_S)
    return f"{date.tm_mday:2d}-{_MONTHS[date.tm_mon - 1]}-{date.tm_year:04d}".encode()


def literal8_head(label: bytes, octets: bytes | None) -> bytes:
    """The same for decoded octets: a literal8 where a literal cannot hold them (RFC 3516 section 5).

    literal8 = "~{" number "}" CRLF *OCTET
    """
    head = literal_head(label, octets)
    return head.replace(b" {", b" ~{") if octets is not None and b"\0" in octets else head


def literal_head(label: bytes, octets: bytes | None) -> bytes:
    """What goes before the octets of a section, NIL for a part that the mail does not have; ``label`` is that of
    ``sections.label``."""
    return label + (b" NIL" if octets is None else b" " + literal_prefix(len(octets)))
