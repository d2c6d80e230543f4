"""The octets of mails that are on their way in, over all connections of the process: ``limits.inflight_octets`` bounds them.

A front end reserves before it keeps octets, and releases them when the mail is stored or given up.
"""

from __future__ import annotations

from skrytka import metrics
from skrytka.core import Core


class _Meter:
    def __init__(self) -> None:
        self.octets = 0


def reserve(core: Core, octets: int) -> bool:
    """True when there is room for so many more; they count until ``release``."""
    meter = core.state(_Meter)
    if meter.octets + octets > core.settings.limits.inflight_octets:
        return False
    meter.octets += octets
    metrics.INFLIGHT_OCTETS.inc(octets)
    return True


def release(core: Core, octets: int) -> None:
    """So many that were reserved are gone."""
    core.state(_Meter).octets -= octets
    metrics.INFLIGHT_OCTETS.dec(octets)


def held(core: Core) -> int:
    """What is reserved now."""
    return core.state(_Meter).octets
