"""Command lines to ``commands`` Structs. Any octets give a command or ``BadCommand``, never another exception."""

from __future__ import annotations

import re
from collections.abc import Callable

from skrytka_lmtp import commands
from skrytka_lmtp.commands import Command

# Mailbox = Local-part "@" ( Domain / address-literal ), RFC 5321 section 4.1.2. Dots may stand anywhere in a local part
# and in a domain, as in addresses that exist (a..b@example.jp), and UTF-8 is let through here (RFC 6531 section 3.3).
_ATOMS = r'[^\x00-\x20\x7f()<>@,;:\\"\[\]]+'
_QUOTED = r'"(?:[^"\\\x00-\x1f\x7f]|\\[\x20-\x7e])*"'
_DOMAIN = rf"(?:\[[\x21-\x5a\x5e-\x7e]+\]|{_ATOMS})"
# Path = "<" [ A-d-l ":" ] Mailbox ">": the source route is accepted and ignored.
_PATH = re.compile(rf"<(?:@[^:<>\x00-\x20\x7f]+:)?(?P<local>{_ATOMS}|{_QUOTED})@(?P<domain>{_DOMAIN})>")
_POSTMASTER = re.compile("<postmaster>", re.IGNORECASE)
_ATOMS_ONLY = re.compile(_ATOMS)
# esmtp-param = esmtp-keyword ["=" esmtp-value], RFC 5321 section 4.1.2
_PARAMETER = re.compile(r"([A-Za-z0-9][A-Za-z0-9-]*)(?:=([^=\x00-\x20\x7f]+))?")
# chunk-size = 1*DIGIT, RFC 3030 section 2; size-value = 1*20DIGIT, RFC 1870 section 4
_SIZE = re.compile(r"[0-9]{1,20}")
_BDAT = re.compile(r"([0-9]{1,20})( +LAST)?", re.IGNORECASE)
_CONTROLS = re.compile(r"[\x00-\x1f\x7f]")


class BadCommand(Exception):
    """The line is no command, with the reply's code and enhanced code (RFC 3463). ``fatal``: where the next line
    starts is unknown, so the conversation must end."""

    def __init__(self, code: int, enhanced: str, text: str, *, fatal: bool = False) -> None:
        super().__init__(text)
        self.code = code
        self.enhanced = enhanced
        self.text = text
        self.fatal = fatal


def parse(line: bytes) -> Command:
    """Read one line without its CRLF. Blanks at its end are ignored (RFC 5321 section 4.1.1)."""
    verb, _, rest = line.decode("utf-8", "surrogateescape").partition(" ")
    name = verb.rstrip().upper()
    parser = _PARSERS.get(name)
    if parser is None:
        raise BadCommand(500, "5.5.2", "Command unknown, HELP lists those there are")
    rest = rest.rstrip(" \t")
    if _CONTROLS.search(rest) or not _is_unicode(rest):
        raise BadCommand(501, "5.5.4", "Only printable UTF-8 may stand in a command", fatal=name == "BDAT")
    return parser(rest)


def _is_unicode(text: str) -> bool:
    """False when a surrogate stands for an octet that was no UTF-8."""
    return text.isascii() or not any("\ud800" <= character <= "\udfff" for character in text)


def _lhlo(rest: str) -> Command:
    """``"LHLO" SP ( Domain / address-literal ) CRLF``; what the client calls itself is only remembered, never
    checked."""
    if not rest or " " in rest:
        raise BadCommand(501, "5.5.4", "Syntax: LHLO domain")
    return commands.Lhlo(rest)


def _helo(_rest: str) -> Command:
    return commands.Helo()


def _mail(rest: str) -> Command:
    """``"MAIL FROM:" Reverse-path [SP Mail-parameters] CRLF``; a blank after the colon is forgiven."""
    path = _after(rest, "FROM:", "Syntax: MAIL FROM:<address> [parameters]")
    if path.startswith("<>"):
        sender, tail = "", path[2:]
    else:
        sender, tail = _mailbox(path, "5.1.7")
    parameters = _parameters(tail)
    mail = commands.Mail(sender, _size(parameters.pop("SIZE", None)), _smtputf8(parameters))
    _check_body(parameters)
    parameters.pop("AUTH", None)
    if parameters:
        raise BadCommand(555, "5.5.4", "MAIL takes the parameters SIZE, BODY and SMTPUTF8")
    if not (sender.isascii() or mail.smtputf8):
        raise BadCommand(553, "5.6.7", "An address that is not ASCII needs the parameter SMTPUTF8")
    return mail


