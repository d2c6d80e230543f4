"""Which module may import what, and how a source text is held to it. ``tests/test_layering.py`` asks it about every module."""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parent.parent
BACKEND = ROOT / "backend" / "skrytka"
PLUGINS = tuple(sorted((ROOT / "plugins").glob("skrytka_*")))

# Lowest first. A package may import from its own layer's package and from packages that stand below it.
LAYERS: tuple[tuple[str, ...], ...] = (
    ("errors", "model"),
    ("settings", "mime", "rights", "connections.interface", "connections.networks"),
    ("metrics", "outage", "extensions", "store.interface", "blobs.interface", "bus.interface"),
    ("store", "blobs", "bus"),
    ("core",),
    ("services",),
    ("sasl",),
    ("plugin_host.front_end",),
    ("plugin_host", "jobs", "connections"),
    ("plugin_api",),
    ("rest",),
    ("serve",),
    ("cli",),
)
# Parts of a package that stay apart although the package is theirs.
APART: tuple[tuple[str, str], ...] = (
    ("store.operations", "store.engines"),
    ("store.engines", "store.operations"),
    ("store.interface", "store."),
    ("blobs.interface", "blobs."),
    ("bus.interface", "bus."),
    ("connections.interface", "connections."),
    ("connections.networks", "connections."),
)
# Who may reach in from outside of the package; the longest name that fits counts. All else of these packages is their own.
RESERVED: dict[str, tuple[str, ...]] = {
    "store": (),
    "store.interface": ("core", "services", "jobs", "serve", "cli"),
    "store.operations": ("services", "jobs"),
    "store.opening": ("serve.composition",),
    "blobs": (),
    "blobs.interface": ("core", "services"),
    "blobs.opening": ("serve.composition",),
    "blobs.folders": ("serve.composition", "serve.self_signed", "serve.tls", "services.bootstrap"),
    "bus": (),
    "bus.interface": ("core", "services"),
    "bus.opening": ("serve.composition",),
}
# Every package from elsewhere, and who may use it.
FOREIGN: dict[str, tuple[str, ...]] = {
    "apsw": ("store.engines",),
    "argon2": ("services.verifiers",),
    "click": ("cli", "plugin_host"),
    "cryptography": ("serve.self_signed",),
    "httptools": ("serve",),
    "httpx": ("sasl.issuer",),
    "idna": ("services.addresses",),
    "jwt": ("sasl.jwts",),
    "litestar": ("rest", "plugin_host"),
    "msgspec": ("",),
    "pluggy": ("plugin_host",),
    "prometheus_client": ("metrics", "serve"),
    "psycopg": ("store.engines",),
    "redis": ("bus",),
    "uvicorn": ("serve",),
    "uvloop": ("serve",),
    "zstandard": ("services.packing",),
    # Of the standard library, what reaches out of the process.
    "socket": (
        "store.engines",
        "bus",
        "connections",
        "serve",
        "services.pop3_locks",
    ),  # the last one for the host's name
    "ssl": ("connections", "sasl.issuer", "serve"),
    "subprocess": (),
    "multiprocessing": (),
}
PURE = ("errors", "model", "settings", "mime", "rights", "extensions")
IO_EDGE = {"server.py", "wire.py"}
"""Of a plugin, by the path in its package."""

IO_MODULES = {
    *("asyncio", "concurrent", "multiprocessing", "select", "selectors", "socket", "socketserver", "ssl"),
    *("subprocess", "threading", "uvloop"),
}
_LOADERS = {"importlib.import_module", "importlib.util", "runpy", "pkgutil", "imp"}
_SQL = re.compile(
    r"\bSELECT\s.+\sFROM\s|^\s*SELECT\s+\w+\s*$|\bINSERT\s+INTO\s|\bUPDATE\s+\w+\s+SET\s|\bDELETE\s+FROM\s", re.DOTALL
)


def within(module: str, package: str) -> bool:
    return not package or module == package or module.startswith(f"{package.rstrip('.')}.")


def known(module: str) -> bool:
    """Whether ``skrytka.X.name`` names a module; the last word may be a class or function."""
    path = BACKEND / Path(*module.split("."))
    return path.with_suffix(".py").exists() or (path / "__init__.py").exists()


def rank(module: str) -> int:
    """The layer of ``store.engines.sqlite``: that of its longest prefix in the table."""
    pieces = module.split(".")
    for length in range(len(pieces), 0, -1):
        prefix = ".".join(pieces[:length])
        for index, layer in enumerate(LAYERS):
            if prefix in layer:
                return index
    raise AssertionError(f"module {module!r} has no layer: add it to LAYERS")


def imported(source: str) -> Iterator[str]:
    """Everything that is imported, anywhere in it: modules, and what is taken out of them."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "relative import"
            yield node.module or ""
            yield from (f"{node.module}.{name.name}" for name in node.names)


def evasions(source: str) -> Iterator[str]:
    """What would hide an import from these checks."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            names = [name.name for name in node.names]
            yield from (f"import {name}: write from ... import" for name in names if name.startswith("skrytka"))
            yield from (f"import {name}: name what is used of it" for name in names if name == "importlib")
        elif isinstance(node, ast.Name) and node.id in ("__import__", "eval", "exec"):
            yield node.id
    yield from (f"{name} loads modules" for name in imported(source) if name in _LOADERS)


def sql(source: str) -> Iterator[str]:
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and _SQL.search(node.value):
            yield f"SQL outside the store: {node.value[:60]!r}"


def core_faults(name: str, source: str) -> Iterator[str]:
    """What the module ``skrytka.<name>`` may not do."""
    package = name.split(".", maxsplit=1)[0]
    for full_name in imported(source):
        if full_name.startswith(("skrytka_", "tests")):
            yield f"imports {full_name}"
        target = full_name.removeprefix("skrytka.")
        if target == full_name:
            yield from _foreign_faults(name, full_name)
        elif known(target):
            outside = target.split(".")[0] != package
            if outside and rank(target) >= rank(name):
                yield f"imports {target}, which is not below it"
            if outside and not _may_reach(name, target):
                yield f"imports {target}, which is not for it"
            yield from (f"imports {target}" for part, other in APART if within(name, part) and within(target, other))
    yield from evasions(source)
    if package != "store":
        yield from sql(source)


def _may_reach(name: str, target: str) -> bool:
    rules = [reserved for reserved in RESERVED if within(target, reserved)]
    return not rules or any(within(name, reader) for reader in RESERVED[max(rules, key=len)])


def _foreign_faults(name: str, full_name: str) -> Iterator[str]:
    top = full_name.split(".", maxsplit=1)[0]
    if top in IO_MODULES and any(within(name, pure) for pure in PURE):
        yield f"imports {top} and is pure"
    if top in FOREIGN:
        if not any(within(name, reader) for reader in FOREIGN[top]):
            yield f"imports {top}, which is not for it"
    elif top not in sys.stdlib_module_names and top != "skrytka":
        yield f"imports {top}, which FOREIGN does not know"


def plugin_faults(plugin: str, path: str, source: str) -> Iterator[str]:
    """What the module at ``path`` of the plugin may not do."""
    for target in imported(source):
        top = target.split(".", maxsplit=1)[0]
        ours = within(target, plugin) or within(target, "skrytka.plugin_api") or target == "skrytka"
        if top.startswith(("skrytka", "tests")) and not ours:
            yield f"imports {target}"
        if top in IO_MODULES and path not in IO_EDGE:
            yield f"imports {top} and is no edge"
    yield from evasions(source)
    yield from sql(source)
