"""What every command begins with: options, plugins, settings."""

from __future__ import annotations

import asyncio
import functools
import os
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, TypeVar

import click
import msgspec

from skrytka.core import Core
from skrytka.plugin_host import manager
from skrytka.plugin_host.manager import Plugins
from skrytka.serve import logs, settings_loading
from skrytka.serve.composition import open_core
from skrytka.settings import Settings

T = TypeVar("T")
F = TypeVar("F", bound=Callable[..., Any])


class Started(msgspec.Struct, frozen=True):
    settings: Settings
    plugins: Plugins


def options(function: F) -> F:
    """``--config``, ``--data-dir`` and ``--plugins``, which may stand before and after a command's name."""
    for option in (
        click.option("--plugins", help="Instead of those in the settings, comma-separated: imap,pop3,lmtp,rest."),
        click.option("--data-dir", help="Where mail and keys live; also SKRYTKA_DATA_DIR. Default: ./var."),
        click.option("--config", help="A TOML file; also SKRYTKA_CONFIG."),
    ):
        function = option(function)
    return function


def with_settings(function: Callable[..., T]) -> Callable[..., T]:
    """Give a command a ``Started`` as its first argument."""

    @options
    @click.pass_context
    @functools.wraps(function)
    def command(
        ctx: click.Context, /, *args: Any, config: str | None, data_dir: str | None, plugins: str | None, **rest: Any
    ) -> T:
        outer = ctx.find_root().params
        started = start(
            config or outer["config"], data_dir or outer["data_dir"], outer["plugins"] if plugins is None else plugins
        )
        return function(started, *args, **rest)

    return command


def start(config: str | None, data_dir: str | None, plugins: str | None) -> Started:
    """Settings and plugins as options, environment and file have them."""
    sources = settings_loading.read(Path(config) if config else None, os.environ)
    if plugins is not None:
        sources = settings_loading.with_plugins(sources, plugins)
    loaded = manager.load(settings_loading.plugin_names(sources))
    settings = settings_loading.build(sources, loaded.sections(), data_dir, unused=manager.installed())
    return Started(settings, loaded)


def run_with_core(started: Started, work: Callable[[Core], Awaitable[T]]) -> T:
    """Do one piece of work beside a service that may be running."""

    async def run() -> T:
        async with open_core(started.settings, started.plugins.extensions, migrating=True) as core:
            return await work(core)

    logs.configure(started.settings.log, "cli")
    return asyncio.run(run())
