"""Tells a client that waits for long how far its command has come."""

from __future__ import annotations

import time

from skrytka_imap.session import Session


class Progress:
    """RFC 9585 section 4: of ``goal`` things so many are done. Told between whole lines only."""

    def __init__(self, session: Session, goal: int) -> None:
        self._session = session
        self._goal = goal
        self._done = 0
        self._told = time.monotonic()

    def add(self, count: int = 1) -> None:
        """So many more are done. Never says that all are, which the end of the command does.

        resp-text-code =/ "INPROGRESS" [SP "(" inprogress-tag SP inprogress-state ")"]
        inprogress-tag = quoted / nil ; nil for a tag that would end the response code
        """
        self._done += count
        now = time.monotonic()
        if now - self._told < self._session.settings.progress_interval_s or self._done >= self._goal:
            return
        self._told = now
        tag = self._session.tag
        written = b"NIL" if b"]" in tag else b'"%b"' % tag
        self._session.say(b"OK", "At work", b"INPROGRESS (%b %d %d)" % (written, self._done, self._goal))
