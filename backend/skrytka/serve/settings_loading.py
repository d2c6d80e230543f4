"""Reads the settings: a TOML file, then the environment over it, each value under its section's type.

Every fault is one ``SettingsError`` of one line that names the key and where it was given. The names of the plugins are
read first, because a plugin owns its section's type.
"""

from __future__ import annotations

import difflib
import math
import tomllib
import typing
from collections.abc import Collection, Iterable, Mapping
from pathlib import Path
from typing import Any, cast

import msgspec

from skrytka.plugin_host.front_end import FrontEndSettings
from skrytka.serve.settings_rules import verify
from skrytka.settings import Section, Serve, Settings, SettingsError

PREFIX = "SKRYTKA_"
CONFIG_VARIABLE = "SKRYTKA_CONFIG"
DATA_DIR_VARIABLE = "SKRYTKA_DATA_DIR"
_SEQUENCES = (tuple, list, set, frozenset)


class Given(msgspec.Struct, frozen=True):
    """One value as it was written; ``text`` ones come from the environment or the command line and are converted."""

    value: Any
    origin: str
    text: bool


class Sources(msgspec.Struct, frozen=True):
    """Everything that was given, by section and key; ``data_dir`` has no section."""

    sections: dict[str, dict[str, Given]]
    data_dir: str | None


def core_sections() -> dict[str, type[Section]]:
    """The sections that are not plugins', by name."""
    return {
        field.name: field.type
        for field in msgspec.structs.fields(Settings)
        if isinstance(field.type, type) and issubclass(field.type, Section)
    }


def load(
    config_path: Path | None,
    environ: Mapping[str, str],
    sections: Mapping[str, type[FrontEndSettings]],
    data_dir: str | None = None,
) -> Settings:
    """All settings, with the front ends' ``sections`` by name. ``data_dir`` overrides file and environment."""
    return build(read(config_path, environ), sections, data_dir)


def read(config_path: Path | None, environ: Mapping[str, str]) -> Sources:
    """What file and environment give, not yet checked against any section."""
    if config_path is None and environ.get(CONFIG_VARIABLE):
        config_path = Path(environ[CONFIG_VARIABLE])
    data_dir, sections = _read_file(config_path) if config_path is not None else (None, {})
    for name, value in environ.items():
        section, separator, key = name.removeprefix(PREFIX).lower().partition("__")
        if name.startswith(PREFIX) and separator:
            sections.setdefault(section, {})[key] = Given(value, f"the environment's {name}", True)
    return Sources(sections, environ.get(DATA_DIR_VARIABLE) or data_dir)


def _read_file(path: Path) -> tuple[str | None, dict[str, dict[str, Given]]]:
    try:
        with path.open("rb") as file:
            document = tomllib.load(file)
    except OSError as error:
        raise SettingsError(f"--config: {path} cannot be read: {error.strerror}") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError(f"--config: {path} is no TOML: {error}") from None
    data_dir = document.pop("data_dir", None)
    if not isinstance(data_dir, str | None):
        raise SettingsError(f"data_dir: must be a text (in {path})")
    sections: dict[str, dict[str, Given]] = {}
    for section, values in document.items():
        if not isinstance(values, dict):
            raise SettingsError(f"{section}: there is no such key outside of a section (in {path})")
        sections[section] = {key: Given(value, str(path), False) for key, value in values.items()}
    return data_dir, sections


def with_plugins(sources: Sources, names: str) -> Sources:
    """The same with ``serve.plugins`` from the command line, which goes before all else."""
    serve = {**sources.sections.get("serve", {}), "plugins": Given(names, "--plugins", True)}
    return Sources({**sources.sections, "serve": serve}, sources.data_dir)


def plugin_names(sources: Sources) -> tuple[str, ...]:
    """``serve.plugins`` alone."""
    section = core_sections()["serve"]
    given = sources.sections.get("serve", {})
    values = {key: value for key, value in given.items() if key == "plugins"}
    return cast(Serve, _section("serve", section, values)).plugins


def build(
    sources: Sources,
    front_ends: Mapping[str, type[FrontEndSettings]],
    data_dir: str | None = None,
    unused: Collection[str] = (),
) -> Settings:
    """Settings from what was given. Sections named in ``unused`` are those of plugins that are installed but not loaded.

    They are let through unread, so that processes that serve different front ends can share one file and environment.
    """
    core = core_sections()
    for name, given in sources.sections.items():
        if name not in core and name not in front_ends and name not in unused:
            origin = next((value.origin for value in given.values()), "the file")
            raise SettingsError(f"{name}: there is no such section{_meant(name, [*core, *front_ends])} ({origin})")
    values: dict[str, Any] = {
        name: _section(name, section, sources.sections.get(name, {})) for name, section in core.items()
    }
    values["front_ends"] = {
        name: _section(name, section, sources.sections.get(name, {})) for name, section in front_ends.items()
    }
    if folder := data_dir or sources.data_dir:
        values["data_dir"] = folder
    settings = Settings(**values)
    verify(settings)
    return settings


def _section(name: str, section: type[msgspec.Struct], given: Mapping[str, Given]) -> msgspec.Struct:
    fields = {field.name: field for field in msgspec.structs.fields(section)}
    values = {}
    for key, value in given.items():
        if key not in fields:
            raise SettingsError(f"{name}.{key}: there is no such setting{_meant(key, fields)} ({value.origin})")
        try:
            values[key] = _convert(value, fields[key].type)
            if isinstance(values[key], float) and not math.isfinite(values[key]):
                raise SettingsError(f"{name}.{key}: must be a finite number ({value.origin})")
        except msgspec.MsgspecError as error:
            raise SettingsError(f"{name}.{key}: {error} ({value.origin})") from None
    try:
        return section(**values)
    except (TypeError, ValueError) as error:
        raise SettingsError(f"{name}: {error}") from None


def _convert(given: Given, field_type: Any) -> Any:
    if not given.text:
        return msgspec.convert(given.value, field_type)
    text: str = given.value
    bare = typing.get_args(field_type)[0] if typing.get_origin(field_type) is typing.Annotated else field_type
    kind = typing.get_origin(bare) or bare
    if kind is dict or (text.lstrip().startswith(("[", "{")) and kind is not str):
        return msgspec.json.decode(text, type=field_type, strict=False)
    if kind in _SEQUENCES:
        parts = [part.strip() for part in text.split(",")]
        return msgspec.convert([part for part in parts if part], field_type, strict=False)
    return msgspec.convert(text, field_type, strict=False)


def _meant(wrong: str, known: Iterable[str]) -> str:
    close = difflib.get_close_matches(wrong, list(known), 1)
    return f", did you mean {close[0]}?" if close else ""
