"""The tables are complete: domain errors, handlers, states; and the delay between logins."""

from __future__ import annotations

import re
from pathlib import Path
from typing import get_args

from skrytka.plugin_api import errors
from skrytka_pop3 import commands, error_replies, grammar, handlers, states
from skrytka_pop3.states import State

_README = Path(error_replies.__file__).with_name("README.md").read_text(encoding="utf-8")


def domain_errors(kind: type[errors.DomainError] = errors.DomainError) -> set[type[errors.DomainError]]:
    found = set(kind.__subclasses__())
    return found.union(*(domain_errors(one) for one in found))


def test_every_domain_error_has_its_code() -> None:
    assert {kind for kind in domain_errors() if kind.__module__ == errors.__name__} == set(error_replies.CODES)
    assert set(error_replies.CODES.values()) == {"", "AUTH", "IN-USE", "SYS/PERM", "SYS/TEMP"}


def test_every_command_has_a_handler_and_a_state() -> None:
    kinds = set(get_args(commands.Command))
    assert set(handlers.HANDLERS) == kinds
    assert {kind for _, kind in states.TRANSITIONS} == kinds
    assert set(states.REFUSALS) == set(State)


def test_every_keyword_is_in_the_readme() -> None:
    for keyword in grammar._PARSERS:
        assert re.search(rf"\b{keyword}\b", _README), keyword
