"""Plugins: what stops the start, and that what each hook returns arrives."""

from __future__ import annotations

import sys
import types
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import click
import pytest
from litestar import Router

from skrytka.plugin_api import (
    Connection,
    Core,
    Delivery,
    Event,
    FrontEnd,
    FrontEndSettings,
    Rendition,
    hookimpl,
)
from skrytka.plugin_host import hookspecs, manager
from skrytka.plugin_host.manager import PluginError

Install = Callable[[str, object], None]

METADATA = "Metadata-Version: 2.1\nName: {name}\nVersion: 1\n"


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Install:
    """Installs a package that names an object as a plugin, the way pip would leave it behind."""
    monkeypatch.syspath_prepend(tmp_path)
    count = 0

    def install(name: str, plugin: object) -> None:
        nonlocal count
        count += 1
        module = types.ModuleType(f"demo_plugin_{count}")
        module.plugin = plugin  # type: ignore[attr-defined]
        monkeypatch.setitem(sys.modules, module.__name__, module)
        info = tmp_path / f"demo_{count}-1.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(METADATA.format(name=f"demo-{count}"))
        (info / "entry_points.txt").write_text(f"[skrytka.plugins]\n{name} = {module.__name__}:plugin\n")

    return install


def fails(*names: str) -> str:
    with pytest.raises(PluginError) as caught:
        manager.load(names)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_the_built_in_plugins_come_through_their_entry_points() -> None:
    plugins = manager.load(("imap", "pop3", "lmtp", "rest"))
    assert list(plugins.front_ends) == ["imap", "pop3", "lmtp"]
    assert {rendition.name for rendition in plugins.extensions.renditions} >= {"imap.envelope", "imap.bodystructure"}
    assert {"imap", "pop3", "lmtp"} <= manager.installed()


def test_a_missing_name(install: Install) -> None:
    assert fails("imapp").startswith("serve.plugins: no installed package has the plugin 'imapp' (there are: imap, ")


def test_a_name_claimed_twice(install: Install) -> None:
    install("imap", object())
    assert fails("imap") == "serve.plugins: the name 'imap' is claimed by demo-1 and skrytka; uninstall all but one"


def test_a_name_given_twice() -> None:
    assert fails("pop3", "lmtp", "pop3") == "serve.plugins: names 'pop3' twice"


def test_a_plugin_that_cannot_be_imported(install: Install, tmp_path: Path) -> None:
    install("broken", object())
    (tmp_path / "demo_1-1.dist-info" / "entry_points.txt").write_text("[skrytka.plugins]\nbroken = not_there_at_all\n")
    assert fails("broken") == "the plugin 'broken' cannot be imported: No module named 'not_there_at_all'"


def test_a_hook_with_a_wrong_signature(install: Install) -> None:
    class Wrong:
        @hookimpl
        def skrytka_front_ends(self, application: object) -> Sequence[FrontEnd]:
            return ()

    install("wrong", Wrong())
    message = fails("wrong")
    assert message.startswith("the plugin 'wrong' has a wrong hook: ")
    assert "skrytka_front_ends" in message
    assert "application" in message


def test_a_misspelt_hook(install: Install) -> None:
    class Misspelt:
        @hookimpl
        def skrytka_frontends(self) -> Sequence[FrontEnd]:
            return ()

    install("misspelt", Misspelt())
    assert "unknown hook 'skrytka_frontends'" in fails("misspelt")


def test_a_hook_that_fails_or_returns_something_else(install: Install) -> None:
    class Failing:
        @hookimpl
        def skrytka_renditions(self) -> Sequence[Rendition]:
            raise ZeroDivisionError("oh\nno")

    class Odd:
        @hookimpl
        def skrytka_front_ends(self) -> Sequence[Any]:
            return ("imap",)

    install("failing", Failing())
    install("odd", Odd())
    assert fails("failing") == "skrytka_renditions of the plugin 'failing' failed: oh no"
    assert fails("odd") == "skrytka_front_ends of the plugin 'odd' returned str, not FrontEnd"


class DemoSettings(FrontEndSettings, frozen=True):
    greeting: str = "hello"


async def converse(core: Core, settings: DemoSettings, connection: Connection) -> None:
    connection.write(settings.greeting.encode())


def front_end(name: str) -> FrontEnd:
    return FrontEnd(name, DemoSettings, converse)


RENDITION = Rendition("demo.size", 1, lambda octets, part: b"%d" % len(octets))


