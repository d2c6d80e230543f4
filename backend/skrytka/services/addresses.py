"""Addresses in the one form that is stored and compared. Nothing else in Skrytka folds or encodes an address.

Domains become lower-case A-labels (IDNA 2008 with the mapping of UTS 46), so ``Bücher.example`` and ``xn--bcher-kva.example``
are one. Local parts are lower-cased and brought to NFC, as RFC 8265 section 3.3.1 does for user names; UTF-8 is allowed (RFC 6531
section 3.3). Quoted local parts and address literals are refused: no mailbox can have one.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

import idna

from skrytka.errors import Invalid

LOCAL_PART_OCTETS = 64
ADDRESS_OCTETS = 254
"""RFC 5321 section 4.5.3.1.1 and, for the whole, section 4.5.3.1.3 less the angle brackets."""

# RFC 6531 section 3.3: atext =/ UTF8-non-ascii; Dot-string = Atom *("." Atom)
_DOT_STRING = re.compile(
    r"[A-Za-z0-9!#$%&'*+\-/=?^_`{|}~\u0080-\U0010ffff]+(?:\.[A-Za-z0-9!#$%&'*+\-/=?^_`{|}~\u0080-\U0010ffff]+)*"
)


def normalise_domain(text: str, field: str = "domain") -> str:
    """The domain as lower-case A-labels; ``Invalid`` names what is wrong."""
    encode = _a_labels if len(text) <= ADDRESS_OCTETS else _a_labels.__wrapped__  # what is kept is small
    try:
        domain = encode(text.removesuffix("."))
    except idna.IDNAError as error:
        raise Invalid(field, f"is not a domain name: {error}") from None
    if len(domain) > ADDRESS_OCTETS - 2:
        raise Invalid(field, "is too long for a domain name")
    return domain


@lru_cache(maxsize=1_024)
def _a_labels(text: str) -> str:
    """Remembered: each mail and each login asks for one of a few domains, and checking its characters takes long."""
    return idna.encode(text, uts46=True).decode("ascii").lower()


def normalise_address(text: str, field: str = "address") -> str:
    """``local@domain`` in the stored form."""
    local, at, domain = text.rpartition("@")
    if not at:
        raise Invalid(field, "has no @")
    address = f"{_normalise_local_part(local, field)}@{normalise_domain(domain, field)}"
    if len(address.encode()) > ADDRESS_OCTETS:
        raise Invalid(field, f"is longer than {ADDRESS_OCTETS} octets")
    return address


def normalised_or_none(text: str) -> str | None:
    """The same, None for what can be no address."""
    try:
        return normalise_address(text)
    except Invalid:
        return None


def domain_of(address: str) -> str:
    """The domain of a normalised address."""
    return address.rpartition("@")[2]


def _normalise_local_part(text: str, field: str) -> str:
    if (
        len(text) > 2 * LOCAL_PART_OCTETS
    ):  # no composing makes it as short as that, and NFC takes long for what is longer
        raise Invalid(field, f"has more than {LOCAL_PART_OCTETS} octets before the @")
    if any(unicodedata.category(character)[0] in "CZ" for character in text):
        raise Invalid(field, "has a space or a control character before the @")
    # Lower-casing may leave a sequence that composes, composing may make a letter that has a lower case.
    local = unicodedata.normalize("NFC", unicodedata.normalize("NFC", text).lower())
    if not _DOT_STRING.fullmatch(local):
        raise Invalid(field, "is not a plain (dot-atom) address")
    if len(local.encode()) > LOCAL_PART_OCTETS:
        raise Invalid(field, f"has more than {LOCAL_PART_OCTETS} octets before the @")
    return local
