"""Plugins of others, as packages that a service finds."""

from __future__ import annotations

import textwrap
from pathlib import Path

import pytest


def install(folder: Path, name: str, source: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A package with one plugin of that name; the tests' services look where the tests do."""
    info = folder / f"{name}-1.dist-info"
    info.mkdir(parents=True)
    (folder / f"{name}_plugin.py").write_text(textwrap.dedent(source))
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1\n")
    (info / "entry_points.txt").write_text(f"[skrytka.plugins]\n{name} = {name}_plugin\n")
    monkeypatch.syspath_prepend(folder)
