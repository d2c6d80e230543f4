"""Flags as they are listed."""

from __future__ import annotations

import logging
import re
from collections.abc import Mapping, Sequence
from functools import lru_cache

from skrytka.plugin_api import model
from skrytka_imap.languages import I_DEFAULT
from skrytka_imap.replies import untagged

log = logging.getLogger(__name__)

ATOM = re.compile(r"[!#$&'+,\-./0-9:;<=>?@A-Z\[^_`a-z|}~]+")

_RECENT = 32
_ORDER = (
    (model.Flags.ANSWERED.value, "\\Answered"),
    (model.Flags.FLAGGED.value, "\\Flagged"),
    (model.Flags.DELETED.value, "\\Deleted"),
    (model.Flags.SEEN.value, "\\Seen"),
    (model.Flags.DRAFT.value, "\\Draft"),
    (_RECENT, "\\Recent"),
)
TEXTS = tuple(" ".join(name for bit, name in _ORDER if flags & bit) for flags in range(2 * _RECENT))
"""What the system flags look like, by their value; from ``RECENT_TEXTS`` on with ``\\Recent`` among them."""
OCTETS = tuple(text.encode() for text in TEXTS)
RECENT_TEXTS = _RECENT
ALL_FLAGS = int(~model.Flags.NONE)


def flag_list(flags: int, keywords: Sequence[str] = (), *, recent: bool = False) -> bytes:
    """RFC 3501 section 7.2.6: flag-list = "(" [flag *(SP flag)] ")" ; keywords follow the system flags"""
    return f"({flag_words(flags, keywords, recent=recent)})".encode()


def flag_words(flags: int, keywords: Sequence[str], *, recent: bool) -> str:
    """A flag list without its parentheses."""
    system = TEXTS[flags | RECENT_TEXTS if recent else flags]
    words = _words(tuple(keywords)) if keywords else ""
    return f"{system} {words}" if system and words else system or words


def flags_lines(
    keywords: Mapping[str, str],
    *,
    read_only: bool,
    settable: model.Settable = model.EVERYTHING,
    language: str = I_DEFAULT,
) -> bytes:
    r"""FLAGS and PERMANENTFLAGS (RFC 3501 sections 7.2.6 and 7.1). ``keywords`` are by their name in lower case; ``\*`` says that
    a client may make others, and nothing is permanent where it may change nothing. Which flags it may change in the folder of
    another: RFC 4314 section 5.1.1.
    """
    atoms = [keywords[name] for name in sorted(keywords) if ATOM.fullmatch(name)]
    names = " ".join((TEXTS[ALL_FLAGS], *atoms)).encode()
    permanent = names + rb" \*"
    if read_only or settable is not model.EVERYTHING:
        permanent = b"" if read_only else _permanent(settable, atoms)
    kept = untagged(b"OK", "These are kept", b"PERMANENTFLAGS (%b)" % permanent, language)
    return b"* FLAGS (%b)\r\n%b" % (names, kept)


def _permanent(settable: model.Settable, atoms: Sequence[str]) -> bytes:
    system = TEXTS[settable.flags]
    words = (*atoms, r"\*") if settable.keywords else ()
    return " ".join((system, *words) if system else words).encode()


@lru_cache(maxsize=1_024)
def _words(keywords: tuple[str, ...]) -> str:
    """flag-keyword = atom ; the service lets nothing else in, and what got past it must not break a client's parser"""
    atoms = [keyword for keyword in keywords if ATOM.fullmatch(keyword)]
    if len(atoms) < len(keywords):
        log.error("keywords that are no atoms are not shown: %r", [word for word in keywords if word not in atoms])
    return " ".join(atoms)
