"""The base subject of anything is what the steps of RFC 5256 section 2.1 give, done one at a time as they are written there."""

from __future__ import annotations

import re

from hypothesis import given
from hypothesis import strategies as st

from skrytka_imap.base_subject import BaseSubject, base_subject

PIECES = [
    " ",
    "\t",
    "[",
    "]",
    "[]",
    "[list]",
    "[a] ",
    "re",
    "Re:",
    "fw",
    "FWD: ",
    "d",
    ":",
    "(fwd)",
    "(Fwd) ",
    "[fwd:",
    "[Fwd: ",
]
SUBJECTS = st.lists(st.sampled_from([*PIECES, "x", "\u017c", "()"]), max_size=14).map("".join)

BLOB = r"\[[^\[\]]*\][ \t]*"
LEADER = re.compile(rf"(?:(?:{BLOB})*(?P<refwd>(?:re|fwd?)[ \t]*(?:{BLOB})?:)|[ \t])", re.IGNORECASE)
FIRST_BLOB = re.compile(BLOB)
TRAILER = re.compile(r"(?P<fwd>\(fwd\))\Z|[ \t]\Z", re.IGNORECASE)


def by_steps(text: str) -> BaseSubject:
    is_reply = False
    text = re.sub(" +", " ", text.replace("\t", " "))  # (1)
    while True:
        while trailer := TRAILER.search(text):  # (2)
            text, is_reply = text[: trailer.start()], is_reply or bool(trailer["fwd"])
        while True:  # (5)
            before = text
            if leader := LEADER.match(text):  # (3)
                text, is_reply = text[leader.end() :], is_reply or bool(leader["refwd"])
            elif (blob := FIRST_BLOB.match(text)) and blob.end() < len(text):  # (4)
                text = text[blob.end() :]
            if text == before:
                break
        if not (text.lower().startswith("[fwd:") and text.endswith("]")):  # (6)
            return BaseSubject(text, is_reply)  # (7)
        text, is_reply = text[len("[fwd:") : -1], True


@given(SUBJECTS)
def test_the_base_subject_is_what_the_steps_give(text: str) -> None:
    assert base_subject(text.encode()) == by_steps(text)


@given(SUBJECTS, st.sampled_from(["Re: ", "[list] fwd: ", "re [a]:", "  "]))
def test_a_reply_has_the_base_subject_of_what_it_answers(text: str, prefix: str) -> None:
    if by_steps(text).text:
        assert base_subject((prefix + text).encode()).text == by_steps(text).text


@given(st.binary(max_size=60))
def test_any_octets_have_one(raw: bytes) -> None:
    base_subject(raw).text.encode()
