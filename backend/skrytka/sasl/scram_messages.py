"""The messages of SCRAM (RFC 5802 section 7): octets to fields and back. Pure.

The server's are ASCII; what is signed is the text of three messages with commas between them.
"""

from __future__ import annotations

import base64
import binascii
import re

import msgspec

from skrytka.sasl.exchange import Malformed
from skrytka.sasl.gs2 import HEADER, SASLNAME, saslname

# printable  = %x21-2B / %x2D-7E
# extensions = attr-val *("," attr-val)               attr-val = ALPHA "=" value
_PRINTABLE = r"[\x21-\x2b\x2d-\x7e]+"
_EXTENSIONS = r"(?:,[A-Za-z]=[^\0,]+)*"

# client-first-message      = gs2-header client-first-message-bare
# client-first-message-bare = [reserved-mext ","] username "," nonce ["," extensions]
_FIRST = re.compile(HEADER + rf"(?P<bare>n=(?P<name>{SASLNAME}),r=(?P<nonce>{_PRINTABLE}){_EXTENSIONS})")

# client-final-message = channel-binding "," nonce ["," extensions] "," proof
_BASE64 = r"[A-Za-z0-9+/]+={0,2}"
_FINAL = re.compile(
    rf"(?P<bare>c=(?P<binding>{_BASE64}),r=(?P<nonce>{_PRINTABLE}){_EXTENSIONS}),p=(?P<proof>{_BASE64})"
)


class ClientFirst(msgspec.Struct, frozen=True):
    """``flag`` is ``n``, ``y`` or, with a channel binding, that one's name; ``authzid`` is empty where there is none."""

    header: str
    flag: str
    authzid: str
    name: str
    nonce: str
    bare: str


class ClientFinal(msgspec.Struct, frozen=True):
    """``binding`` is what the client thinks of header and channel, ``bare`` the message without the proof."""

    binding: bytes
    nonce: str
    proof: bytes
    bare: str


def client_first(octets: bytes) -> ClientFirst:
    match = _FIRST.fullmatch(_text(octets))
    if match is None:  # also for m=, which is of extensions that nobody may do without
        raise Malformed("SCRAM begins with a GS2 header, n=name and r=nonce")
    flag = match["flag"] or match["binding"]
    return ClientFirst(
        match["header"], flag, saslname(match["authzid"]), saslname(match["name"]), match["nonce"], match["bare"]
    )


def client_final(octets: bytes) -> ClientFinal:
    match = _FINAL.fullmatch(_text(octets))
    if match is None:
        raise Malformed("SCRAM ends with c=binding, r=nonce and p=proof")
    return ClientFinal(_octets(match["binding"]), match["nonce"], _octets(match["proof"]), match["bare"])


def server_first(nonce: str, salt: bytes, iterations: int) -> str:
    """server-first-message = [reserved-mext ","] nonce "," salt "," iteration-count ["," extensions]"""
    return f"r={nonce},s={base64.b64encode(salt).decode()},i={iterations}"


def server_final(signature: bytes) -> bytes:
    """server-final-message = (server-error / verifier) ["," extensions]"""
    return b"v=%b" % base64.b64encode(signature)


def _text(octets: bytes) -> str:
    try:
        return octets.decode()
    except UnicodeDecodeError:
        raise Malformed("SCRAM is in UTF-8") from None


def _octets(encoded: str) -> bytes:
    try:
        return binascii.a2b_base64(encoded, strict_mode=True)
    except binascii.Error:
        raise Malformed("Binding and proof of SCRAM are in base64") from None
