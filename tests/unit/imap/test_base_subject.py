"""The base subject, step by step (RFC 5256 section 2.1)."""

from __future__ import annotations

import time

import pytest

from skrytka_imap.base_subject import LONGEST, BaseSubject, base_subject


@pytest.mark.parametrize(
    ("raw", "text", "is_reply"),
    [
        (None, "", False),
        (b"", "", False),
        (b"  hello \t world\r\n\tagain ", "hello world again", False),
        (b"=?utf-8?Q?Re=3A?= =?utf-8?Q?_=C5=BC?=", "\u017c", True),
        (b"Re: hello", "hello", True),
        (b"RE:hello", "hello", True),
        (b"re : hello", "hello", True),
        (b"FW: hello", "hello", True),
        (b"Fwd: Re: fwd:hello", "hello", True),
        (b"fwdd: hello", "fwdd: hello", False),
        (b"Rehello: x", "Rehello: x", False),
        (b"re[2]: hello", "hello", True),
        (b"re [a] : hello", "hello", True),
        (b"re [a] [b]: hello", "re [a] [b]: hello", False),
        (b"[list] Re: hello", "hello", True),
        (b"[a][b] [c]re:[d] hello", "hello", True),
        (b"[list] hello", "hello", False),
        (b"[a] [b]", "[b]", False),
        (b"[]", "[]", False),
        (b"[a", "[a", False),
        (b"[a[b] hello", "[a[b] hello", False),
        (b"Re:", "", True),
        (b"Re: [a]", "[a]", True),
        (b"(fwd)", "", True),
        (b"hello (Fwd) (fwd)  ", "hello", True),
        (b"hello(FWD)", "hello", True),
        (b"[fwd: hello]", "hello", True),
        (b"[Fwd: [x] hello]", "hello", True),
        (b"[fwd: re: [y] (fwd)]", "[y]", True),
        (b"[fwd: [fwd: a[b]c]]", "a[b]c", True),
        (b"[fwd:]", "", True),
        (b"[fwd: hello] x", "x", False),
        (b"[x] [fwd: [a] b]", "b", True),
        (b"Antw: hello", "Antw: hello", False),
        (b"r\xc3\xa9: x", "r\u00e9: x", False),
    ],
)
def test_base_subject(raw: bytes | None, text: str, is_reply: bool) -> None:
    assert base_subject(raw) == BaseSubject(text, is_reply)


@pytest.mark.parametrize("piece", [b"[a]", b"[fwd:", b"re:", b"(fwd)", b" ", b"[", b"]", b"re[a]", b"[fwd: [x] (fwd)]"])
def test_long_subjects_take_no_time(piece: bytes) -> None:
    long = piece * (LONGEST // len(piece))
    began = time.process_time()
    for raw in (long, long + b"x", b"x" + long, long + b"]" * LONGEST, b"[fwd:" * 99 + long + b"]" * 99):
        base_subject(raw)
    assert time.process_time() - began < 0.2
