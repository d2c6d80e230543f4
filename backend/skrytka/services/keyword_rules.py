"""Which keywords may be given to a message."""

from __future__ import annotations

from collections.abc import Sequence

from skrytka.errors import Invalid, LimitReached
from skrytka.settings import Limits


def check_keywords(names: Sequence[str], limits: Limits) -> None:
    """Keywords are stored separated by spaces, so they have none; front ends have stricter grammars of their own."""
    if len(names) > limits.keywords_per_message:
        raise LimitReached(f"A message has at most {limits.keywords_per_message} keywords")
    for name in names:
        if not name or not name.isprintable() or any(character.isspace() for character in name):
            raise Invalid("keywords", "a keyword has neither spaces nor control characters and is not empty")
        if len(name.encode()) > limits.keyword_octets:
            raise Invalid("keywords", f"a keyword has at most {limits.keyword_octets} octets")