def _rcpt(rest: str) -> Command:
    """``"RCPT TO:" ( "<Postmaster>" / Forward-path ) [SP Rcpt-parameters] CRLF``."""
    path = _after(rest, "TO:", "Syntax: RCPT TO:<address>")
    if match := _POSTMASTER.match(path):
        recipient, tail = "postmaster", path[match.end() :]
    else:
        recipient, tail = _mailbox(path, "5.1.3")
    if _parameters(tail):
        raise BadCommand(555, "5.5.4", "RCPT takes no parameters")
    return commands.Rcpt(recipient)


def _after(rest: str, keyword: str, syntax: str) -> str:
    if rest[: len(keyword)].upper() != keyword:
        raise BadCommand(501, "5.5.4", syntax)
    return rest[len(keyword) :].lstrip(" ")


def _mailbox(path: str, enhanced: str) -> tuple[str, str]:
    """The address and what follows its ``>``. Quotes stay only where the local part needs them (section 4.1.2)."""
    match = _PATH.match(path)
    if match is None:
        raise BadCommand(501, enhanced, "The address is not of the form <local@domain>")
    local = match["local"]
    if local.startswith('"'):
        plain = re.sub(r"\\(.)", r"\1", local[1:-1])
        local = plain if _ATOMS_ONLY.fullmatch(plain) else local
    return f"{local}@{match['domain']}", path[match.end() :]


def _parameters(tail: str) -> dict[str, str | None]:
    if tail and not tail.startswith(" "):
        raise BadCommand(501, "5.5.4", "A blank must follow the address")
    parameters: dict[str, str | None] = {}
    for word in tail.split():
        match = _PARAMETER.fullmatch(word)
        if match is None or match[1].upper() in parameters:
            raise BadCommand(501, "5.5.4", "A parameter is malformed or named twice")
        parameters[match[1].upper()] = match[2]
    return parameters


def _size(value: str | None) -> int | None:
    if value is None:
        return None
    if not _SIZE.fullmatch(value):
        raise BadCommand(501, "5.5.4", "SIZE takes a number of octets")
    return int(value)


def _smtputf8(parameters: dict[str, str | None]) -> bool:
    if "SMTPUTF8" not in parameters:
        return False
    if parameters.pop("SMTPUTF8") is not None:
        raise BadCommand(501, "5.5.4", "SMTPUTF8 takes no value")
    return True


def _check_body(parameters: dict[str, str | None]) -> None:
    """RFC 6152: BODY is read and needs no memory, because octets are stored as they come."""
    if "BODY" in parameters and (parameters.pop("BODY") or "").upper() not in {"7BIT", "8BITMIME"}:
        raise BadCommand(501, "5.5.4", "BODY is 7BIT or 8BITMIME")


def _bdat(rest: str) -> Command:
    """``"BDAT" SP chunk-size [SP "LAST"] CRLF``. Without a size nobody knows where the chunk ends."""
    match = _BDAT.fullmatch(rest)
    if match is None:
        raise BadCommand(501, "5.5.4", "Syntax: BDAT octets [LAST]; closing, the chunk's end is unknown", fatal=True)
    return commands.Bdat(int(match[1]), last=match[2] is not None)


def _vrfy(rest: str) -> Command:
    """``"VRFY" SP String [SP "SMTPUTF8"] CRLF``."""
    if not rest:
        raise BadCommand(501, "5.5.4", "Syntax: VRFY address")
    return commands.Vrfy(rest)


def _bare(verb: str, command: Command) -> Callable[[str], Command]:
    """A command that takes no argument."""

    def parse_bare(rest: str) -> Command:
        if rest:
            raise BadCommand(501, "5.5.4", f"{verb} takes no argument")
        return command

    return parse_bare


_PARSERS: dict[str, Callable[[str], Command]] = {
    "LHLO": _lhlo,
    "HELO": _helo,
    "EHLO": _helo,
    "MAIL": _mail,
    "RCPT": _rcpt,
    "DATA": _bare("DATA", commands.Data()),
    "BDAT": _bdat,
    "RSET": _bare("RSET", commands.Rset()),
    "VRFY": _vrfy,
    "NOOP": lambda _rest: commands.Noop(),
    "HELP": lambda _rest: commands.Help(),
    "STARTTLS": _bare("STARTTLS", commands.StartTls()),
    "QUIT": _bare("QUIT", commands.Quit()),
}
