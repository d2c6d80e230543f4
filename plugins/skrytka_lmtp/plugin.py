"""The plugin's hooks."""

from __future__ import annotations

from collections.abc import Sequence

from skrytka.plugin_api import FrontEnd, hookimpl
from skrytka_lmtp.server import converse
from skrytka_lmtp.settings import LmtpSettings

BUSY = b"421 4.3.2 Too many connections, try again later\r\n"


@hookimpl
def skrytka_front_ends() -> Sequence[FrontEnd]:
    return (FrontEnd("lmtp", LmtpSettings, converse, BUSY),)
