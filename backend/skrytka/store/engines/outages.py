"""An outage has two texts: one for clients, which names no host and no user, and the database's own for the log."""

from __future__ import annotations

import logging
import time

from skrytka.errors import Unavailable

QUIET_S = 5.0
"""Every request fails during an outage; the log has each text so often at most."""

_log = logging.getLogger(__name__)
_logged_at: dict[str, float] = {}


def unavailable(text: str, error: BaseException) -> Unavailable:
    """``text`` is what clients are told."""
    line = f"{text}: {' '.join(str(error).split()) or type(error).__name__}"
    now = time.monotonic()
    if now - _logged_at.get(text, -QUIET_S) >= QUIET_S:
        _logged_at[text] = now
        _log.warning("%s", line)
    return Unavailable(text)
