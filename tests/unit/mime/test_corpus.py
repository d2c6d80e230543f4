"""The awkward real messages of ``SKRYTKA_TEST_CORPUS``, read in place; the faultless compared with Python's parser."""

from __future__ import annotations

import email
import email.policy
import os
import re
from email.message import Message
from pathlib import Path
from typing import Any

import pytest

from skrytka import mime
from skrytka.mime import Part
from tests.unit.mime.trees import check_invariants

# An empty part between the two for us and for Dovecot, one delimiter for Python.
REPEATED_DELIMITER = re.compile(rb"^(--.+\n)\1", re.MULTILINE)


def corpus() -> list[Path]:
    folder = os.environ.get("SKRYTKA_TEST_CORPUS")
    if not folder:
        pytest.skip("SKRYTKA_TEST_CORPUS is not set: the corpus of real messages was left out")
    files = sorted(Path(folder).rglob("*.eml"))
    assert files, f"SKRYTKA_TEST_CORPUS={folder} holds no .eml file"
    return files


def test_every_message_yields_a_tree_and_everything_derived_from_it() -> None:
    for file in corpus():
        octets = file.read_bytes()
        part = mime.scan(octets)
        check_invariants(octets, part)
        derive_everything(octets, part)
        assert len(mime.preview(octets, part)) <= 256


def derive_everything(octets: bytes, part: Part) -> None:
    envelope = mime.envelope(octets, part)
    mime.sent_date(envelope.date)
    mime.decode_text(octets, part).encode()
    for field in part.headers:
        mime.decode_header(octets[field.value_start : field.end]).encode()
    for child in part.children:
        derive_everything(octets, child)


def test_well_formed_messages_are_taken_apart_as_pythons_parser_does() -> None:
    compared = 0
    for file in corpus():
        octets = file.read_bytes()
        theirs = email.message_from_bytes(octets, policy=email.policy.compat32)
        if is_well_formed(theirs) and not REPEATED_DELIMITER.search(octets):
            compared += 1
            assert outline(octets, mime.scan(octets)) == their_outline(theirs), file.name
    assert compared >= 50


def is_well_formed(message: Message[str, str]) -> bool:
    """Neither defects nor what the two parsers treat differently by design."""
    for part in message.walk():
        if part.defects or len(part.get_all("content-type", [])) > 1 or "/" not in str(part.get("content-type", "/")):
            return False
        if " " in part.get_content_type():
            return False
        if part.get_content_maintype() == "message" and part.get_content_type() != "message/rfc822":
            return False
        if part.get_content_maintype() == "multipart" and not part.is_multipart():
            return False
        if not part.is_multipart() and str(part["content-transfer-encoding"]).strip().lower() == "base64":
            raw = str(part.get_payload()).encode("ascii", "surrogateescape")
            if part.get_payload(decode=True) == raw:  # it could not be decoded
                return False
    return True


def outline(octets: bytes, part: Part) -> object:
    kind = f"{part.media_type}/{part.subtype}"
    if part.children:
        return kind, [outline(octets, child) for child in part.children]
    return kind, mime.decode_body(octets, part).split()


def their_outline(message: Any) -> object:
    kind = message.get_content_type()
    if message.is_multipart():
        return kind, [their_outline(child) for child in message.get_payload()]
    return kind, message.get_payload(decode=True).split()
