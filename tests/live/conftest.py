"""Whole services, started as processes."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

import pytest

from tests.live.serving import Service

ROOT = Path(__file__).parent.parent.parent


class StartService(Protocol):
    def __call__(
        self,
        settings: dict[str, str] | None = None,
        *,
        data_dir: Path | None = None,
        plugins: str = "imap,pop3,lmtp,rest",
        workers: int = 2,
        environment: dict[str, str] | None = None,
    ) -> Service: ...


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "live" in item.path.parts:
            item.add_marker("live")


@pytest.fixture
def fresh_copy(tmp_path: Path) -> Path:
    """The project's files as a clone has them."""
    copy = tmp_path / "clone"
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True).stdout
    for name in listed.decode().rstrip("\0").split("\0"):
        (copy / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(ROOT / name, copy / name)
    return copy


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
        environment: dict[str, str] | None = None,
    ) -> Service:
        folder = data_dir or tmp_path / f"service-{len(started)}"
        service = Service(folder, settings, plugins=plugins, workers=workers, environment=environment)
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
