"""Connections that ended because their client was too slow: one metric and one log line, for every protocol."""

from __future__ import annotations

import logging
from typing import Literal

from skrytka import metrics

logger = logging.getLogger(__name__)

Direction = Literal["sending", "reading"]


def note(listener: str, client: str, direction: Direction) -> None:
    """``direction`` is what the client was too slow in."""
    metrics.CONNECTIONS_TOO_SLOW.labels(listener, direction).inc()
    logger.info("%s: %s was too slow in %s", listener, client, direction)
