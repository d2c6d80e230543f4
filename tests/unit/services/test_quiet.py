"""Background work waits for a process that serves others, and not for ever."""

import time

import pytest

from skrytka.services import quiet


async def test_a_process_that_takes_a_whole_core_is_waited_for_and_not_for_ever(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(quiet, "LONGEST_WAIT_S", 0.5)
    began = time.perf_counter()
    await quiet.rest(0.01, processor_s=time.perf_counter)
    assert time.perf_counter() - began >= 0.5


async def test_a_quiet_process_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(quiet, "LONGEST_WAIT_S", 600.0)
    await quiet.rest(0.01, processor_s=lambda: 0.0)
