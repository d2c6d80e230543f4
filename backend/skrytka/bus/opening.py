"""Builds the bus that the settings name."""

from __future__ import annotations

from pathlib import Path

from skrytka import errors
from skrytka.bus.interface import Bus
from skrytka.bus.local import LocalBus
from skrytka.settings import Settings


def bus(settings: Settings) -> Bus:
    """Redis where ``redis.url`` is set, else the sockets of the data directory. Not yet open."""
    if not settings.redis.url:
        return LocalBus(Path(settings.data_dir), settings.bus.poll_interval_s)
    from skrytka.bus.redis import RedisBus  # noqa: PLC0415 - takes a tenth of a second, and 6 MB that the others save

    try:
        return RedisBus(settings.redis.url, settings.bus.poll_interval_s)
    except ValueError as error:
        raise errors.Invalid("redis.url", str(error)) from error


async def open_bus(settings: Settings) -> Bus:
    """The same, open."""
    opened = bus(settings)
    await opened.open()
    return opened
