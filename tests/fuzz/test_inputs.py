"""What the fuzzers found worth keeping, replayed without them; and that a target notices a broken promise."""

from __future__ import annotations

import pytest

from skrytka.plugin_api import mime
from skrytka_imap.framing import Framing
from skrytka_lmtp import framing as lmtp_framing
from skrytka_pop3 import framing as pop3_framing
from tests.fuzz import targets
from tests.fuzz.corpus import WORDS, kept, replay


@pytest.mark.parametrize("name", sorted(targets.TARGETS))
def test_what_is_kept_passes(name: str) -> None:
    assert replay(name) > 9 * len(WORDS[name]) + len(kept(name))


def test_every_target_has_words() -> None:
    assert set(WORDS) == set(targets.TARGETS)


class Forgetful(Framing):
    """Loses what it knows of a command between two chunks."""

    def receive(self, octets: bytes) -> None:
        self._next_command()
        super().receive(octets)


class Unstuffing(lmtp_framing.Framing):
    """Takes no dot away."""

    def _unstuff(self, size: int) -> bytes:
        octets = bytes(self._buffer[:size])
        del self._buffer[:size]
        return octets[2:] if self._at_start else octets


class Chunkwise(pop3_framing.Framing):
    """Takes the end of a chunk for the end of a line."""

    def feed(self, octets: bytes) -> None:
        super().feed(octets + b"\n")


def test_targets_notice_a_parser_that_breaks_its_promise(monkeypatch: pytest.MonkeyPatch) -> None:
    scanned = mime.scan(b"a: b\n\nc")
    monkeypatch.setattr(targets, "Framing", Forgetful)
    monkeypatch.setattr(lmtp_framing, "Framing", Unstuffing)
    monkeypatch.setattr(pop3_framing, "Framing", Chunkwise)
    monkeypatch.setattr(mime, "scan", lambda octets: scanned)
    for name in ("imap_framing", "lmtp_data", "pop3", "mime_scanner"):
        with pytest.raises(AssertionError):
            replay(name)
