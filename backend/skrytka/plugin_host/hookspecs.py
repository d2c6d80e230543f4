"""All hooks, in one place. A plugin is a module or object named by an entry point of the group ``skrytka.plugins``.

Hooks are synchronous factories: they do no I/O and receive no application. What they return may have async methods; these
are called with a timeout and outside transactions.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import pluggy

if TYPE_CHECKING:
    import click
    from litestar import Router

    from skrytka.extensions import (
        Authenticator,
        DeliveryFilter,
        EventListener,
        Rendition,
        RetentionRule,
    )
    from skrytka.plugin_host.front_end import FrontEnd

hookspec = pluggy.HookspecMarker("skrytka")
hookimpl = pluggy.HookimplMarker("skrytka")


@hookspec
def skrytka_front_ends() -> Sequence[FrontEnd]:
    """Protocols to serve: each names its settings section and converses on accepted connections."""
    raise AssertionError("hook specifications are never called")


@hookspec
def skrytka_renditions() -> Sequence[Rendition]:
    """What to derive from each content at delivery, so that reading is only copying.

    A mail to several recipients is derived once and its content may be shared: a rendition must not depend on Return-Path or
    Delivered-To, which differ from one recipient to the next.
    """
    raise AssertionError("hook specifications are never called")


@hookspec
def skrytka_authenticators() -> Sequence[Authenticator]:
    """Ways to check a login besides the stored verifiers, asked in declared order before them."""
    raise AssertionError("hook specifications are never called")


@hookspec
def skrytka_delivery_filters() -> Sequence[DeliveryFilter]:
    """Accept, change, refuse or file a delivery, in declared order, before parsing. A failure defers the mail (451)."""
    raise AssertionError("hook specifications are never called")


@hookspec
def skrytka_event_listeners() -> Sequence[EventListener]:
    """Told after the commit what happened to mail, in order, from a bounded queue: a listener too slow for it misses events,
    which is counted and logged. A failure is logged and changes nothing.
    """
    raise AssertionError("hook specifications are never called")


@hookspec
def skrytka_rest_routes() -> Sequence[Router]:
    """Further routes, mounted under ``/v1/x/``, behind the same keys and problem documents."""
    raise AssertionError("hook specifications are never called")


@hookspec
def skrytka_retention_rules() -> Sequence[RetentionRule]:
    """Further rules for which messages retention takes, beside the stored policies."""
    raise AssertionError("hook specifications are never called")


@hookspec
def skrytka_commands() -> Sequence[click.Command]:
    """Further commands of ``skrytka``."""
    raise AssertionError("hook specifications are never called")
