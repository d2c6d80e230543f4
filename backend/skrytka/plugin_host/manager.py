"""Finds, loads and verifies plugins, and collects what their hooks return.

Built-ins come through the same entry points as third parties' plugins. Whatever is wrong with one stops the start with
one line: pluggy's own loader would silently let a foreign package take a built-in's name.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from importlib.metadata import EntryPoint, entry_points
from typing import TYPE_CHECKING, Any

import msgspec
import pluggy

from skrytka.extensions import Extensions, Rendition
from skrytka.plugin_host import hookspecs
from skrytka.plugin_host.front_end import FrontEnd, FrontEndSettings
from skrytka.settings import Settings

if TYPE_CHECKING:
    import click
    from litestar import Router

GROUP = "skrytka.plugins"
REST = "rest"
"""Stands among the names in ``serve.plugins`` but is part of the core: it has no entry point."""


class PluginError(Exception):
    """A plugin that cannot be used; the text is one line that names it."""


class Plugins(msgspec.Struct, frozen=True):
    """What the loaded plugins bring, each kind in the order in which ``serve.plugins`` names them."""

    front_ends: Mapping[str, FrontEnd]
    extensions: Extensions
    routes: tuple[Router, ...]
    commands: tuple[click.Command, ...]

    def sections(self) -> dict[str, type[FrontEndSettings]]:
        """The front ends' settings sections by name."""
        return {name: front_end.settings_type for name, front_end in self.front_ends.items()}


def installed() -> frozenset[str]:
    """The names of all plugins that could be loaded."""
    return frozenset(entry_points(group=GROUP).names)


def load(names: Sequence[str]) -> Plugins:
    """Load the named plugins and collect everything from them."""
    if len(set(names)) != len(names):
        raise PluginError(f"serve.plugins: names {next(name for name in names if names.count(name) > 1)!r} twice")
    manager = pluggy.PluginManager("skrytka")
    manager.add_hookspecs(hookspecs)
    for name in names:
        if name != REST:
            _register(manager, name, _import(_find(name)))
    try:
        manager.check_pending()
    except pluggy.PluginValidationError as error:
        raise PluginError(_one_line(error)) from None
    return collect(manager)


def _find(name: str) -> EntryPoint:
    found = list(entry_points(group=GROUP, name=name))
    if not found:
        known = ", ".join(sorted({*installed(), REST}))
        raise PluginError(f"serve.plugins: no installed package has the plugin {name!r} (there are: {known})")
    if len(found) > 1:
        owners = " and ".join(sorted(point.dist.name if point.dist else point.value for point in found))
        raise PluginError(f"serve.plugins: the name {name!r} is claimed by {owners}; uninstall all but one")
    return found[0]


def _import(point: EntryPoint) -> object:
    try:
        plugin: object = point.load()
    except Exception as error:
        raise PluginError(f"the plugin {point.name!r} cannot be imported: {_one_line(error)}") from error
    return plugin


def _register(manager: pluggy.PluginManager, name: str, plugin: object) -> None:
    try:
        manager.register(plugin, name)
    except (pluggy.PluginValidationError, ValueError) as error:
        raise PluginError(f"the plugin {name!r} has a wrong hook: {_one_line(error)}") from None


def collect(manager: pluggy.PluginManager) -> Plugins:
    """Call every hook of the registered plugins and verify what they return."""
    front_ends: list[FrontEnd] = _all(manager, "skrytka_front_ends", FrontEnd)
    renditions: list[Rendition] = _all(manager, "skrytka_renditions", Rendition)
    _refuse_twice("front end", (front_end.name for front_end in front_ends))
    _refuse_twice("rendition", (rendition.name for rendition in renditions))
    core = {field.name for field in msgspec.structs.fields(Settings)} | {REST}
    for front_end in front_ends:
        if front_end.name in core:
            raise PluginError(f"the front end {front_end.name!r} would take a settings section of the core")
    return Plugins(
        {front_end.name: front_end for front_end in front_ends},
        Extensions(
            renditions=tuple(renditions),
            authenticators=tuple(_all(manager, "skrytka_authenticators")),
            delivery_filters=tuple(_all(manager, "skrytka_delivery_filters")),
            event_listeners=tuple(_all(manager, "skrytka_event_listeners")),
            retention_rules=tuple(_all(manager, "skrytka_retention_rules")),
        ),
        tuple(_all(manager, "skrytka_rest_routes")),
        tuple(_all(manager, "skrytka_commands")),
    )


def _all(manager: pluggy.PluginManager, hook: str, kind: type[Any] = object) -> list[Any]:
    """What each plugin returns, in the order of registration (pluggy itself calls the last one first)."""
    found: list[Any] = []
    plugins = manager.list_name_plugin()
    for name, plugin in plugins:
        others = [other for _, other in plugins if other is not plugin]
        found += _call(name, hook, manager.subset_hook_caller(hook, others), kind)
    return found


def _call(name: str, hook: str, caller: Callable[[], list[Any]], kind: type[Any]) -> list[Any]:
    try:
        items = [item for returned in caller() for item in returned]
    except Exception as error:
        raise PluginError(f"{hook} of the plugin {name!r} failed: {_one_line(error)}") from error
    for item in items:
        if not isinstance(item, kind):
            raise PluginError(f"{hook} of the plugin {name!r} returned {type(item).__name__}, not {kind.__name__}")
    return items


def _refuse_twice(what: str, names: Iterable[str]) -> None:
    seen: set[str] = set()
    for name in names:
        if name in seen:
            raise PluginError(f"two plugins bring the {what} {name!r}")
        seen.add(name)


def _one_line(error: BaseException) -> str:
    return " ".join(str(error).split()) or type(error).__name__
