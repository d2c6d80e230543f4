"""Parsers of the commands of the not authenticated state."""

from __future__ import annotations

import binascii
import re

from skrytka_imap.commands import Authenticate, Login, StartTls
from skrytka_imap.grammar.cursor import Cursor

BASE64 = re.compile(rb"[A-Za-z0-9+/]+={0,2}|=")


def start_tls(_: Cursor) -> StartTls:
    """command-nonauth = login / authenticate / "STARTTLS" """
    return StartTls()


def authenticate(cursor: Cursor) -> Authenticate:
    """RFC 4959 section 7.

    authenticate = "AUTHENTICATE" SP auth-type [SP (base64 / "=")]
    auth-type    = atom
    """
    cursor.space()
    mechanism = cursor.atom("a mechanism").upper()
    if not cursor.skip(b" "):
        return Authenticate(mechanism)
    match = cursor.take(BASE64)
    initial = None if match is None else decode_response(match[0])
    if initial is None:
        raise cursor.fault("The initial response is not base64")
    return Authenticate(mechanism, initial)


def decode_response(base64: bytes) -> bytes | None:
    """The octets of a client's response in AUTHENTICATE, None if it is not base64. RFC 4959 section 3 has ``=`` for nothing."""
    if base64 == b"=":
        return b""
    try:
        return binascii.a2b_base64(base64, strict_mode=True)
    except binascii.Error:
        return None


def login(cursor: Cursor) -> Login:
    """RFC 3501 section 9.

    login    = "LOGIN" SP userid SP password
    userid   = astring
    password = astring
    """
    cursor.space()
    name = cursor.text(cursor.astring("a login name"), "The login name")
    cursor.space()
    return Login(name, cursor.text(cursor.astring("a password"), "The password"))
