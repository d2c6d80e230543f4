"""ID, ENABLED and SEARCH."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from skrytka_imap.responses.strings import nstring, string


def id_line(parameters: Mapping[str, str | None]) -> bytes:
    """RFC 2971 section 3.2: id_response ::= "ID" SPACE id_params_list"""
    if not parameters:
        return b"* ID NIL\r\n"
    pairs = [
        string(field.encode()) + b" " + nstring(None if value is None else value.encode())
        for field, value in parameters.items()
    ]
    return b"* ID (%b)\r\n" % b" ".join(pairs)


def enabled_line(names: Iterable[str]) -> bytes:
    """RFC 5161 section 3.2: response-data =/ "*" SP enable-data CRLF, enable-data = "ENABLED" *(SP capability)"""
    return " ".join(["* ENABLED", *names]).encode() + b"\r\n"


def search_line(numbers: Iterable[int], modseq: int | None = None) -> bytes:
    """RFC 3501 section 7.2.5; ``modseq`` is the highest of the messages found (RFC 7162 section 3.1.5), None without them.

    mailbox-data = "SEARCH" [1*(SP nz-number) SP search-sort-mod-seq]
    """
    found = " ".join(["* SEARCH", *map(str, numbers)])
    return (found if modseq is None else f"{found} (MODSEQ {modseq})").encode() + b"\r\n"
