"""The tables are complete: domain errors, handlers, states."""

from __future__ import annotations

import re
from pathlib import Path
from typing import get_args

from skrytka.plugin_api import errors
from skrytka_lmtp import commands, error_replies, grammar, handlers, states
from skrytka_lmtp.replies import Reply, render, reply
from skrytka_lmtp.states import State

_README = Path(error_replies.__file__).with_name("README.md").read_text(encoding="utf-8")


def domain_errors(kind: type[errors.DomainError] = errors.DomainError) -> set[type[errors.DomainError]]:
    found = set(kind.__subclasses__())
    return found.union(*(domain_errors(one) for one in found))


def test_every_domain_error_has_its_codes() -> None:
    assert {kind for kind in domain_errors() if kind.__module__ == errors.__name__} == set(error_replies.CODES)
    for code, enhanced in error_replies.CODES.values():
        assert code // 100 == int(enhanced[0])


def test_over_quota_is_deferred_or_rejected_by_setting() -> None:
    error = errors.OverQuota("storage")
    assert render(error_replies.reply_to(error, "defer")) == b"452 4.2.2 The mailbox is over its storage quota\r\n"
    assert render(error_replies.reply_to(error, "reject", "a@b")) == (
        b"552 5.2.2 <a@b> The mailbox is over its storage quota\r\n"
    )


def test_every_command_has_a_handler_and_a_state() -> None:
    kinds = set(get_args(commands.Command))
    assert set(handlers.HANDLERS) == kinds
    assert {kind for _, kind in states.TRANSITIONS} == kinds | {states.MailEnd}
    assert set(states.REFUSALS) == set(State)


def test_every_verb_is_in_the_readme() -> None:
    for verb in grammar._PARSERS:
        assert re.search(rf"\b{verb}\b", _README), verb


def test_replies_are_safe_lines() -> None:
    assert render(reply(550, "5.1.1", "a\r\n250 ä\0")) == b"550 5.1.1 a??250 ??\r\n"
    assert len(render(reply(550, "5.1.1", "x" * 5_000))) < 512
    assert render(Reply(250, "", ("one", "two"))) == b"250-one\r\n250 two\r\n"
