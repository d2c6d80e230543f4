"""How answers name messages: by number in FETCH and EXPUNGE, or by UID in UIDFETCH and VANISHED (RFC 9586)."""

from __future__ import annotations

from collections.abc import Sequence

from skrytka_imap import responses
from skrytka_imap.selected import at
from skrytka_imap.session import Session


def begin(session: Session) -> bytes:
    """How a line about one message begins; its name goes into it."""
    return responses.UIDFETCH if session.uid_only else responses.FETCH


def name_at(session: Session, place: int) -> int:
    """The name of the message at this place of the view."""
    return session.selected.view.uids[place] if session.uid_only else place + 1


def names_at(session: Session, places: Sequence[int]) -> Sequence[int]:
    """The names of the messages at these places of the view."""
    if session.uid_only:
        return at(session.selected.view.uids, places)
    return [place + 1 for place in places]


def tells_vanished(session: Session) -> bool:
    """Whether VANISHED stands in the place of EXPUNGE (RFC 7162 section 3.2.10, RFC 9586 section 3.4)."""
    return session.qresync or session.uid_only
