"""The catalogues have the same texts, of those that there are, and something to say for all others."""

from __future__ import annotations

from pathlib import Path

import pytest

import skrytka_imap
from skrytka import errors
from skrytka_imap.languages import LANGUAGES, in_language, language_of
from skrytka_imap.languages.german import GERMAN
from skrytka_imap.languages.polish import POLISH
from skrytka_imap.replies import ok, untagged

STATUSES = ("OK", "NO", "BAD", "BYE")
PACKAGES = (Path(str(skrytka_imap.__file__)).parent, Path(str(errors.__file__)).parent)


def test_the_catalogues_have_the_same_texts() -> None:
    assert list(GERMAN) == list(POLISH)
    assert set(STATUSES) < GERMAN.keys()


def test_every_text_of_a_catalogue_is_said_somewhere() -> None:
    files = [file for package in PACKAGES for file in package.rglob("*.py") if file.parent.name != "languages"]
    sources = "".join(file.read_text() for file in files)
    assert [text for text in GERMAN if text not in STATUSES and f'"{text}"' not in sources] == []


@pytest.mark.parametrize("language", ["de", "pl"])
@pytest.mark.parametrize("status", STATUSES)
def test_other_texts_come_within_a_sentence(language: str, status: str) -> None:
    said = in_language("An odd {text}", status.encode(), language)
    assert said.endswith("(An odd {text})")
    assert len(said) > len("(An odd {text}) ")


@pytest.mark.parametrize(
    ("ranges", "language"),
    [
        (["de"], "de"),
        (["DE-at"], "de"),
        (["fr", "pl-PL"], "pl"),
        (["I-Default"], "i-default"),
        (["default"], "i-default"),
        (["*"], "i-default"),
        (["en-GB", "de"], "en"),
        (["x", "", "deu", "-de", "de_AT"], None),
        ([], None),
    ],
)
def test_languages_are_looked_up(ranges: list[str], language: str | None) -> None:
    assert language_of(ranges) == language
    assert language is None or language in LANGUAGES


def test_lines_are_in_utf8_and_whole() -> None:
    assert ok("Nothing done").line(b"a", "de") == b"a OK Nichts getan\r\n"
    assert (
        untagged(b"BYE", "a\r\nb \u017c\0", b"X", "pl") == "* BYE [X] Połączenie się kończy (a b \u017c)\r\n".encode()
    )
    assert untagged(b"BYE", "a\r\nb \u017c") == b"* BYE a b ?\r\n"
