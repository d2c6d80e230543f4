"""A process loads what its settings need, and no more: a worker on SQLite starts sooner, and saves the memory."""

from __future__ import annotations

import importlib
import subprocess
import sys

import pytest

from skrytka.store.engines import outages


@pytest.mark.parametrize("package", ["psycopg", "redis", "cryptography", "httpx", "jwt"])
def test_a_worker_on_sqlite_and_the_local_bus_does_without(package: str) -> None:
    code = f"import sys, skrytka.serve.worker; sys.exit({package!r} in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_causes_of_outages_are_named_as_the_exceptions_are() -> None:
    for name in outages.KINDS:
        module, _, kind = name.rpartition(".")
        found = getattr(importlib.import_module(module), kind)
        assert issubclass(found, Exception)
        assert f"{found.__module__}.{found.__qualname__}" == name
