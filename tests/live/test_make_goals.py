"""The make goals that the README names and CI does not call, in a fresh copy and cut short."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest

from tests.bench import comparison

LIMIT_S = 240
pytestmark = pytest.mark.timeout(LIMIT_S + 20)


def make(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run a goal with the interpreter and the packages of this test; nothing is installed."""
    python = os.pathsep.join(str(folder / part) for part in ("backend", "plugins", "."))
    inherited = {name: value for name, value in os.environ.items() if name not in ("MAKEFLAGS", "MAKELEVEL")}
    return subprocess.run(
        [
            "make",
            *(f"{name}={Path(sys.executable).parent}" for name in ("BIN", "BENCH_BIN")),
            *(f"--assume-old=.venv{made}" for made in ("/dev.installed", "/fuzz.installed", "-bench/bench.installed")),
            "--assume-old=debian-packages",
            *arguments,
        ],
        cwd=folder,
        env={**inherited, "PYTHONPATH": python, "PYTEST_ADDOPTS": "-p no:cacheprovider"},
        capture_output=True,
        text=True,
        timeout=LIMIT_S,
        check=False,
    )


def test_make_openapi_writes_the_document(fresh_copy: Path) -> None:
    document = fresh_copy / "openapi" / "openapi.json"
    committed = document.read_bytes()
    document.unlink()
    done = make(fresh_copy, "openapi")
    assert done.returncode == 0, done.stderr
    assert document.read_bytes() == committed


def test_make_fuzz_plays_the_property_tests_and_the_kept_inputs(fresh_copy: Path) -> None:
    """Without atheris, which only those have who fuzz."""
    done = make(fresh_copy, "fuzz", "EXAMPLES=3", "FUZZED=tests/properties", "FUZZ_SECONDS=0")
    assert done.returncode == 0, done.stdout + done.stderr
    assert " passed" in done.stdout
    assert "mime_scanner: " in done.stdout


def test_make_crash_plays_as_many_rounds_as_asked_from_the_seed_that_is_given(fresh_copy: Path) -> None:
    done = make(fresh_copy, "crash", "ROUNDS=1", "SEED=7", "CRASHED=tests/live/crash/test_kill.py -k sqlite")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "crash tests: 1 rounds, SEED=7" in done.stdout


def test_make_bench_measures_every_row(fresh_copy: Path) -> None:
    """Not whether the goals are reached: a test does not go by the clock. That all servers did the same work it does say."""
    done = make(fresh_copy, "bench", "ROUNDS=1", "SECONDS=0.2", "MESSAGES=2000", "SESSIONS=100", "BENCH=--save")
    workloads = comparison.workloads(sessions=100)
    printed = done.stdout.splitlines()
    for part in ("mime", "imap", "store"):
        assert any(line.startswith(f"{part}: ") for line in printed), done.stdout + done.stderr
    for workload in workloads:
        assert any(line.startswith(workload.name) for line in printed), done.stdout + done.stderr
    assert ElementTree.parse(fresh_copy / "tests/bench/results/latest.svg").getroot().tag.endswith("svg")
    kept = json.loads((fresh_copy / "tests/bench/results/latest.json").read_text())
    readme = (fresh_copy / "README.md").read_text()
    assert f"Measured on {kept['date']}: {kept['machine']}; 2000 messages" in readme
    assert all(f"| {workload.name}, " in readme for workload in workloads)
