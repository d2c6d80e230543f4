"""LMTP commands as Structs, named by their RFC's words."""

from __future__ import annotations

import msgspec


class Lhlo(msgspec.Struct, frozen=True):
    """RFC 2033 section 4.1."""

    domain: str


class Helo(msgspec.Struct, frozen=True):
    """HELO or EHLO, which RFC 2033 section 4.1 forbids on LMTP."""


class Mail(msgspec.Struct, frozen=True):
    """RFC 5321 section 4.1.1.2. ``sender`` is without its angle brackets, empty for ``<>``; ``size_octets`` is RFC
    1870's."""

    sender: str
    size_octets: int | None = None
    smtputf8: bool = False


class Rcpt(msgspec.Struct, frozen=True):
    """RFC 5321 section 4.1.1.3, without angle brackets and source route."""

    recipient: str


class Data(msgspec.Struct, frozen=True):
    """RFC 5321 section 4.1.1.4; RFC 2033 section 4.2 changes its answer to one reply per recipient."""


class Bdat(msgspec.Struct, frozen=True):
    """RFC 3030 section 2; ``size_octets`` octets follow the line."""

    size_octets: int
    last: bool


class Rset(msgspec.Struct, frozen=True):
    """RFC 5321 section 4.1.1.5."""


class Vrfy(msgspec.Struct, frozen=True):
    """RFC 5321 section 4.1.1.6."""

    text: str


class Noop(msgspec.Struct, frozen=True):
    """RFC 5321 section 4.1.1.9."""


class Help(msgspec.Struct, frozen=True):
    """RFC 5321 section 4.1.1.8."""


class StartTls(msgspec.Struct, frozen=True):
    """RFC 3207 section 4."""


class Quit(msgspec.Struct, frozen=True):
    """RFC 5321 section 4.1.1.10."""


Command = Lhlo | Helo | Mail | Rcpt | Data | Bdat | Rset | Vrfy | Noop | Help | StartTls | Quit
