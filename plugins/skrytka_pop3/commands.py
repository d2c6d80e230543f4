"""POP3 commands as Structs, named by their RFC's words. A message number is 1 or more, or the line did not parse."""

from __future__ import annotations

import msgspec


class Capa(msgspec.Struct, frozen=True):
    """RFC 2449 section 5."""


class Lang(msgspec.Struct, frozen=True):
    """RFC 6856 section 3; None asks for the list."""

    tag: str | None = None


class Utf8(msgspec.Struct, frozen=True):
    """RFC 6856 section 2.1."""


class Stls(msgspec.Struct, frozen=True):
    """RFC 2595 section 4."""


class User(msgspec.Struct, frozen=True):
    """RFC 1939 section 7."""

    name: str


class Pass(msgspec.Struct, frozen=True):
    """RFC 1939 section 7."""

    password: str


class Auth(msgspec.Struct, frozen=True):
    """RFC 5034 section 4: the mechanism in upper case; ``initial`` is decoded from base64, None where there is none."""

    mechanism: str
    initial: bytes | None = None


class AuthResponse(msgspec.Struct, frozen=True):
    """The answer to a challenge, decoded from base64. RFC 5034 section 4."""

    response: bytes


class AuthCancel(msgspec.Struct, frozen=True):
    """``*`` in place of a response, RFC 5034 section 4."""


class Stat(msgspec.Struct, frozen=True):
    """RFC 1939 section 5."""


class List(msgspec.Struct, frozen=True):
    """RFC 1939 section 5."""

    number: int | None = None


class Retr(msgspec.Struct, frozen=True):
    """RFC 1939 section 5."""

    number: int


class Dele(msgspec.Struct, frozen=True):
    """RFC 1939 section 5."""

    number: int


class Noop(msgspec.Struct, frozen=True):
    """RFC 1939 section 5."""


class Rset(msgspec.Struct, frozen=True):
    """RFC 1939 section 5."""


class Top(msgspec.Struct, frozen=True):
    """RFC 1939 section 7."""

    number: int
    lines: int


class Uidl(msgspec.Struct, frozen=True):
    """RFC 1939 section 7."""

    number: int | None = None


class Quit(msgspec.Struct, frozen=True):
    """RFC 1939 sections 4 and 6."""


Command = (
    Capa
    | Lang
    | Utf8
    | Stls
    | User
    | Pass
    | Auth
    | AuthResponse
    | AuthCancel
    | Stat
    | List
    | Retr
    | Dele
    | Noop
    | Rset
    | Top
    | Uidl
    | Quit
)
