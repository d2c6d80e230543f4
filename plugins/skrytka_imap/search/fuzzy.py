"""How well a text answers what is searched for with FUZZY (RFC 6203): the words in any order, each with a slip of the pen."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable

WORD = re.compile(r"\w+")
BEST = 100
SHORTEST_WITH_SLIP = 4
"""Shorter words have too many others beside them."""

MOST_WORDS = 16
"""A text of more words has to be found as it is written."""

SLIPS_WITHIN = 16_384
"""Words with a slip are looked for in so many characters, of all texts together: each is compared with each."""

_WHOLE_WORD, _WITH_SLIP = 90, 10
"""What a word is worth that is in the text, and one that is nearly so; the score is the average of all words."""


def scorer(wanted: str) -> Callable[[Iterable[str]], int]:
    """Takes folded text and scores folded texts from 1 to 100, the best of them counts; 0 where a word is in none."""
    words = WORD.findall(wanted)
    if len(words) > MOST_WORDS:
        words = []

    def score(texts: Iterable[str]) -> int:
        best, left = 0, SLIPS_WITHIN
        for text in texts:
            best = max(best, _score(wanted, words, text, left))
            left -= min(left, len(text))
        return best

    return score


def _score(wanted: str, words: list[str], text: str, slips_within: int) -> int:
    if wanted in text:
        return BEST
    missing = [word for word in words if word not in text]
    if not words or any(len(word) < SHORTEST_WITH_SLIP for word in missing):
        return 0
    if missing:
        known = set(WORD.findall(text[:slips_within]))
        if not all(any(_nearly(word, other) for other in known) for word in missing):
            return 0
    return (_WHOLE_WORD * (len(words) - len(missing)) + _WITH_SLIP * len(missing)) // len(words)


def _nearly(word: str, other: str) -> bool:
    """Whether the words differ by one letter that is wrong, missing or too much, or by two that are swapped."""
    if word[0] != other[0] and word[-1] != other[-1]:
        return False
    shorter, longer = sorted((word, other), key=len)
    if len(longer) - len(shorter) > 1:
        return False
    same = next((at for at, (one, two) in enumerate(zip(shorter, longer, strict=False)) if one != two), len(shorter))
    if len(shorter) < len(longer):
        return shorter[same:] == longer[same + 1 :]
    return shorter[same + 1 :] == longer[same + 1 :] or (
        shorter[same : same + 2] == longer[same : same + 2][::-1] and shorter[same + 2 :] == longer[same + 2 :]
    )
