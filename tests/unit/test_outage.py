"""An outage: two lines in the log, however much fails."""

from __future__ import annotations

import logging

import pytest

from skrytka.outage import CALM_S, Outage


def test_its_beginning_and_its_end_are_logged_once(caplog: pytest.LogCaptureFixture) -> None:
    now = 100.0
    outage = Outage("writes", logging.getLogger("test"), lambda: now)
    outage.worked()
    for _ in range(3):
        outage.failed("disk_full")
        now += CALM_S / 2
        outage.worked()  # too early: half of what is tried may fail
    now += CALM_S
    outage.worked()
    outage.worked()
    assert [record.getMessage() for record in caplog.records] == [
        "writes: outage: disk_full",
        f"writes: works again after {2.5 * CALM_S:.1f} s and 3 failures",
    ]
