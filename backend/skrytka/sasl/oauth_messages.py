"""The messages of OAUTHBEARER (RFC 7628) and of XOAUTH2 (Google's, which others took over). Pure."""

from __future__ import annotations

import re

import msgspec

from skrytka.sasl.exchange import Malformed
from skrytka.sasl.gs2 import HEADER, saslname
from skrytka.settings import OAuth

# kvsep       = %x01
# kvpair      = 1*ALPHA "=" *(VCHAR / SP / HTAB / CR / LF) kvsep
# client-resp = (gs2-header kvsep *kvpair kvsep) / kvsep
_PAIRS = r"(?:[A-Za-z]+=[\x20-\x7e\t\r\n]*\x01)*"
_OAUTHBEARER = re.compile(rf"{HEADER}\x01(?P<pairs>{_PAIRS})\x01")
# initClientResponse = "user=" userName %x01 "auth=Bearer " token %x01 %x01
_XOAUTH2 = re.compile(rf"user=(?P<user>[^\x00\x01]*)\x01(?P<pairs>{_PAIRS})\x01")
# credentials = "Bearer" 1*SP b64token (RFC 6750 section 2.1); the scheme is in any case.
_AUTH = re.compile(r"(?:\A|\x01)auth=bearer +(?P<token>[A-Za-z0-9._~+/-]+=*) *\x01", re.IGNORECASE)


class Bearer(msgspec.Struct, frozen=True):
    """``name`` is the mailbox that is asked for, empty where the token alone says it."""

    name: str
    token: str

    def __repr__(self) -> str:
        return f"Bearer(name={self.name!r}, token=...)"


def oauthbearer(octets: bytes) -> Bearer:
    match = _OAUTHBEARER.fullmatch(_text(octets))
    if match is None or match["binding"] is not None:
        raise Malformed(
            "OAUTHBEARER is a GS2 header without channel binding and key=value pairs, with %x01 behind each"
        )
    return Bearer(saslname(match["authzid"]), _token(match["pairs"]))


def xoauth2(octets: bytes) -> Bearer:
    match = _XOAUTH2.fullmatch(_text(octets))
    if match is None:
        raise Malformed("XOAUTH2 is user=name and auth=Bearer token, with %x01 behind each and at the end")
    return Bearer(match["user"], _token(match["pairs"]))


def oauthbearer_error(oauth: OAuth, status: str) -> bytes:
    """RFC 7628 section 3.2.2."""
    told = {"status": status, "scope": oauth.scope, "openid-configuration": oauth.discovery_url}
    return msgspec.json.encode({key: value for key, value in told.items() if value})


def xoauth2_error(oauth: OAuth, status: str) -> bytes:
    """As Google has it, where the status is that of HTTP."""
    return msgspec.json.encode({"status": "401", "schemes": "bearer", "scope": oauth.scope})


def _token(pairs: str) -> str:
    match = _AUTH.search(pairs)
    if match is None:
        raise Malformed("There is no auth=Bearer token")
    return match["token"]


def _text(octets: bytes) -> str:
    try:
        return octets.decode()
    except UnicodeDecodeError:
        raise Malformed("Tokens are asked for in UTF-8") from None
