"""What the docs say of settings is what the settings are: keys, defaults, and a line about each."""

from __future__ import annotations

import ast
import inspect
import re
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from skrytka.cli.main import skrytka
from skrytka.plugin_api import FrontEndSettings
from skrytka.serve.settings_loading import CONFIG_VARIABLE, DATA_DIR_VARIABLE, core_sections
from skrytka.settings import Settings
from skrytka_imap.settings import Settings as ImapSettings
from skrytka_lmtp.settings import LmtpSettings
from skrytka_pop3.settings import Pop3Settings

ROOT = Path(__file__).parent.parent
FRONT_ENDS: dict[str, type[FrontEndSettings]] = {"imap": ImapSettings, "pop3": Pop3Settings, "lmtp": LmtpSettings}
SECTIONS: dict[str, type[msgspec.Struct]] = {**core_sections(), **FRONT_ENDS}


def chapters() -> Iterator[tuple[str, str]]:
    """The chapter about settings of each README, with the section that its keys leave out."""
    for path in (ROOT / "README.md", *sorted(ROOT.glob("plugins/*/README.md"))):
        heading, text = path.read_text().split("\n## Settings", 1)[1].split("\n", 1)
        section = re.search(r"section `(\w+)`", heading)
        yield (f"{section[1]}." if section else ""), text.split("\n## ", 1)[0]


def rows() -> Iterator[tuple[str, str]]:
    """Each key of the tables, in full, with its default as it is written."""
    for section, text in chapters():
        for line in re.findall(r"^\| *(`.*)", text, re.MULTILINE):
            first, second, *_ = line.split("|")
            keys = re.findall(r"`([^`]+)`", first)
            defaults = second.replace("`", "").removesuffix(" each ").strip().split(", ")
            if len(defaults) == 1:
                defaults *= len(keys)
            yield from ((section + key, default) for key, default in zip(keys, defaults, strict=True))


def default_of(key: str) -> object:
    if key == DATA_DIR_VARIABLE:
        return Settings().data_dir
    section, _, name = key.partition(".")
    fields = {field.name: field for field in msgspec.structs.fields(SECTIONS[section])}
    assert name in fields, f"there is no setting {key}"
    return fields[name].default


def written(default: object) -> set[str]:
    """How a default may stand in a table."""
    if isinstance(default, tuple):
        default = ",".join(default)
    if isinstance(default, bool):
        return {str(default).lower()}
    if isinstance(default, float):
        return {f"{default:g}"}
    return {str(default)} if default != "" else {"empty", "off"}


@pytest.mark.parametrize(("key", "default"), list(rows()))
def test_the_tables_are_right(key: str, default: str) -> None:
    if key.startswith("--"):
        assert key in {name for each in skrytka.params for name in each.opts}
    else:
        assert default in written(default_of(key))


@pytest.mark.parametrize("name", sorted(FRONT_ENDS))
def test_a_plugin_explains_all_its_keys(name: str) -> None:
    own = set(FRONT_ENDS[name].__annotations__)
    told = {key.removeprefix(f"{name}.") for key, _ in rows() if key.startswith(f"{name}.")}
    assert own <= told


@pytest.mark.parametrize("section", [*core_sections().values(), FrontEndSettings], ids=lambda each: each.__name__)
def test_every_other_key_has_its_line(section: type[msgspec.Struct]) -> None:
    (body,) = (node for node in ast.parse(inspect.getsource(section)).body if isinstance(node, ast.ClassDef))
    silent = [
        ast.unparse(field.target)
        for field, after in zip(body.body, [*body.body[1:], None], strict=True)
        if isinstance(field, ast.AnnAssign)
        and not (isinstance(after, ast.Expr) and isinstance(after.value, ast.Constant))
    ]
    assert silent == []


def test_the_names_without_a_section_are_told() -> None:
    for name in (CONFIG_VARIABLE, DATA_DIR_VARIABLE):
        assert f"`{name}`" in (ROOT / "README.md").read_text()
