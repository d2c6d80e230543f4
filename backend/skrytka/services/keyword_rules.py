"""Which keywords may be given to a message, by whatever way."""

from __future__ import annotations

import re
from collections.abc import Sequence

from skrytka.errors import Invalid, LimitReached
from skrytka.settings import Limits

ATOM = re.compile(r"[!#$&'+,\-./0-9:;<=>?@A-Z\[^_`a-z|}~]+")
"""flag-keyword = atom (RFC 3501 section 9). One rule for all front ends: a keyword that an IMAP client could neither read nor
take off again would break the folder for it."""


def check_keywords(names: Sequence[str], limits: Limits) -> None:
    """Every name is an atom, and short; there are not too many."""
    if len(names) > limits.keywords_per_message:
        raise LimitReached(f"A message has at most {limits.keywords_per_message} keywords")
    for name in names:
        if ATOM.fullmatch(name) is None:
            raise Invalid(
                "keywords", 'a keyword is printable ASCII, not empty, without spaces and any of ( ) { % * " \\ ]'
            )
        if len(name) > limits.keyword_octets:
            raise Invalid("keywords", f"a keyword has at most {limits.keyword_octets} octets")
