"""The mails that both servers get: nasty ones made here, and the awkward real ones of ``SKRYTKA_TEST_CORPUS``."""

from __future__ import annotations

import os
import re
from pathlib import Path

SHARE = 1 if os.environ.get("SKRYTKA_HYPOTHESIS_PROFILE") == "long" else 10
"""Of the corpus, every tenth is taken, or in the long form every one."""


def _multipart(boundary: str, *parts: str, subtype: str = "mixed", end: str = "--") -> str:
    inner = "".join(f"--{boundary}\n{part}\n" for part in parts)
    return f'Content-Type: multipart/{subtype}; boundary="{boundary}"\n\n{inner}--{boundary}{end}\n'


def _nested(depth: int) -> str:
    text = "Subject: innermost\n\ntext"
    for level in range(depth):
        text = f"Subject: level {level}\nContent-Type: message/rfc822\n\n{text}"
    return text


TEXT = "Content-Type: text/plain; charset=us-ascii\n\ntext"
GENERATED = {
    "plain": "From: Ann <ann@example.org>\nTo: bob@example.org\nSubject: Hello\nDate: Wed, 17 Jul 1996 02:23:25 -0700\n\nbody\n",
    "nested multiparts": "Subject: n\n" + _multipart("a", _multipart("b", _multipart("c", TEXT, TEXT)), TEXT),
    "boundary without its end": "Subject: n\n" + _multipart("a", TEXT, TEXT, end=""),
    "boundary that never comes": 'Content-Type: multipart/mixed; boundary="x"\n\nno delimiter\n',
    "multipart without a boundary": "Content-Type: multipart/mixed\n\n--x\n\ntext\n--x--\n",
    "boundary that begins another": "Subject: n\n" + _multipart("a", _multipart("ab", TEXT), TEXT),
    "8-bit headers": "From: Zażółć <z@example.org>\nSubject: gęślą jaźń\n\ntext\n",
    "encoded words": "From: =?utf-8?q?Za=C5=BC?= <z@example.org>\n"
    "Subject: =?utf-8?b?Z8SZxZtsxIU=?= =?iso-8859-2?q?_ja=BC=F1?=\n\nt\n",
    "broken encoded words": "Subject: =?utf-8?q?open =?x-none?q?a?= =?utf-8?b?!!?= end\n\ntext\n",
    "RFC 2231": "Content-Type: text/plain; name*0*=utf-8''a%20; name*1*=b%C5; name*2=c\n\ntext\n",
    "disposition": 'Content-Type: image/png; name="a \\"b\\".png"\n'
    "Content-Disposition: attachment; filename*=utf-8''%C5%BC.png; "
    "size=5\nContent-Transfer-Encoding: base64\nContent-ID: <1@x>\nContent-MD5: abc\nContent-Language: pl, en\n\nAAAA\n",
    "message/rfc822 in depth": _nested(6),
    "message in a multipart": "Subject: n\n"
    + _multipart("a", f"Content-Type: message/rfc822\n\n{_multipart('b', TEXT)}"),
    "no header": "\nonly text\n",
    "no body": "Subject: only a header\n",
    "nothing but a line": "no colon here\n",
    "groups": "To: friends: ann@example.org, Bob <bob@example.org>;, none:;\nCc: (c) x@y (d), @a,@b:c@d\n\ntext\n",
    "odd addresses": 'From: "a \\"q\\" b" <"x y"@example.org>\nTo: <>, no-at, a@, <a@b\nSender: \nReply-To: ,,\n\ntext\n',
    "repeated fields": "Subject: one\nSubject: two\nTo: a@b\nTo: c@d\nDate: a\nDate: b\n\ntext\n",
    "folded fields": "Subject: one\n two\n\tthree\nTo: a@b,\n c@d\nIn-Reply-To: <a@b>\n <c@d>\nMessage-ID:  <e@f> \n\ntext\n",
    "empty parts": "Subject: n\n" + _multipart("a", "", "\n", TEXT),
    "digest": "Subject: n\n" + _multipart("a", "\nSubject: d\n\ntext", subtype="digest"),
    "alternative": "Subject: n\n" + _multipart("a", TEXT, "Content-Type: text/html\n\n<p>x</p>", subtype="alternative"),
    "odd content types": "Content-Type: text\nContent-Transfer-Encoding: x-odd (c)\n\ntext\n",
    "comment in content type": "Content-Type: text/plain (c); charset=(d)utf-8\n\ntext\n",
    "blanks before colons": "Subject : blank\nTo\t: a@b\n\ntext\n",
    "no line end": "Subject: x\n\nno line end",
    "thread: first": "Message-ID: <1@t>\nSubject: A thread\nDate: 3 Mar 2020 10:00:00 +0000\n\n",
    "thread: answer": "Message-ID: <2@t>\nReferences: <1@t>\nSubject: Re: A thread\nDate: 5 Mar 2020 10:00:00 +0100\n\n",
    "thread: earlier answer": 'Message-ID: <3@t>\nIn-Reply-To: your <"1"@t> of today\nSubject: other\n'
    "Date: 5 Mar 2020 08:59:00 +0000\n\n",
    "thread: of one who is not there": "Message-ID: <4@t>\nReferences: <0@t>\nSubject: x1\nDate: 1 Mar 2020 10:00:00 +0000\n\n",
    "thread: another of that": "Message-ID: <5@t>\nReferences: <0@t> <00@t>\nSubject: x2\nDate: 2 Mar 2020 10:00:00 +0000\n\n",
    "thread: in a loop": "Message-ID: <6@t>\nReferences: <7@t>\nSubject: loop\nDate: 7 Mar 2020 10:00:00 +0000\n\n",
    "thread: in that loop": "Message-ID: <7@t>\nReferences: <6@t>\nSubject: loop\nDate: 6 Mar 2020 10:00:00 +0000\n\n",
    "thread: the same Message-ID": "Message-ID: <1@t>\nSubject: copy\nDate: 9 Mar 2020 10:00:00 +0000\n\n",
    "thread: by its subject": "Subject: [list] a Thread (fwd)\nDate: 8 Mar 2020 10:00:00 +0000\n\n",
    "thread: forwarded": "Subject: [fwd: copy]\nDate: 8 Mar 2020 11:00:00 +0000\n\n",
    "thread: no reply": "Subject: loop\nDate: 8 Mar 2020 12:00:00 +0000\n\n",
    "sort: a name": "From: Zoe <b@x>\nTo: =?utf-8?Q?=C3=81?= <c@x>\nCc: B@x\nSubject: [a] [b]\nDate: 1 Jan 99 25:00\n\n",
    "sort: between others": "To: n@x\nSubject: between\nDate: 1 Jan 1998 10:00:00 +0000\n\n",
    "sort: a group": "From: c@x\nTo: friends: d@x;\nCc: none:;\nSubject: re [a]: fwd: z\nDate: 1 Jan 2000 00:00:00 EST\n\n",
}


def mails() -> dict[str, bytes]:
    """By name. Lines end with CRLF, as IMAP has it."""
    found = {name: text.encode() for name, text in GENERATED.items()}
    if folder := os.environ.get("SKRYTKA_TEST_CORPUS"):
        files = sorted(Path(folder).rglob("*.eml"))
        found |= {str(file.relative_to(folder)): file.read_bytes() for file in files[::SHARE]}
    crlf = {name: re.sub(rb"\r?\n", b"\r\n", octets) for name, octets in found.items() if b"\0" not in octets}
    return {**crlf, "bare LF": b"Subject: x\nTo: a@b\n\nline\nline\n"}
