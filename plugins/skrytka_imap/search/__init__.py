"""SEARCH (RFC 3501 section 6.4.4): which messages match, asking for no more of them than it takes.

A ``Matcher`` first decides what the folder's view alone can decide, for all messages at once. For each message that is left
``decide`` says yes, no, or None: not without more. How to drive it::

    matcher = await compiled(command, listing, breathe)    # BadCharset
    found = matcher.found                                  # places in the listing: their number is place + 1
    for place in matcher.undecided:                        # in chunks
        row -> decide(place, row)
        if None and matcher.needs >= HEADER: header octets -> decide(place, row, header)
        if None: whole octets -> decide(place, row, header, octets)

Unknown charsets raise ``BadCharset``: NO with ``[BADCHARSET (...)]``, as RFC 3501 section 6.4.4 wants.
"""

from skrytka_imap.search.charsets import KNOWN_CHARSETS, BadCharset
from skrytka_imap.search.fixing import with_numbers_fixed
from skrytka_imap.search.fuzzy import BEST
from skrytka_imap.search.limiting import with_highest
from skrytka_imap.search.listing import Listing
from skrytka_imap.search.matcher import Matcher, compiled
from skrytka_imap.search.needs import Needs, counts_messages, has_numbers, is_about_selected, needs, uses_saved, weight

__all__ = [
    "BEST",
    "KNOWN_CHARSETS",
    "BadCharset",
    "Listing",
    "Matcher",
    "Needs",
    "compiled",
    "counts_messages",
    "has_numbers",
    "is_about_selected",
    "needs",
    "uses_saved",
    "weight",
    "with_highest",
    "with_numbers_fixed",
]
