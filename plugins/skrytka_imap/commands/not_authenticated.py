"""Commands of the not authenticated state."""

from __future__ import annotations

import msgspec


class StartTls(msgspec.Struct, frozen=True):
    """RFC 3501 section 6.2.1."""


class Authenticate(msgspec.Struct, frozen=True):
    """RFC 3501 section 6.2.2 and RFC 4959: ``mechanism`` in upper case, ``initial`` without its base64.

    None: the client waits for ``+``. Empty octets: it sent ``=``.
    """

    mechanism: str
    initial: bytes | None = None


class Login(msgspec.Struct, frozen=True):
    """RFC 3501 section 6.2.3. Both are decoded as UTF-8: RFC 6855 section 5 expects that of what is not ASCII."""

    name: str
    password: str

    def __repr__(self) -> str:
        return f"Login(name={self.name!r}, password=...)"
