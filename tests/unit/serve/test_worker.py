"""A worker that leaves: which of two ends comes first."""

from __future__ import annotations

import asyncio

import pytest

from skrytka.serve.worker import _first


async def test_the_first_ends_the_others(caplog: pytest.LogCaptureFixture) -> None:
    never = asyncio.Event()
    await asyncio.wait_for(_first(asyncio.sleep(0), never.wait()), 10)
    assert caplog.text == ""


async def test_a_fault_ends_them_and_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    async def fail() -> None:
        raise OSError("a fault of ours")

    await asyncio.wait_for(_first(asyncio.Event().wait(), fail()), 10)
    assert "a fault of ours" in caplog.text
