"""What the supervisor tells a worker at its start, through the socket that is the worker's standard input.

The settings go as they were read at the supervisor's start, so that a worker that starts again later is the same, whatever
became of the file meanwhile. The socket stays open: the end of it tells either side that the other has died.
"""

from __future__ import annotations

from typing import Any

import msgspec

from skrytka.plugin_host.manager import Plugins
from skrytka.settings import Settings

READY = b"ready\n"
ALIVE = b"alive\n"
"""What a worker says from then on, ``BEATS`` times in ``serve.hang_timeout_s``: its event loop runs."""

BEATS = 8


class Boot(msgspec.Struct, frozen=True):
    """``listening`` are settings keys with the inherited descriptors of their sockets. ``after_hang``: the worker before hung
    and was killed; this one counts that, for the supervisor has no metrics."""

    number: int
    workers: int
    settings: dict[str, Any]
    listening: list[tuple[str, int]]
    after_hang: bool = False


def encode(boot: Boot) -> bytes:
    """One line of JSON."""
    return msgspec.json.encode(boot) + b"\n"


def decode(line: bytes) -> Boot:
    return msgspec.json.decode(line, type=Boot)


def settings_of(boot: Boot, plugins: Plugins) -> Settings:
    """The supervisor's settings, each front end's section under its plugin's type."""
    core = {name: value for name, value in boot.settings.items() if name != "front_ends"}
    sections: dict[str, msgspec.Struct] = {
        name: msgspec.convert(boot.settings["front_ends"][name], section)
        for name, section in plugins.sections().items()
    }
    return msgspec.structs.replace(msgspec.convert(core, Settings), front_ends=sections)
