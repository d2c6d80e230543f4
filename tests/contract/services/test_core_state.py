"""What a process keeps beside the store: one object of each class."""

from __future__ import annotations

from dataclasses import replace

from skrytka.core import Core


class Greetings(list[str]):
    made = 0

    def __init__(self) -> None:
        super().__init__()
        Greetings.made += 1


class Partings(list[str]):
    pass


async def test_each_class_has_one_object(core: Core) -> None:
    Greetings.made = 0
    core.state(Greetings).append("hello")
    assert core.state(Greetings) == ["hello"]
    assert core.state(Partings) == []
    assert replace(core, now=core.now).state(Greetings) == ["hello"], "the same process with another clock"
    assert replace(core, states={}).state(Greetings) == [], "another process"
    assert Greetings.made == 2
