"""One async function per command. The states table has allowed it; a failed reply leaves the state as it is."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from skrytka.plugin_api import delivery, errors
from skrytka_lmtp import commands
from skrytka_lmtp.error_replies import reply_to
from skrytka_lmtp.replies import Reply, reply
from skrytka_lmtp.session import Recipient, Session, Transaction

_HELP = "LHLO MAIL RCPT DATA BDAT RSET VRFY NOOP HELP STARTTLS QUIT"


async def lhlo(session: Session, command: commands.Lhlo) -> Reply:
    """RFC 2033 section 4.1: names the extensions and forgets a mail under way."""
    session.client_name = command.domain
    session.forget_mail()
    extensions = [
        "PIPELINING",
        "8BITMIME",
        "SMTPUTF8",
        "CHUNKING",
        "ENHANCEDSTATUSCODES",
        f"SIZE {session.core.settings.limits.message_octets}",
    ]
    if session.peer.can_start_tls and not session.peer.tls:
        extensions.append("STARTTLS")
    return Reply(250, "", (session.hostname, *extensions))


async def helo(_session: Session, _command: commands.Helo) -> Reply:
    """RFC 2033 section 4.1: HELO and EHLO must not work, so that an SMTP client does not mistake this for a relay."""
    return reply(500, "5.5.1", "This is LMTP: say LHLO")


async def mail(session: Session, command: commands.Mail) -> Reply:
    """RFC 5321 section 4.1.1.2; RFC 1870 section 6.1 refuses by the declared size."""
    limit = session.core.settings.limits.message_octets
    if command.size_octets is not None and command.size_octets > limit:
        return _failed(session, errors.TooLarge(limit))
    session.transaction = Transaction(session.core, command.sender, command.smtputf8)
    return reply(250, "2.1.0", "Sender OK")


async def rcpt(session: Session, command: commands.Rcpt) -> Reply:
    """RFC 5321 section 4.1.1.3. The mailbox is looked up now, so that the MTA hears of an unknown one before the
    mail."""
    if len(session.mail.recipients) >= session.settings.max_recipients:
        return reply(452, "4.5.3", "Too many recipients, send the rest with another copy")
    if not (command.recipient.isascii() or session.mail.smtputf8):
        return reply(553, "5.6.7", "An address that is not ASCII needs the parameter SMTPUTF8 of MAIL")
    route = await delivery.resolve(session.core, command.recipient)
    session.mail.recipients.append(Recipient(command.recipient, route))
    return reply(250, "2.1.5", "Recipient OK")


async def data(_session: Session, _command: commands.Data) -> Reply:
    """RFC 5321 section 4.1.1.4; the mail follows, ``deliver`` answers it. 354 has no enhanced code (RFC 2034 section
    3)."""
    return Reply(354, "", ("Send the mail, end it with a line that is a single dot",))


async def bdat(session: Session, command: commands.Bdat) -> Reply:
    """RFC 3030 section 2: a chunk that is not the last has arrived."""
    if session.mail.dropped is not None:
        return _failed(session, session.mail.dropped)
    return reply(250, "2.0.0", f"{command.size_octets} octets received")


async def deliver(session: Session) -> tuple[Reply, ...]:
    """RFC 2033 section 4.2: one reply per recipient in the order of RCPT, after what it says has happened durably."""
    mail = session.mail
    if mail.dropped is not None:
        return (_failed(session, mail.dropped),) * len(mail.recipients)
    routes = [recipient.route for recipient in mail.recipients]
    try:
        results = await delivery.deliver(session.core, session.actor, mail.sender, routes, mail.take_body())
    except errors.DomainError as error:
        results = [error] * len(routes)
    return tuple(
        reply(250, "2.0.0", f"<{recipient.address}> Delivered")
        if error is None
        else reply_to(error, session.settings.over_quota, recipient.address)
        for recipient, error in zip(mail.recipients, results, strict=True)
    )


async def rset(session: Session, _command: commands.Rset) -> Reply:
    """RFC 5321 section 4.1.1.5."""
    session.forget_mail()
    return reply(250, "2.0.0", "OK")


async def vrfy(_session: Session, _command: commands.Vrfy) -> Reply:
    """RFC 5321 section 7.3: which mailboxes there are is not told here; RCPT tells it to an MTA that has mail for
    them."""
    return reply(252, "2.5.2", "RCPT will tell")


async def noop(_session: Session, _command: commands.Noop) -> Reply:
    """RFC 5321 section 4.1.1.9."""
    return reply(250, "2.0.0", "OK")


async def help_(_session: Session, _command: commands.Help) -> Reply:
    """RFC 5321 section 4.1.1.8."""
    return reply(214, "2.0.0", _HELP)


async def start_tls(session: Session, _command: commands.StartTls) -> Reply:
    """RFC 3207 section 4; the conversation starts over after the handshake."""
    if session.peer.tls:
        return reply(503, "5.5.1", "TLS is on already")
    if not session.peer.can_start_tls:
        return reply(454, "4.7.0", "TLS is not available")
    return reply(220, "2.0.0", "Ready to start TLS")


async def quit_(session: Session, _command: commands.Quit) -> Reply:
    """RFC 5321 section 4.1.1.10."""
    return reply(221, "2.0.0", f"{session.hostname} closing")


def _failed(session: Session, error: errors.DomainError) -> Reply:
    return reply_to(error, session.settings.over_quota)


Handler = Callable[[Session, Any], Awaitable[Reply]]

HANDLERS: dict[type[commands.Command], Handler] = {
    commands.Lhlo: lhlo,
    commands.Helo: helo,
    commands.Mail: mail,
    commands.Rcpt: rcpt,
    commands.Data: data,
    commands.Bdat: bdat,
    commands.Rset: rset,
    commands.Vrfy: vrfy,
    commands.Noop: noop,
    commands.Help: help_,
    commands.StartTls: start_tls,
    commands.Quit: quit_,
}
