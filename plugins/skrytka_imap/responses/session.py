"""ID, ENABLED, SEARCH and SORT."""

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


SEARCH = b"* SEARCH"
"""RFC 3501 section 7.2.5: mailbox-data = "SEARCH" [1*(SP nz-number) SP search-sort-mod-seq]; numbers and end follow"""

SORT = b"* SORT"
"""RFC 5256 section 5, RFC 7162 section 7: sort-data = "SORT" [1*(SP nz-number) SP search-sort-mod-seq]; the same follows"""


def search_numbers(numbers: Iterable[int]) -> bytes:
    """1*(SP nz-number)"""
    return "".join([f" {number}" for number in numbers]).encode()


def search_end(modseq: int | None) -> bytes:
    """RFC 7162 section 3.1.5: the highest modseq of the messages found, None without them."""
    return b"\r\n" if modseq is None else b" (MODSEQ %d)\r\n" % modseq
