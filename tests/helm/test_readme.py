"""The chart's README: its table has every value with its default, and its examples are taken by the chart."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from tests.helm.charts import CHART, of_kind, render

README = (CHART / "README.md").read_text()
WHOLE = re.compile(r"(\.resources|^networkPolicy\.from\.\w+|\.accessModes)$")
"""Values that stand in the table as one."""


def leaves(value: Any, key: str = "") -> Iterator[tuple[str, Any]]:
    if isinstance(value, dict) and value and not WHOLE.search(key):
        for name, inner in value.items():
            yield from leaves(inner, f"{key}.{name}".removeprefix("."))
    else:
        common = key if ".service.ports." in key else re.sub(r"^frontEnds\.\w+", "frontEnds.*", key)
        yield common, value


def written(value: Any) -> str:
    if value == "":
        return "empty"
    return f"`{value if isinstance(value, str) else json.dumps(value)}`"


def rows() -> Iterator[tuple[str, str]]:
    for line in README.partition("\n## Values")[2].splitlines():
        if line.startswith("| `"):
            first, second, _ = (cell.strip() for cell in line[1:-1].split("|"))
            keys = re.findall(r"`([^`]+)`", first)
            defaults = [second] if len(keys) == 1 else re.findall(r"`[^`]+`|empty", second)
            defaults *= len(keys) if len(defaults) == 1 else 1
            yield from zip(keys, defaults, strict=True)


def test_the_table_has_every_value_with_its_default() -> None:
    values = yaml.safe_load((CHART / "values.yaml").read_text())
    there = {(key, written(value)) for key, value in leaves(values)}
    told = list(rows())
    assert set(told) == there
    assert len(told) == len(there), "a value stands there twice"


def test_the_example_of_a_scaled_installation_is_one(tmp_path: Path) -> None:
    example = re.findall(r"```yaml\n(.*?)```", README, re.DOTALL)[0]
    path = tmp_path / "values.yaml"
    path.write_text(example)
    rendered = render(given=["--values", str(path)])
    assert len(of_kind(rendered, "Deployment")) == 4
    secrets = set(re.findall(r"kubectl create secret \w+ ([\w-]+)", README))
    named = set(re.findall(r"existingSecret: ([\w-]+)", example))
    assert named == secrets
