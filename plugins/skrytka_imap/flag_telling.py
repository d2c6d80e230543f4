"""Flags as the client is told them: of messages, and which keywords there are."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from skrytka_imap import access, responses
from skrytka_imap.selected import at
from skrytka_imap.session import Session


def tell_keywords(session: Session, carried: Iterable[Sequence[str]]) -> None:
    """FLAGS and PERMANENTFLAGS anew when a message carries a keyword that the client has not heard of (RFC 3501, 7.2.6)."""
    selected = session.selected
    if selected.learn(carried, session.settings.told_keywords):
        session.wire.write(access.flags_lines(session))


def flag_lines(session: Session, places: Sequence[int], *, with_uid: bool, with_modseq: bool) -> bytes:
    """The FETCH answers that tell the flags of the messages at ``places`` of the view; UIDFETCH has the UID already."""
    selected = session.selected
    view = selected.view
    uids, flags = at(view.uids, places), at(view.flags, places)
    modseqs = at(view.modseqs, places) if with_modseq else None
    if session.uid_only:
        return responses.uid_flag_lines(uids, flags, modseqs, keywords=view.keywords, recent=selected.recent)
    return responses.flag_lines(
        [place + 1 for place in places],
        uids,
        flags,
        modseqs,
        keywords=view.keywords,
        recent=selected.recent,
        with_uid=with_uid,
    )
