"""The hooks of the IMAP front end."""

from __future__ import annotations

from collections.abc import Sequence

from skrytka.plugin_api import FrontEnd, Rendition, hookimpl
from skrytka_imap.renditions import RENDITIONS
from skrytka_imap.server import converse
from skrytka_imap.settings import Settings

BUSY = b"* BYE [UNAVAILABLE] Too many connections, try again later\r\n"


@hookimpl
def skrytka_front_ends() -> Sequence[FrontEnd]:
    return (FrontEnd("imap", Settings, converse, BUSY),)


@hookimpl
def skrytka_renditions() -> Sequence[Rendition]:
    return RENDITIONS
