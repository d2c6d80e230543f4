"""How well texts answer what is searched for with FUZZY."""

from __future__ import annotations

import time

import pytest

from skrytka_imap.search.fuzzy import MOST_WORDS, scorer


@pytest.mark.parametrize(
    ("wanted", "texts", "score"),
    [
        ("imap break", ["the imap break"], 100),
        ("imap break", ["break of imap"], 90),
        ("imap break", ["imap only", "break only"], 0),
        ("imap braek", ["imap break"], 50),
        ("imp break", ["imap break"], 0),  # three letters are not enough for a slip
        ("mailbix", ["a mailbox"], 10),
        ("mailbx", ["a mailbox"], 10),
        ("maiilbox", ["a mailbox"], 10),
        ("ailbox", ["a mailbox"], 100),
        ("mialbox", ["a mailbox"], 10),
        ("mailbox", ["a mailing"], 0),
        ("mailbox", ["xailbo"], 0),
        ("mailbox", [], 0),
        ("mailbox", ["", "mailbux", "mailbox"], 100),
        ("", ["anything"], 100),
        ("?!", ["anything"], 0),
        ("a b", ["b a"], 90),
        ("gęśla jaźń", ["zażółć gęślą jaźń"], 50),
        (" ".join(["x"] * (MOST_WORDS + 1)), ["x"], 0),
    ],
)
def test_scores(wanted: str, texts: list[str], score: int) -> None:
    assert scorer(wanted)(texts) == score


def test_long_texts_take_no_longer_than_others() -> None:
    text = " ".join(f"word{number}" for number in range(500_000))
    begun = time.process_time()
    assert scorer(" ".join(f"wxrdx{number}" for number in range(MOST_WORDS)))([text]) == 0
    assert time.process_time() - begun < 2


def test_many_texts_take_no_longer_than_one() -> None:
    """Words with a slip are looked for in the beginning of all together."""
    texts = [f"{number} " + " ".join(f"word{word}" for word in range(1_500)) for number in range(500)]
    begun = time.process_time()
    assert scorer(" ".join(f"wxrdx{number}" for number in range(MOST_WORDS)))(texts) == 0
    assert time.process_time() - begun < 2
    assert scorer("mailbix")([*texts, "a mailbox"]) == 0
    assert scorer("mailbix")(["a mailbox", *texts]) == 10
