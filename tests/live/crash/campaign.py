"""Rounds of play, crash, restart and judgement on one installation, so that what a crash spoils may also show later."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from skrytka.settings import Settings
from tests.live.crash import ageing
from tests.live.crash.crashes import Crash
from tests.live.crash.history import History
from tests.live.crash.judging import complaints
from tests.live.crash.ledger import EXISTS, THE_MAILBOX, Key, Ledger, State
from tests.live.crash.looking import WireLook
from tests.live.crash.play.imap import MailProgram
from tests.live.crash.play.lmtp import OWNER, Mta
from tests.live.crash.play.pop3 import Popper
from tests.live.crash.play.rest import Panel
from tests.live.crash.play.secretary import Secretary
from tests.live.crash.play.stage import PASSWORD, SHARED, Player, Stage, play_all
from tests.live.crash.seen import Seen
from tests.live.crash.values import grant, holding
from tests.live.serving import Service

ANN, BEN, FULL = "ann@example.org", "ben@example.org", "full@example.org"
GRANTED = "lrswipkxte"
PROVISIONED: State = {
    **{Key(address, THE_MAILBOX): EXISTS for address in (ANN, BEN, FULL)},
    **{grant(*ends): holding(GRANTED) for folder in SHARED for ends in ((ANN, folder, BEN), (BEN, folder, ANN))},
}
"""What ``provision`` makes, beside folders."""

KINDS = ("small",) * 16 + ("medium", "large", "pool0", "pool1", "pool2")
SETTINGS = {
    "store.shards": "2",
    "auth.argon2_time_cost": "1",
    "auth.argon2_memory_kib": "8192",
    "jobs.retention_interval_s": "0.2",
    "jobs.collect_interval_s": "0.2",
}
_LONGEST_ROUND_S = 180
_JITTER_S = 0.02


def provision(service: Service) -> None:
    """Two mailboxes that are used, each also by the other's customers, and one that takes nothing (but its mails' blobs are
    written all the same)."""
    for address in (ANN, BEN, FULL):
        service.provision(address, PASSWORD)
        for folder in SHARED[1:]:
            service.api("PUT", f"/mailboxes/{address}/folders/{folder}", {})
    service.api("PUT", f"/mailboxes/{FULL}/quota", {"messages": 0})
    for owner, other in ((ANN, BEN), (BEN, ANN)):
        for folder in SHARED:
            entries = [{"identifier": other, "rights": GRANTED}]
            service.api("PUT", f"/mailboxes/{owner}/acl/{folder}", {"entries": entries})


def set_stage(service: Service, ledger: Ledger, seed: str, kinds: Sequence[str] = KINDS) -> Stage:
    return Stage(service.ports, service.key, ledger, seed, (ANN, BEN), FULL, kinds)


def cast(stage: Stage) -> list[Player]:
    """10 MTAs, 5 mail programs, 2 customers of POP3, 2 panels, 2 who keep a mailbox in order."""
    return [
        *(Mta(stage, f"{OWNER}{number}") for number in range(10)),
        *(MailProgram(stage, f"imap{number}", stage.addresses[number % 2]) for number in range(5)),
        *(Popper(stage, f"pop{number}", stage.addresses[number]) for number in range(2)),
        *(Panel(stage, f"panel{number}") for number in range(2)),
        *(Secretary(stage, f"order{number}", stage.addresses[number]) for number in range(2)),
    ]


@dataclass
class Campaign:
    """``crashes`` are dealt like cards: each comes before one comes again. ``pass_time`` lets the engine's rows grow old."""

    service: Service
    settings: Settings
    seed: str
    crashes: Mapping[str, Crash]
    pass_time: Callable[[], None]
    history: History = field(default_factory=History)
    _deck: list[str] = field(default_factory=list)

    async def run(self, rounds: int) -> None:
        look = WireLook(self.settings)
        seen = await look.look(self.service)
        for number in range(1, rounds + 1):
            seed = f"{self.seed}/{number}"
            name = self._deal(random.Random(f"{seed}/deal"))
            ledger = Ledger(seen.copies())
            refusals = await self._play(ledger, seed, self.crashes[name])
            if self.service.process.poll() is not None:
                await asyncio.to_thread(self.service.start)
            if number == rounds:
                look.forget()
            seen = await look.look(self.service)
            self._judge(f"round {number}, {name}, {ledger.acknowledged} acknowledged", ledger, seen, refusals)
            ageing.age_blobs(self.service.data_dir)
            self.pass_time()

    def _deal(self, dice: random.Random) -> str:
        if not self._deck:
            self._deck = dice.sample(sorted(self.crashes), len(self.crashes))
        return self._deck.pop()

    async def _play(self, ledger: Ledger, seed: str, crash: Crash) -> list[str]:
        """Play until the crash; the refusals that it does not excuse."""
        dice = random.Random(f"{seed}/crash")
        stage = set_stage(self.service, ledger, seed)

        async def conduct() -> None:
            await ledger.reaches(dice.randint(20, 140))
            await asyncio.sleep(dice.random() * _JITTER_S)  # or it would always strike just after an answer was read
            await crash.strike(self.service, stage, dice)

        async with asyncio.timeout(_LONGEST_ROUND_S):
            await play_all(cast(stage), conduct)
        return [] if crash.excuses_refusals else stage.refusals

    def _judge(self, what: str, ledger: Ledger, seen: Seen, refusals: list[str]) -> None:
        wrong = complaints(ledger.expected(), seen) + self.history.complaints(ledger, seen)
        wrong += (f"refused for no reason: {refusal}" for refusal in refusals)
        report = "\n".join(wrong[:20])
        assert not wrong, f"SEED={self.seed}, {what}: {len(wrong)} complaints\n{report}\n{self.service.log()[-4000:]}"
