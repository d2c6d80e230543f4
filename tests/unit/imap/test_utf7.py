"""Modified UTF-7."""

from __future__ import annotations

import pytest

from skrytka_imap import utf7

NAMES = [
    ("INBOX", b"INBOX"),
    ("", b""),
    ("Entwürfe", b"Entw&APw-rfe"),
    ("A&B", b"A&-B"),
    ("&", b"&-"),
    ("été/文件", b"&AOk-t&AOk-/&ZYdO9g-"),
    ("~peter/mail/台北/日本語", b"~peter/mail/&U,BTFw-/&ZeVnLIqe-"),
    ("😀", b"&2D3eAA-"),
    ("é&é", b"&AOk-&-&AOk-"),
    ("a\tb", b"a&AAk-b"),
]

BAD = [
    b"&",
    b"&AOk",
    b"&AGE-",
    b"&AOk-&AOk-",
    b"\xc3\xa9",
    b"a\tb",
    b"&AO-",
    b"&AOl-",
    b"&A-",
    b"&2D0-",
    b"&3gA-",
    b"&AOk=-",
    b"&AAAA/-",
    b"&AC0-",
]


@pytest.mark.parametrize(("name", "octets"), NAMES)
def test_names_go_both_ways(name: str, octets: bytes) -> None:
    assert utf7.encode(name) == octets
    assert utf7.decode(octets) == name


@pytest.mark.parametrize("octets", BAD)
def test_other_spellings_are_no_names(octets: bytes) -> None:
    with pytest.raises(ValueError, match="not"):
        utf7.decode(octets)
