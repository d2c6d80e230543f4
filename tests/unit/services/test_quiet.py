"""Background work waits for a process that serves others, and not for ever."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from skrytka.services import quiet


@contextmanager
def _others_at_work() -> Iterator[None]:
    done = threading.Event()

    def work() -> None:
        while not done.is_set():
            sum(range(1_000))

    worker = threading.Thread(target=work)
    worker.start()
    try:
        yield
    finally:
        done.set()
        worker.join()


async def test_a_busy_process_is_waited_for_and_not_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(quiet, "LONGEST_WAIT_S", 0.5)
    began = time.perf_counter()
    with _others_at_work():
        await quiet.rest(0.01)
    assert time.perf_counter() - began >= 0.5


async def test_a_process_that_becomes_quiet_is_waited_for_no_longer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(quiet, "LONGEST_WAIT_S", 600.0)
    await quiet.rest(0.05)
