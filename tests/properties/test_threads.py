"""Threads of any messages are those that RFC 5256 gives, by its steps done one at a time, and each message is in them once."""

from __future__ import annotations

import hashlib
import re
import time
from collections.abc import Coroutine
from itertools import pairwise
from typing import Any, TypeVar

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from skrytka_imap.responses import thread_lists
from skrytka_imap.threads import Forest, Links, Mails, TooMany, by_references, by_refs, by_subject
from tests.searches import never_suspends

T = TypeVar("T")
MOST = 10_000


class Mail(msgspec.Struct, frozen=True):
    sent: int
    arrived: int
    subject: str
    is_reply: bool
    message_id: str
    references: tuple[str, ...]


IDS = st.sampled_from("abcdef")
MAILS = st.lists(
    st.builds(
        Mail,
        st.integers(0, 3),
        st.integers(0, 3),
        st.sampled_from(["s", "t", ""]),
        st.booleans(),
        st.sampled_from(["", "a", "b", "c", "d"]),
        st.lists(IDS, max_size=4).map(tuple),
    ),
    max_size=9,
)


def result(coroutine: Coroutine[Any, Any, T]) -> T:
    """Of a coroutine that never suspends."""
    try:
        coroutine.send(None)
    except StopIteration as stop:
        value: T = stop.value
        return value
    raise AssertionError("it suspends")


def digest(message_id: str) -> bytes:
    return hashlib.blake2b(message_id.encode(), digest_size=8).digest() if message_id else b""


def prepared(mails: list[Mail], most: int = MOST) -> tuple[Links, Mails]:
    links, kept = Links(most, never_suspends), Mails()
    for number, mail in enumerate(mails):
        kept.add(number, mail.sent, mail.arrived, mail.subject.encode(), is_reply=mail.is_reply)
        result(links.add(number, digest(mail.message_id), [digest(one) for one in mail.references]))
    return links, kept


def told(forest: Forest) -> str:
    def number_of(node: int) -> int | None:
        return None if forest.is_dummy(node) else forest.mails.places[forest.mail_of[node]] + 1

    return b"".join(thread_lists(forest.roots, forest.children, number_of)).decode()


class Node:
    """A message, or a dummy, in the trees that the RFC's steps make."""

    def __init__(self, number: int | None = None, mail: Mail | None = None) -> None:
        self.number, self.mail = number, mail
        self.parent: Node | None = None
        self.children: list[Node] = []

    def link(self, parent: Node | None) -> None:
        if self.parent is not None:
            self.parent.children.remove(self)
        self.parent = parent
        if parent is not None:
            parent.children.append(self)

    def is_below(self, other: Node) -> bool:
        return self is other or (self.parent is not None and self.parent.is_below(other))

    def first(self) -> Node:
        return self if self.mail else min((child for child in self.children), key=Node.date)

    def date(self) -> tuple[int, int]:
        first = self.first()
        assert first.mail is not None
        assert first.number is not None
        return first.mail.sent, first.number

    def text(self) -> str:
        below = [child.text() for child in sorted(self.children, key=Node.date)]
        own = "" if self.number is None else str(self.number + 1)
        if len(below) == 1:
            return f"{own} {below[0]}"
        return " ".join(part for part in (own, "".join(f"({one})" for one in below)) if part)


def linked(mails: list[Mail]) -> list[Node]:
    """Step (1), and the parentless ones of step (2)."""
    nodes: dict[str, Node] = {}
    own = []
    for number, mail in enumerate(mails):
        node = Node(number, mail)
        own.append(node)
        if mail.message_id:
            nodes.setdefault(mail.message_id, node)
    for node, mail in zip(own, mails, strict=True):
        line = [nodes.setdefault(one, Node()) for one in mail.references]
        for parent, child in pairwise(line):
            if child.parent is None and not parent.is_below(child):
                child.link(parent)
        node.link(None)
        if line and not line[-1].is_below(node):
            node.link(line[-1])
    return [node for node in {id(one): one for one in (*own, *nodes.values())}.values() if node.parent is None]


def pruned(nodes: list[Node], *, at_root: bool) -> list[Node]:
    """Step (3)."""
    left = []
    for node in nodes:
        node.children = pruned(node.children, at_root=False)
        if node.mail is not None or (at_root and len(node.children) > 1):
            left.append(node)
        else:
            left += node.children
    return left


def gathered(roots: list[Node]) -> list[Node]:
    """Steps (4) and (5)."""
    roots = sorted(roots, key=Node.date)
    table: dict[str, Node] = {}
    for node in roots:
        if subject := mail_of(node).subject:
            there = table.setdefault(subject, node)
            if there.mail and (not node.mail or (there.mail.is_reply and not node.mail.is_reply)):
                table[subject] = node
    left = list(roots)
    for node in roots:
        kept = table.get(mail_of(node).subject, node)
        if kept is node:
            continue
        left.remove(node)
        if not kept.mail and not node.mail:
            kept.children += node.children
        elif not kept.mail or (node.mail and node.mail.is_reply and not kept.mail.is_reply):
            kept.children.append(node)
        else:
            dummy = Node()
            dummy.children = [kept, node]
            left.remove(kept)
            left.append(dummy)
            table[mail_of(node).subject] = dummy
    return left


