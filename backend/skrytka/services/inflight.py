"""The octets of mails that are on their way in, over all connections of the process: ``limits.inflight_octets`` bounds them.

A front end reserves before it keeps octets, and releases them when the mail is stored or given up.
"""

from __future__ import annotations

from dataclasses import dataclass

from skrytka.core import Core


@dataclass(slots=True)
class _Meter:
    octets: int = 0


def reserve(core: Core, octets: int) -> bool:
    """True when there is room for so many more; they count until ``release``."""
    meter = _meter(core)
    if meter.octets + octets > core.settings.limits.inflight_octets:
        return False
    meter.octets += octets
    return True


def release(core: Core, octets: int) -> None:
    """So many that were reserved are gone."""
    _meter(core).octets -= octets


def held(core: Core) -> int:
    """What is reserved now."""
    return _meter(core).octets


def _meter(core: Core) -> _Meter:
    meter: _Meter = core.caches.setdefault("inflight", _Meter())
    return meter
