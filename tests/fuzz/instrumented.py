"""One target under atheris: ``python -m tests.fuzz.instrumented TARGET`` and the flags of libFuzzer."""

from __future__ import annotations

import sys

import atheris

with atheris.instrument_imports(
    include=["skrytka.mime", "skrytka_imap", "skrytka_pop3", "skrytka_lmtp"], enable_loader_override=False
):
    from tests.fuzz.targets import TARGETS

if __name__ == "__main__":
    target = TARGETS[sys.argv.pop(1)]
    atheris.Setup(sys.argv, target)
    atheris.Fuzz()
