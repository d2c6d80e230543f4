"""Background work waits while others are served, and not for ever."""

import time
from pathlib import Path

import pytest

from skrytka.services import quiet
from skrytka.services.quiet import Load, is_quiet

BEFORE = Load(at=100.0, process_s=7.0, idle=5_000, all=20_000)


def test_a_process_that_takes_a_core_is_not_quiet() -> None:
    assert not is_quiet(BEFORE, Load(101.0, 7.9, 5_150, 20_200))


def test_a_machine_whose_processors_are_all_taken_by_others_is_not_quiet() -> None:
    assert not is_quiet(BEFORE, Load(101.0, 7.0, 5_010, 20_200))


def test_a_machine_with_a_core_to_spare_is_quiet() -> None:
    assert is_quiet(BEFORE, Load(101.0, 7.1, 5_100, 20_200))


def test_between_two_looks_at_the_same_moment_it_is_quiet() -> None:
    assert is_quiet(BEFORE, BEFORE)


def test_what_the_process_works_is_seen() -> None:
    before = quiet.look()
    while time.process_time() - before.process_s < 0.1:
        pass
    after = quiet.look()
    assert after.process_s - before.process_s >= 0.1
    assert after.all > before.all


def test_a_system_that_tells_nothing_of_its_processors_has_idle_ones(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(quiet, "_STATISTICS", tmp_path / "missing")
    before = quiet.look()
    assert is_quiet(before, quiet.look()._replace(process_s=before.process_s))


async def test_one_who_is_never_quiet_is_waited_for_and_not_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(quiet, "LONGEST_WAIT_S", 0.5)
    monkeypatch.setattr(quiet, "BUSY", -1.0)
    began = time.perf_counter()
    await quiet.rest(0.01)
    assert time.perf_counter() - began >= 0.5


async def test_who_is_quiet_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(quiet, "LONGEST_WAIT_S", 600.0)
    monkeypatch.setattr(quiet, "BUSY", 1_000.0)
    monkeypatch.setattr(quiet, "IDLE", 0.0)
    await quiet.rest(0.01)
