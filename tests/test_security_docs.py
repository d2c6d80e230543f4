"""SECURITY.md says what is true: the tests that it names are there, and its defaults are those of the settings."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from skrytka import metrics
from skrytka.serve.settings_rules import parse_listen
from tests.test_settings_docs import FRONT_ENDS, SECTIONS, default_of, written

ROOT = Path(__file__).parent.parent
SECURITY = (ROOT / "SECURITY.md").read_text()
ROWS = re.findall(r"^\| (`[a-z0-9_]+\.[^|]+) \| ([^|]+) \|", SECURITY, re.MULTILINE)
KEYS = [(key, default) for keys, default in ROWS for key in re.findall(r"`([^`]+)`", keys)]


@pytest.mark.parametrize("named", sorted(set(re.findall(r"`(tests/[\w/.]+::\w+)`", SECURITY))))
def test_the_tests_are_there(named: str) -> None:
    path, _, name = named.partition("::")
    tree = ast.parse((ROOT / path).read_text())
    assert name in {node.name for node in tree.body if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)}


@pytest.mark.parametrize(("key", "default"), KEYS)
def test_the_defaults_are_right(key: str, default: str) -> None:
    assert default in written(default_of(key))


def test_the_tables_are_read() -> None:
    assert len(KEYS) == 9
    assert SECURITY.count("::test_") >= 40


@pytest.mark.parametrize("name", sorted(set(re.findall(r"`(skrytka_\w+_total)`", SECURITY))))
def test_the_metrics_are_there(name: str) -> None:
    assert f"# TYPE {name} counter" in metrics.exposition().decode()


def test_everything_listens_on_the_loopback() -> None:
    listening = {
        f"{section}.{field}": getattr(SECTIONS[section](), field)
        for section in (*FRONT_ENDS, "rest")
        for field in ("listen", "listen_tls")
        if getattr(SECTIONS[section](), field, "")
    }
    assert len(listening) == 6
    assert {parse_listen(key, address)[0] for key, address in listening.items()} == {"127.0.0.1"}
