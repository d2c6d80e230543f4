"""The arrows of the design point down only; the imports of every module are read and checked."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
BACKEND = ROOT / "backend" / "skrytka"
PLUGINS = ROOT / "plugins"

# Lowest first. A package may import from its own layer's package and from packages that stand below it.
LAYERS: tuple[tuple[str, ...], ...] = (
    ("errors", "model"),
    ("settings", "mime", "connections.interface"),
    ("metrics", "extensions", "store.interface", "blobs.interface", "bus.interface"),
    ("store", "blobs", "bus"),
    ("core",),
    ("services",),
    ("plugin_host.front_end",),
    ("plugin_host", "jobs", "connections"),
    ("plugin_api",),
    ("rest",),
    ("serve",),
    ("cli",),
)
# Parts of a package that stay apart although the package is theirs, and parts that only some may reach into.
APART: tuple[tuple[str, str], ...] = (
    ("store.operations", "store.engines"),
    ("store.engines", "store.operations"),
    ("store.interface", "store."),
    ("blobs.interface", "blobs."),
    ("bus.interface", "bus."),
    ("connections.interface", "connections."),
)
RESERVED: dict[str, tuple[str, ...]] = {
    "store.operations": ("store", "services", "jobs"),
    "store.engines": ("store",),
    "store.opening": ("serve.composition",),
    "blobs.opening": ("serve.composition",),
    "bus.opening": ("serve.composition",),
}
IO_EDGE = {"server.py", "wire.py"}
IO_MODULES = {"asyncio", "socket", "ssl", "uvloop", "selectors"}


def rank(module: str) -> int:
    """The layer of ``store.engines.sqlite``: that of its longest prefix in the table."""
    pieces = module.split(".")
    for length in range(len(pieces), 0, -1):
        prefix = ".".join(pieces[:length])
        for index, layer in enumerate(LAYERS):
            if prefix in layer:
                return index
    raise AssertionError(f"module {module!r} has no layer: add it to LAYERS")


def imported(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            module = node.module or ""
            yield module
            yield from (f"{module}.{name.name}" for name in node.names)


def modules() -> list[tuple[str, Path]]:
    found = []
    for path in sorted(BACKEND.rglob("*.py")):
        name = ".".join(path.relative_to(BACKEND).with_suffix("").parts)
        found.append((name.removesuffix(".__init__"), path))
    return [(name, path) for name, path in found if name not in ("__init__", "__main__")]


def known(module: str) -> bool:
    """Whether ``skrytka.X.name`` names a module; the last word may be a class or function."""
    path = BACKEND / Path(*module.split("."))
    return path.with_suffix(".py").exists() or (path / "__init__.py").exists()


@pytest.mark.parametrize(("name", "path"), modules(), ids=lambda value: value if isinstance(value, str) else "")
def test_arrows_point_down(name: str, path: Path) -> None:
    package = name.split(".", maxsplit=1)[0]
    for full_name in imported(path):
        assert not full_name.startswith(("skrytka_", "tests")), f"{name} imports {full_name}"
        if not full_name.startswith("skrytka."):
            continue
        target = full_name.removeprefix("skrytka.")
        if not known(target) or target.split(".")[0] == package:
            continue
        assert rank(target) < rank(name), f"{name} imports {target}, which is not below it"


def within(module: str, package: str) -> bool:
    return module == package or module.startswith(f"{package.rstrip('.')}.")


@pytest.mark.parametrize(("name", "path"), modules(), ids=lambda value: value if isinstance(value, str) else "")
def test_what_is_apart_or_reserved(name: str, path: Path) -> None:
    targets = [each.removeprefix("skrytka.") for each in imported(path) if each.startswith("skrytka.")]
    for target in targets:
        for part, other in APART:
            assert not (within(name, part) and within(target, other)), f"{name} imports {target}"
        for reserved, readers in RESERVED.items():
            allowed = any(within(name, reader) for reader in readers)
            assert allowed or not within(target, reserved), f"{name} imports {target}, which is not for it"


def test_every_layer_is_there() -> None:
    for module in (*(each for layer in LAYERS for each in layer), *RESERVED):
        assert known(module), f"{module!r} has a layer and is no module"


@pytest.mark.parametrize("plugin", ["skrytka_imap", "skrytka_pop3", "skrytka_lmtp"])
def test_a_plugin_imports_only_the_plugin_api(plugin: str) -> None:
    for path in sorted((PLUGINS / plugin).rglob("*.py")):
        for target in imported(path):
            assert not target.startswith("tests"), f"{path} imports {target}"
            if target.split(".")[0].startswith("skrytka"):
                allowed = within(target, plugin) or within(target, "skrytka.plugin_api")
                assert allowed or target == "skrytka", f"{path} imports {target}"


@pytest.mark.parametrize("plugin", ["skrytka_imap", "skrytka_pop3", "skrytka_lmtp"])
def test_protocol_cores_do_no_io(plugin: str) -> None:
    for path in sorted((PLUGINS / plugin).rglob("*.py")):
        if path.name not in IO_EDGE:
            found = IO_MODULES & {target.split(".")[0] for target in imported(path)}
            assert not found, f"{path} imports {found}"


def test_sql_stands_in_the_store_only() -> None:
    words = ("SELECT ", "INSERT INTO ", "UPDATE ", "DELETE FROM ")
    for name, path in modules():
        if name.split(".")[0] == "store":
            continue
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                assert not node.value.startswith(words), f"{name}: SQL outside the store: {node.value[:60]}"
