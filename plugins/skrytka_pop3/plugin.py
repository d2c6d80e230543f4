"""The plugin's hooks."""

from __future__ import annotations

from collections.abc import Sequence

from skrytka.plugin_api import FrontEnd, hookimpl
from skrytka_pop3.server import converse
from skrytka_pop3.settings import Pop3Settings

BUSY = b"-ERR [SYS/TEMP] Too many connections, try again later\r\n"


@hookimpl
def skrytka_front_ends() -> Sequence[FrontEnd]:
    return (FrontEnd("pop3", Pop3Settings, converse, BUSY),)
