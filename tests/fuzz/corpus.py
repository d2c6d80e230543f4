"""The inputs that are kept for every target, and the words that its fuzzer puts together."""

from __future__ import annotations

from pathlib import Path

from skrytka_imap.grammar import PARSERS
from tests.fuzz.targets import TARGETS

FOLDER = Path(__file__).parent / "inputs"

_IMAP = (
    *(f"{name} ".encode() for name in PARSERS),
    *(
        b"\r\n",
        b"{3+}\r\n",
        b"{3}\r\n",
        b"{200+}\r\n",
        b'"',
        b"\\",
        b"BODY[",
        b"HEADER.FIELDS (",
        b"<0.5>",
        b"1:*",
        b"\\Seen",
    ),
    *(b"CHANGEDSINCE", b"CHARSET utf-8 ", b"NOT ", b"OR ", b"SINCE 1-Feb-1994", b"&AOk-", b"(", b")", b"NIL", b"\xff"),
)
_LMTP = (
    *(
        b"LHLO x\r\n",
        b"MAIL FROM:<>",
        b"RCPT TO:<a@b>",
        b" SIZE=",
        b" BODY=8BITMIME",
        b" SMTPUTF8",
        b"DATA\r\n",
        b"BDAT 7",
    ),
    *(b" LAST", b"\r\n.\r\n", b"\r\n..", b"\r\n", b"\n", b"\r", b"QUIT\r\n", b"STARTTLS\r\n", b"VRFY x\r\n"),
)
_MIME = (
    *(
        b"Content-Type: multipart/mixed; boundary=x\r\n",
        b"Content-Type: message/rfc822\r\n",
        b"Content-Type: text/html\r\n",
    ),
    *(
        b"multipart/digest; boundary=",
        b"--x\r\n",
        b"--x--\r\n",
        b"\r\n\r\n",
        b"\n\n",
        b"; name*0*=utf-8''%41",
        b"; name*1=b",
    ),
    *(
        b"=?utf-8?q?=C5?=",
        b"=?utf-7?b?Kw==?=",
        b"Content-Transfer-Encoding: base64\r\n",
        b"quoted-printable",
        b"charset=",
    ),
    *(
        b"Content-Disposition: attachment; filename=",
        b"From: ",
        b"To: ",
        b"<a@b>",
        b"(",
        b'"',
        b"\\",
        b": ;",
        b"Date: ",
    ),
)

WORDS: dict[str, tuple[bytes, ...]] = {
    "imap_framing": _IMAP,
    "imap_grammar": _IMAP,
    "lmtp": _LMTP,
    "lmtp_data": _LMTP,
    "mime_scanner": _MIME,
    "pop3": (
        *(b"USER a\r\n", b"PASS b\r\n", b"AUTH PLAIN ", b"AGEAYg==", b"RETR 1", b"TOP 1 0", b"LIST", b"UIDL", b"DELE"),
        *(b"\r\n", b"\n", b"QUIT\r\n", b"STLS\r\n", b"LANG en", b"UTF8", b"CAPA", b"99999999999999999999"),
    ),
}


def kept(name: str) -> list[Path]:
    folder = FOLDER / name
    return sorted(folder.iterdir()) if folder.is_dir() else []


def replay(name: str) -> int:
    """Run the target over what is kept, and over its words in every chunking up to eight; the number of inputs."""
    inputs = [file.read_bytes() for file in kept(name)]
    joined = b"".join(WORDS[name])
    inputs += [bytes([step]) + octets for step in range(9) for octets in (joined, *WORDS[name])]
    for octets in inputs:
        TARGETS[name](octets)
    return len(inputs)