def mail_of(node: Node) -> Mail:
    mail = node.first().mail
    assert mail is not None
    return mail


def by_steps(mails: list[Mail], *, subjects: bool) -> str:
    roots = pruned(linked(mails), at_root=True)
    if subjects:
        roots = sorted(gathered(roots), key=Node.date)
    else:
        roots.sort(key=lambda root: max((mails[one].arrived, one) for one in numbers(root.text())))
    return "".join(f"({root.text()})" for root in roots)


def numbers(text: str) -> list[int]:
    return [int(number) - 1 for number in re.findall("[0-9]+", text)]


def mail(subject: str, *references: str, is_reply: bool = False, message_id: str = "", sent: int = 0) -> Mail:
    return Mail(sent, 0, subject, is_reply, message_id, references)


@pytest.mark.parametrize(
    ("mails", "expected"),
    [
        ([mail("s", "x"), mail("s", "x"), mail("s", "y"), mail("s", "y")], "((1)(2)(3)(4))"),
        ([mail("s"), mail("t", "x"), mail("t", "x"), mail("t")], "(1)((2)(3)(4))"),
        ([mail("s"), mail("s", "x"), mail("t", "x")], "((1)(2)(3))"),
        ([mail("s", is_reply=True), mail("s"), mail("s", is_reply=True)], "(2 (1)(3))"),
        ([mail("s"), mail("s"), mail("s", is_reply=True)], "((1)(2)(3))"),
        ([mail("s", is_reply=True), mail("s", is_reply=True)], "((1)(2))"),
        ([mail(""), mail("")], "(1)(2)"),
        ([mail("s", "x", "y", sent=2), mail("t", "x", "z", sent=1)], "((2)(1))"),
        ([mail("s", "x", "y", "x", "a", message_id="b"), mail("t", "b", message_id="a")], "(2 1)"),
        ([mail("s", "a", message_id="a")], "(1)"),
        ([mail("s", message_id="a"), mail("t", message_id="a"), mail("u", "a")], "(1 3)(2)"),
        ([mail("s", "a", "b", message_id="c"), mail("t", message_id="b"), mail("u", message_id="a")], "(2 1)(3)"),
    ],
)
def test_threads_by_references(mails: list[Mail], expected: str) -> None:
    assert told(result(by_references(*prepared(mails), never_suspends))) == expected == by_steps(mails, subjects=True)


@given(MAILS)
def test_threads_are_those_of_the_steps_and_have_each_message_once(mails: list[Mail]) -> None:
    for algorithm in (by_references, by_refs):
        found = told(result(algorithm(*prepared(mails), never_suspends)))
        assert found == by_steps(mails, subjects=algorithm is by_references)
        assert sorted(numbers(found)) == list(range(len(mails)))
        assert "()" not in found
        assert not re.search(r"\([0-9 ]* ?\([^()]*\)\)", found), "one child needs no list"


@given(MAILS)
def test_ordered_subjects_have_no_grandchildren(mails: list[Mail]) -> None:
    found = told(result(by_subject(prepared(mails)[1], never_suspends)))
    assert sorted(numbers(found)) == list(range(len(mails)))
    threads = [numbers(thread) for thread in re.findall(r"\((?:[0-9]+)(?: [0-9]+|(?: (?:\([0-9]+\))+))?\)", found)]
    assert sum(map(len, threads)) == len(mails)
    dates = [[(mails[one].sent, one) for one in thread] for thread in threads]
    assert dates == sorted(dates, key=min)
    assert all(thread == sorted(thread) for thread in dates)
    subjects = [{mails[one].subject for one in thread} for thread in threads]
    assert all(len(names) == 1 for names in subjects)
    assert len(set().union(*subjects)) == len(subjects)


def chain(length: int) -> list[Mail]:
    """Each message answers the one before, and names its last ten ancestors."""
    return [
        Mail(number, number, "", True, str(number), tuple(str(one) for one in range(max(number - 10, 0), number)))
        for number in range(length)
    ]


def test_a_long_chain_is_told_on_one_level() -> None:
    links, mails = prepared(chain(5_000))
    for algorithm in (by_references, by_refs):
        assert told(result(algorithm(links, mails, never_suspends))) == f"({' '.join(map(str, range(1, 5_001)))})"


def test_trees_may_be_deep() -> None:
    mails = [Mail(0, 0, "", True, "0", ())]
    for number in range(1, 3_000):
        mails += [
            Mail(number, 0, "", True, f"{number}{x}", (f"{number - 1}" if number == 1 else f"{number - 1}a",))
            for x in "ab"
        ]
    found = told(result(by_references(*prepared(mails), never_suspends)))
    assert found.startswith("(1 (2 (4 (6 ")
    assert found.count("(") == found.count(")") == len(mails)


def test_message_ids_are_bounded() -> None:
    prepared(chain(100), most=100)
    with pytest.raises(TooMany):
        prepared(chain(101), most=100)


def test_references_that_go_round_and_round_are_bounded() -> None:
    """Each message says that the first one answers the last, which takes the whole chain to find wrong."""
    deep = chain(2_000)
    nasty = [Mail(0, 0, "", True, f"n{number}", ("1999", "0") * 500) for number in range(100)]
    began = time.process_time()
    with pytest.raises(TooMany):
        prepared([*deep, *nasty], most=2_200)
    assert time.process_time() - began < 2
