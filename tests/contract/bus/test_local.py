"""What only the local bus has: sockets in a folder."""

from __future__ import annotations

import asyncio
import contextlib
import os
import resource
import socket
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path

import pytest

from skrytka.bus import local
from skrytka.bus.interface import Bus
from skrytka.model import MailboxId
from skrytka.settings import Bus as BusSettings
from skrytka.settings import Settings
from tests.contract.bus.calls import Calls, hint

OpenedBuses = Callable[[Settings], Awaitable[Bus]]


def settings_in(folder: Path) -> Settings:
    return Settings(data_dir=str(folder), bus=BusSettings(poll_interval_s=3_600))


async def test_a_data_directory_deeper_than_a_socket_address_is_long(tmp_path: Path, opened_buses: OpenedBuses) -> None:
    settings = settings_in(tmp_path / ("d" * 100) / ("e" * 100))
    sender, receiver = await opened_buses(settings), await opened_buses(settings)
    heard = Calls()
    await receiver.watch(MailboxId(1), heard)
    sender.publish(hint(1))
    await heard.next()


async def test_sockets_are_removed_at_the_end_and_dead_ones_at_the_next_start(
    data_dir: Path, opened_buses: OpenedBuses
) -> None:
    folder = data_dir / "bus"
    folder.mkdir()
    dead = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    dead.bind(str(folder / "1-dead.sock"))
    dead.close()
    (folder / "unrelated").touch()
    bus = await opened_buses(settings_in(data_dir))
    left = sorted(os.listdir(folder))
    assert len(left) == 2
    assert left[0].startswith(f"{os.getpid()}-")
    assert left[1] == "unrelated"
    assert bus.healthy
    other = await opened_buses(settings_in(data_dir))
    assert len(os.listdir(folder)) == 3
    await other.close()
    assert sorted(os.listdir(folder)) == left


async def test_watchers_read_again_when_a_process_is_gone(data_dir: Path, opened_buses: OpenedBuses) -> None:
    """It may have committed what it could no longer tell."""
    bus, other = await opened_buses(settings_in(data_dir)), await opened_buses(settings_in(data_dir))
    heard = Calls()
    await bus.watch(MailboxId(1), heard)
    await other.close()
    await heard.next()


async def test_a_process_that_does_not_answer_delays_the_start_only_a_moment(
    data_dir: Path, opened_buses: OpenedBuses
) -> None:
    folder = data_dir / "bus"
    folder.mkdir()
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as hanging:
        hanging.bind(str(folder / "1-hanging.sock"))
        hanging.listen()
        async with asyncio.timeout(10):
            bus = await opened_buses(settings_in(data_dir))
        heard = Calls()
        await bus.watch(MailboxId(1), heard)
        bus.publish(hint(1))
        await heard.next()


async def test_without_descriptors_it_waits_and_then_goes_on(
    data_dir: Path, opened_buses: OpenedBuses, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(local, "_NO_DESCRIPTORS_S", 0.2)
    settings = Settings(data_dir=str(data_dir), bus=BusSettings(poll_interval_s=0.1))
    bus = await opened_buses(settings)
    (name,) = os.listdir(data_dir / "bus")
    faults: list[object] = []
    asyncio.get_running_loop().set_exception_handler(lambda loop, context: faults.append(context))
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as stranger, no_descriptors():
        stranger.connect(str(data_dir / "bus" / name))
        await asyncio.sleep(0.5)
    assert faults == []
    assert bus.healthy
    assert 1 <= caplog.text.count("cannot be reached now") < 20
    other = await opened_buses(settings)
    heard = Calls()
    await other.watch(MailboxId(1), heard)
    bus.publish(hint(1))
    await heard.next()


@contextlib.contextmanager
def no_descriptors() -> Iterator[None]:
    """This process can open nothing; sockets made before may still be connected."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (1, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


async def test_rubbish_on_a_socket_makes_everybody_read(data_dir: Path, opened_buses: OpenedBuses) -> None:
    bus = await opened_buses(settings_in(data_dir))
    heard = Calls()
    await bus.watch(MailboxId(1), heard)
    (name,) = os.listdir(data_dir / "bus")
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as stranger:
        stranger.connect(str(data_dir / "bus" / name))
        stranger.send(b"1-stranger.sock")
        stranger.send(b"\xc1 rubbish")
        await heard.next()
