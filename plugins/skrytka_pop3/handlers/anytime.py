"""Commands of both states: CAPA (RFC 2449), LANG (RFC 6856), QUIT (RFC 1939 sections 4 and 6)."""

from __future__ import annotations

from collections.abc import Mapping

from skrytka.plugin_api import sasl
from skrytka_pop3 import commands
from skrytka_pop3.replies import Listing, Status, failed, ok
from skrytka_pop3.session import Session

_LANGUAGES: Mapping[str, str] = {"en": "English", "i-default": "Default language"}


async def capa(session: Session, _command: commands.Capa) -> Listing:
    """RFC 2449 section 5. Logins are announced only where a password may be sent, STLS only where it would work."""
    peer, settings = session.peer, session.settings
    names = [
        "TOP",
        "UIDL",
        "RESP-CODES",
        "AUTH-RESP-CODE",
        "PIPELINING",
        f"EXPIRE {settings.expire}",
        "UTF8 USER",
        "LANG",
    ]
    if peer.secure:
        names += ["USER", " ".join(("SASL", *sasl.mechanisms(session.core, peer.channel)))]
    if settings.login_delay_s:
        names.append(f"LOGIN-DELAY {settings.login_delay_s}")
    if peer.can_start_tls and not peer.tls and session.open_maildrop is None:
        names.append("STLS")
    names.append("IMPLEMENTATION Skrytka")
    return Listing("Capabilities follow", names)


async def lang(_session: Session, command: commands.Lang) -> Status | Listing:
    """RFC 6856 section 3: replies are English; ``*`` asks for what the server likes best."""
    if command.tag is None:
        return Listing("Languages follow", [f"{tag} {name}" for tag, name in _LANGUAGES.items()])
    tag = "en" if command.tag == "*" else command.tag.lower()
    if tag not in _LANGUAGES:
        return failed("There are no replies in this language")
    return ok(f"{tag} {_LANGUAGES[tag]} it is")


async def quit_(session: Session, _command: commands.Quit) -> Status:
    """After login, the UPDATE state: what is marked is deleted, or nothing is. The lock is free before the reply is
    sent, so that a client that comes back at once finds it so."""
    maildrop = session.open_maildrop
    if maildrop is None:
        return ok("Good-bye")
    try:
        await maildrop.downloads.stamp()
        await maildrop.delete()
    finally:
        await session.end()
    return ok(f"{len(maildrop.deleted)} messages deleted, good-bye")
