"""What slows down who guesses passwords and keys: failures are counted per client network, per login name and per API key.

The counts are rows of the directory, so that all workers and machines of a deployment count together; there is a bounded number
of them. What they do:

- A network (an IPv4 address, an IPv6 /64) with ``auth.failures_per_address`` failures is refused, without a look at its
  passwords, until ``auth.failure_decay_s`` has forgotten one: it may try one password in that time from then on.
- Logins to a name with ``auth.failures_per_login`` failures wait, right or wrong, up to ``auth.longest_delay_s``. Nobody is
  ever locked out for what others do: who knows the password only waits, and not even that where a worker remembers him.
- A right API key is never kept waiting, because its 256 bits cannot be guessed; a wrong one is answered late.

Names are counted as they are given, whether there is such a mailbox or not, so the waiting tells nobody which there are; an
alias has a count of its own for the same reason.
"""

from __future__ import annotations

import hashlib
import logging
from asyncio import sleep
from typing import NamedTuple

from skrytka import metrics
from skrytka.connections.networks import client_key, contains, parse_address, parse_networks
from skrytka.core import Core
from skrytka.errors import TooManyFailures, Unavailable
from skrytka.services import addresses
from skrytka.services.deployment_secret import secret
from skrytka.store.operations import login_failures
from skrytka.store.operations.login_failures import Failure, Subject

log = logging.getLogger(__name__)

SLOTS = 65_536
"""So many subjects of a kind are kept, at under 100 octets each."""

_NAMED_LENGTH = 320
_KEY_PARTS = 3


class Counted(NamedTuple):
    """A subject, how people are told of it, and from how many failures on it is slowed down."""

    subject: Subject
    text: str
    limit: int


class Guesser:
    """One attempt to log in: by whom, and to what."""

    def __init__(self, core: Core, address: Counted | None, target: Counted | None) -> None:
        self._core = core
        self._address = address
        self._target = target

    async def admit(self) -> None:
        """Before a password is looked at: wait as long as the name has to; ``TooManyFailures`` for a network that may not try."""
        of_address, of_target = await self._levels()
        self._refuse(of_address)
        delay_s = self._delay_s(of_target)
        if delay_s:
            metrics.LOGINS_DELAYED.inc()
            await sleep(delay_s)

    async def confirm(self) -> None:
        """The same look at the network again, when the turn to hash has come: those before may have failed meanwhile."""
        self._refuse((await self._levels())[0])

    async def failed(self) -> None:
        """Count it, durably, before the client hears of it. A directory that cannot be written counts nothing, and says so."""
        counted = self._counted()
        if not counted:
            return
        now_ms, decay_ms = int(self._core.now() * 1_000), self._decay_ms
        failures = tuple(Failure(each.subject, now_ms, decay_ms, 2 * each.limit * decay_ms) for each in counted)
        try:
            settled = await self._core.directory.write(login_failures.add, failures)
        except Unavailable as error:
            log.warning("a failed login was not counted: %s", error)
            return
        for each, settled_ms in zip(counted, settled, strict=True):
            if settled_ms - now_ms - decay_ms < each.limit * decay_ms <= settled_ms - now_ms:
                metrics.GUESSING.labels(each.subject.kind).inc()
                log.warning("%d failures of late %s: slowed down from now on", each.limit, each.text)

    async def fail_late(self) -> None:
        """A wrong key: counted, unless its network has failed too often already; answered late then."""
        of_address, of_target = await self._levels()
        late = self._is_over(of_address)
        if not late:
            await self.failed()
        delay_s = self._core.settings.auth.longest_delay_s if late else self._delay_s(of_target)
        if delay_s:
            await sleep(delay_s)
        self._refuse(of_address)

    @property
    def _decay_ms(self) -> int:
        return max(1, int(self._core.settings.auth.failure_decay_s * 1_000))

    def _counted(self) -> tuple[Counted, ...]:
        return tuple(each for each in (self._address, self._target) if each is not None)

    async def _levels(self) -> tuple[float, float]:
        """How many failures are held against the network and the name; parts of one are what is left of it."""
        counted = self._counted()
        if not counted:
            return 0.0, 0.0
        settled = await self._core.directory.read(login_failures.settled_at, tuple(each.subject for each in counted))
        now_ms = self._core.now() * 1_000
        levels = [
            level if 0 < (level := (settled_ms - now_ms) / self._decay_ms) <= 4 * each.limit else 0.0
            for each, settled_ms in zip(counted, settled, strict=True)
        ]
        of_address = levels.pop(0) if self._address is not None else 0.0
        return of_address, (levels[0] if levels else 0.0)

    def _is_over(self, level: float) -> bool:
        """No room for another whole failure."""
        return self._address is not None and level > self._address.limit - 1

    def _refuse(self, level: float) -> None:
        if self._is_over(level):
            assert self._address is not None
            missing = level - (self._address.limit - 1)
            raise TooManyFailures(max(1, round(missing * self._core.settings.auth.failure_decay_s)))

    def _delay_s(self, level: float) -> float:
        """Grows from the limit to twice the limit, which is the most that is counted."""
        if self._target is None or level <= self._target.limit - 1:
            return 0.0
        over = (level - (self._target.limit - 1)) / self._target.limit
        return self._core.settings.auth.longest_delay_s * min(1.0, over)


async def guesser(core: Core, client_address: str, login: str | None) -> Guesser:
    """Who gives ``login`` and a password, from an address as the front end has it; empty is none. Some proofs name no login."""
    if login is None:
        return Guesser(core, await _network(core, client_address), None)
    name = addresses.normalised_or_none(login) or login
    return await _guesser(core, client_address, "login", name, f"to {login[:_NAMED_LENGTH]!r}")


async def admit_network(core: Core, client_address: str) -> None:
    """``TooManyFailures`` for a network that may not try; all that is asked of who is remembered, in one look."""
    await Guesser(core, await _network(core, client_address), None).confirm()


async def key_guesser(core: Core, client_address: str, secret: str) -> Guesser:
    """Who gives a wrong API key; the id in it is what may be under attack."""
    parts = secret.split("_", _KEY_PARTS - 1)
    key_id = parts[1] if len(parts) == _KEY_PARTS and parts[0] == "sk" else ""
    return await _guesser(core, client_address, "key", key_id, f"with keys {key_id[:_NAMED_LENGTH]!r}")


async def _guesser(core: Core, client_address: str, kind: str, name: str, text: str) -> Guesser:
    auth = core.settings.auth
    target = Counted(
        await _subject(core, kind, name), f"{text}, now from {client_address or 'somewhere'}", auth.failures_per_login
    )
    return Guesser(core, await _network(core, client_address), target)


async def _network(core: Core, client_address: str) -> Counted | None:
    """None for a client without an address, or from where many log in."""
    if not client_address:
        return None
    address = parse_address(client_address)
    if contains(parse_networks(core.settings.auth.uncounted_networks), address):
        return None
    subject = await _subject(core, "address", f"{client_key(address):x}")
    return Counted(subject, f"from {client_address}", core.settings.auth.failures_per_address)


async def _subject(core: Core, kind: str, name: str) -> Subject:
    """Hashed with the deployment's secret: nobody can know whose slot is whose."""
    key = (await secret(core))[: hashlib.blake2b.MAX_KEY_SIZE]
    digest = hashlib.blake2b(name.encode("utf-8", "surrogatepass"), digest_size=16, key=key).digest()
    return Subject(kind, int.from_bytes(digest[:4]) % SLOTS, digest)
