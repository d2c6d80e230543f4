"""The arrows of the design point down only; the imports of every module are read and checked."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.layering import (
    BACKEND,
    IO_EDGE,
    LAYERS,
    PLUGINS,
    RESERVED,
    core_faults,
    imported,
    known,
    plugin_faults,
)


def core_modules() -> Iterator[str]:
    for path in sorted(BACKEND.rglob("*.py")):
        name = ".".join(path.relative_to(BACKEND).with_suffix("").parts).removesuffix(".__init__")
        if name not in ("__init__", "__main__"):
            yield name


def core_source(name: str) -> str:
    path = BACKEND.joinpath(*name.split("."))
    return (path / "__init__.py" if path.is_dir() else path.with_suffix(".py")).read_text()


@pytest.mark.parametrize("name", list(core_modules()))
def test_arrows_point_down(name: str) -> None:
    assert list(core_faults(name, core_source(name))) == []


@pytest.mark.parametrize("plugin", [plugin.name for plugin in PLUGINS])
def test_a_plugin_imports_the_plugin_api_only_and_its_core_does_no_io(plugin: str) -> None:
    (folder,) = (each for each in PLUGINS if each.name == plugin)
    for path in sorted(folder.rglob("*.py")):
        relative = path.relative_to(folder).as_posix()
        assert list(plugin_faults(plugin, relative, path.read_text())) == [], relative


def test_every_layer_and_edge_is_there() -> None:
    for module in (*(each for layer in LAYERS for each in layer), *RESERVED):
        assert known(module), f"{module!r} has a layer and is no module"
    for edge in IO_EDGE:
        assert any((plugin / edge).exists() for plugin in PLUGINS), edge


@pytest.mark.parametrize(
    ("name", "source"),
    [
        ("services.folders", "from skrytka.rest import app"),
        ("services.folders", "def late():\n    from skrytka.rest.app import create_app"),
        ("services.folders", "from skrytka.blobs.files import FileBlobs"),
        ("services.folders", "from skrytka.bus import local"),
        ("services.folders", "from skrytka.plugin_host import manager"),
        ("services.folders", "import ssl"),
        ("services.folders", "from litestar import get"),
        ("services.folders", "import requests"),
        ("services.folders", "import skrytka.rest.app"),
        ("services.folders", "import importlib"),
        ("services.folders", "from importlib import import_module"),
        ("services.folders", "__import__('skrytka.rest')"),
        ("services.folders", "from skrytka_imap import plugin"),
        ("rest.folders", "from skrytka.store.interface import Tx"),
        ("rest.folders", "from skrytka.store.operations import folders"),
        ("jobs.work", "from skrytka.connections import accepting"),
        ("mime.scanner", "import asyncio"),
        ("mime.scanner", "import socket"),
        ("errors", "import threading"),
        ("store.operations.folders", "from skrytka.store.engines import sqlite"),
        ("services.folders", "sql = 'SELECT name FROM folder'"),
        ("services.folders", 'sql = """\n  SELECT name\n  FROM folder"""'),
        ("services.folders", "sql = f'WITH old AS (SELECT 1) DELETE FROM {table}'"),
        ("services.folders", "sql = 'SELECT 1'"),
    ],
)
def test_what_a_core_module_may_not_do(name: str, source: str) -> None:
    assert list(core_faults(name, source)) != []


@pytest.mark.parametrize(
    ("path", "source"),
    [
        ("plugin.py", "from skrytka.services import folders"),
        ("plugin.py", "from skrytka import services"),
        ("plugin.py", "import skrytka\nskrytka.services.folders"),
        ("plugin.py", "import importlib\nimportlib.import_module('skrytka.services')"),
        ("plugin.py", "from skrytka_pop3 import server"),
        ("plugin.py", "sql = 'DELETE FROM message'"),
        ("handlers/fetch.py", "import asyncio"),
        ("handlers/server.py", "import asyncio"),
        ("handlers/fetch.py", "from concurrent.futures import ThreadPoolExecutor"),
        ("handlers/fetch.py", "import threading"),
        ("handlers/fetch.py", "import subprocess"),
    ],
)
def test_what_a_plugin_may_not_do(path: str, source: str) -> None:
    assert list(plugin_faults("skrytka_imap", path, source)) != []


def test_what_they_may_do() -> None:
    assert list(core_faults("services.folders", "import asyncio\nfrom skrytka.store.interface import Tx")) == []
    assert list(core_faults("serve.composition", "from skrytka.blobs.opening import open_blobs")) == []
    assert list(plugin_faults("skrytka_imap", "server.py", "import asyncio\nfrom skrytka.plugin_api import Core")) == []
    assert list(imported("def late():\n    from a.b import c")) == ["a.b", "a.b.c"]
