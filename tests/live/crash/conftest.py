"""How many rounds, and from which seed: ``make crash ROUNDS=n SEED=s`` says it in the environment."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

import pytest

from tests.live.crash.disk.recording import NoCompiler, Recording, build

SEED = os.environ.get("SKRYTKA_CRASH_SEED") or str(secrets.randbelow(10**9))
os.environ["SKRYTKA_CRASH_SEED"] = SEED  # the same in the test processes that this one starts
ROUNDS = int(os.environ.get("SKRYTKA_CRASH_ROUNDS", "20"))


def pytest_report_header() -> str:
    return f"crash tests: {ROUNDS} rounds, SEED={SEED}"


@pytest.fixture
def seed() -> str:
    print(f"To repeat the choices: make crash ROUNDS={ROUNDS} SEED={SEED}")  # shown where a test fails, however it does
    return SEED


@pytest.fixture
def rounds() -> int:
    return ROUNDS


@pytest.fixture
def tmp_path(disk_path: Path) -> Path:
    """The disk: a crash in the midst of a sync is what is looked for."""
    return disk_path


@pytest.fixture(scope="session")
def shim(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The compiled recorder of disk work."""
    try:
        return build(tmp_path_factory.mktemp("shim"))
    except NoCompiler as missing:
        text = f"install it with: {missing}"
        if os.environ.get("CI") == "true":
            pytest.fail(text)
        pytest.skip(text)


@pytest.fixture
def recording(shim: Path, tmp_path: Path) -> Recording:
    """An empty disk whose use is written down."""
    return Recording(shim, tmp_path)
