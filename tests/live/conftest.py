"""Whole services, started as processes."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

import pytest

from tests.live.serving import Service


class StartService(Protocol):
    def __call__(
        self,
        settings: dict[str, str] | None = None,
        *,
        data_dir: Path | None = None,
        plugins: str = "imap,pop3,lmtp,rest",
        workers: int = 2,
    ) -> Service: ...


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "live" in item.path.parts:
            item.add_marker("live")


@pytest.fixture
def start_service(tmp_path: Path) -> Iterator[StartService]:
    """Starts services, stops them at the end, and then looks for tracebacks in their logs."""
    started: list[Service] = []

    def start(
        settings: dict[str, str] | None = None,
        *,
        data_dir: Path | None = None,
        plugins: str = "imap,pop3,lmtp,rest",
        workers: int = 2,
    ) -> Service:
        folder = data_dir or tmp_path / f"service-{len(started)}"
        service = Service(folder, settings, plugins=plugins, workers=workers)
        started.append(service)
        return service.start()

    yield start
    for service in started:
        if hasattr(service, "process"):
            service.stop()
    for service in started:
        assert "Traceback" not in service.log(), service.log()


@pytest.fixture
def service(start_service: StartService) -> Service:
    """A service of two workers with everything on, on SQLite and the local bus."""
    return start_service()


@pytest.fixture
def service_on_engine(start_service: StartService, database_url: str) -> Service:
    """The same, once on SQLite and once on PostgreSQL."""
    return start_service({"store.url": database_url, "store.shards": "2"})