class DemoAuthenticator:
    async def authenticate(self, login: str, password: str, client_address: str) -> str | None:
        return None


class DemoFilter:
    async def filter(self, mailbox: object, delivery: Delivery) -> Delivery:
        return delivery


class DemoListener:
    async def on_event(self, event: Event) -> None: ...


class DemoRule:
    def takes(self, folder: object, message: object, now: int) -> None:
        return None


AUTHENTICATOR, FILTER, LISTENER, RULE = DemoAuthenticator(), DemoFilter(), DemoListener(), DemoRule()
ROUTER = Router("/demo", route_handlers=[])
COMMAND = click.Command("demo")


class Demo:
    """One contribution for every hook."""

    @hookimpl
    def skrytka_front_ends(self) -> Sequence[FrontEnd]:
        return (front_end("demo"),)

    @hookimpl
    def skrytka_renditions(self) -> Sequence[Rendition]:
        return (RENDITION,)

    @hookimpl
    def skrytka_authenticators(self) -> Sequence[DemoAuthenticator]:
        return (AUTHENTICATOR,)

    @hookimpl
    def skrytka_delivery_filters(self) -> Sequence[DemoFilter]:
        return (FILTER,)

    @hookimpl
    def skrytka_event_listeners(self) -> Sequence[DemoListener]:
        return (LISTENER,)

    @hookimpl
    def skrytka_rest_routes(self) -> Sequence[Router]:
        return (ROUTER,)

    @hookimpl
    def skrytka_retention_rules(self) -> Sequence[DemoRule]:
        return (RULE,)

    @hookimpl
    def skrytka_commands(self) -> Sequence[click.Command]:
        return (COMMAND,)


ARRIVALS: dict[str, Callable[[manager.Plugins], object]] = {
    "skrytka_front_ends": lambda plugins: list(plugins.front_ends) == ["demo"],
    "skrytka_renditions": lambda plugins: plugins.extensions.renditions == (RENDITION,),
    "skrytka_authenticators": lambda plugins: plugins.extensions.authenticators == (AUTHENTICATOR,),
    "skrytka_delivery_filters": lambda plugins: plugins.extensions.delivery_filters == (FILTER,),
    "skrytka_event_listeners": lambda plugins: plugins.extensions.event_listeners == (LISTENER,),
    "skrytka_rest_routes": lambda plugins: plugins.routes == (ROUTER,),
    "skrytka_retention_rules": lambda plugins: plugins.extensions.retention_rules == (RULE,),
    "skrytka_commands": lambda plugins: plugins.commands == (COMMAND,),
}


@pytest.mark.parametrize("hook", [name for name in vars(hookspecs) if name.startswith("skrytka_")])
def test_what_a_hook_returns_arrives(install: Install, hook: str) -> None:
    assert hook in ARRIVALS, f"the hook {hook} has no test of its arrival"
    install("demo", Demo())
    assert ARRIVALS[hook](manager.load(("demo",)))


def test_contributions_keep_the_order_in_which_the_plugins_are_named(install: Install) -> None:
    for name in ("first", "second", "third"):

        class Named:
            @hookimpl
            def skrytka_front_ends(self, *, _name: str = name) -> Sequence[FrontEnd]:
                return (front_end(_name),)

        install(name, Named())
    assert list(manager.load(("second", "third", "first")).front_ends) == ["second", "third", "first"]


def test_two_plugins_with_the_same_front_end_or_rendition(install: Install) -> None:
    class Another:
        @hookimpl
        def skrytka_renditions(self) -> Sequence[Rendition]:
            return (Rendition("demo.size", 2, RENDITION.derive),)

    class AnotherFrontEnd:
        @hookimpl
        def skrytka_front_ends(self) -> Sequence[FrontEnd]:
            return (front_end("demo"),)

    install("demo", Demo())
    install("another", Another())
    install("another-front-end", AnotherFrontEnd())
    assert fails("demo", "another") == "two plugins bring the rendition 'demo.size'"
    assert fails("demo", "another-front-end") == "two plugins bring the front end 'demo'"


def test_a_front_end_may_not_take_a_section_of_the_core(install: Install) -> None:
    class Thief:
        @hookimpl
        def skrytka_front_ends(self) -> Sequence[FrontEnd]:
            return (front_end("store"),)

    install("thief", Thief())
    assert fails("thief") == "the front end 'store' would take a settings section of the core"
