"""The mechanisms by name, as they are announced: strongest first, for clients that take the first they know."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import NamedTuple

from skrytka.connections.interface import Channel
from skrytka.core import Core
from skrytka.model import Actor
from skrytka.sasl import external, oauth, oauth_messages, scram
from skrytka.sasl.exchange import Attempt, Exchange, Mechanism
from skrytka.sasl.passwords import LoginMechanism, Plain


class UnknownMechanism(Exception):
    """There is no such mechanism, or it cannot work here."""


class NotSecure(Exception):
    """The mechanism is there, but not where others may read along."""


class Entry(NamedTuple):
    """``works`` says whether there is anybody whom the mechanism could let in, over a channel as secure as need be."""

    make: Callable[[Attempt], Mechanism]
    works: Callable[[Core, Channel], bool]


def _always(core: Core, channel: Channel) -> bool:
    return True


_OAUTHBEARER = partial(oauth.TokenMechanism, read=oauth_messages.oauthbearer, error=oauth_messages.oauthbearer_error)
_XOAUTH2 = partial(oauth.TokenMechanism, read=oauth_messages.xoauth2, error=oauth_messages.xoauth2_error)

TABLE: Mapping[str, Entry] = {
    "EXTERNAL": Entry(external.External, external.works),
    "SCRAM-SHA-256-PLUS": Entry(partial(scram.Scram, plus=True), scram.can_bind),
    "SCRAM-SHA-256": Entry(partial(scram.Scram, plus=False), scram.works),
    "OAUTHBEARER": Entry(_OAUTHBEARER, oauth.works),
    "XOAUTH2": Entry(_XOAUTH2, oauth.works),
    "PLAIN": Entry(Plain, _always),
    "LOGIN": Entry(LoginMechanism, _always),
}


def mechanisms(core: Core, channel: Channel) -> tuple[str, ...]:
    """What may be announced on a channel as it is now."""
    if not channel.secure:
        return ()
    return tuple(name for name, entry in TABLE.items() if entry.works(core, channel))


def begin(core: Core, actor: Actor, channel: Channel, mechanism: str) -> Exchange:
    """Start an exchange of the mechanism, in upper case; ``UnknownMechanism`` or ``NotSecure`` where it is not announced."""
    entry = TABLE.get(mechanism)
    if entry is None or not entry.works(core, channel):
        raise UnknownMechanism
    if not channel.secure:
        raise NotSecure
    return Exchange(entry.make(Attempt(core, actor, channel)), actor.protocol)
