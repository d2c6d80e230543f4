"""Everything a plugin may import from Skrytka. A test holds the plugins to that."""

from skrytka import errors, mime, model, rights
from skrytka.connections.interface import Connection, Listener, Signal
from skrytka.connections.pace import Pace
from skrytka.core import Core
from skrytka.extensions import (
    Authenticator,
    Delivery,
    DeliveryFilter,
    Event,
    EventListener,
    Rendition,
    RetentionRule,
)
from skrytka.mime.structure import Header, Part
from skrytka.plugin_host.front_end import FrontEnd, FrontEndSettings
from skrytka.plugin_host.hookspecs import hookimpl
from skrytka.services import (
    acl,
    admission,
    authentication,
    contents,
    delivery,
    downloads,
    folders,
    inflight,
    mailboxes,
    messages,
    outgoing,
    pop3_locks,
    quota,
    replacing,
    sharing,
    slices,
    text_search,
    transferring,
    views,
    watching,
)

__all__ = [
    "Authenticator",
    "Connection",
    "Core",
    "Delivery",
    "DeliveryFilter",
    "Event",
    "EventListener",
    "FrontEnd",
    "FrontEndSettings",
    "Header",
    "Listener",
    "Pace",
    "Part",
    "Rendition",
    "RetentionRule",
    "Signal",
    "acl",
    "admission",
    "authentication",
    "contents",
    "delivery",
    "downloads",
    "errors",
    "folders",
    "hookimpl",
    "inflight",
    "mailboxes",
    "messages",
    "mime",
    "model",
    "outgoing",
    "pop3_locks",
    "quota",
    "replacing",
    "rights",
    "sharing",
    "slices",
    "text_search",
    "transferring",
    "views",
    "watching",
]
