"""The same work done by Dovecot and by Skrytka, in turn, round by round, and what each took."""

from __future__ import annotations

import asyncio
import statistics
import tempfile
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

import msgspec
import uvloop

from tests.bench.load import Sample
from tests.bench.peers.dovecot import Dovecot
from tests.bench.peers.interface import Peer
from tests.bench.peers.skrytka import Skrytka
from tests.bench.workloads import delivering, fairness, idling, logging_in, reading, sharing

Work = Callable[[Peer, float], Awaitable[Sample]]


class Figure(msgspec.Struct, frozen=True):
    """What is compared of a workload. ``goal`` is a ratio to the best Dovecot; ``ceiling`` is an absolute figure of ours."""

    unit: str
    of: Callable[[Sample], float]
    lower_is_better: bool = False
    goal: float | None = None
    ceiling: float | None = None


class Workload(msgspec.Struct, frozen=True):
    """``fill`` makes what it works on, once for all workloads that name it. ``ours_only``: no other server is asked."""

    name: str
    run: Work
    figures: tuple[Figure, ...]
    fill: Callable[[Peer, int], Awaitable[None]] | None = None
    ours_only: bool = False


class Compared(msgspec.Struct, frozen=True):
    """One figure of one workload: the median of the rounds of each server, and our ratio to the best Dovecot (more is better)."""

    workload: str
    unit: str
    medians: dict[str, float]
    ratio: float | None
    goal: float | None
    ceiling: float | None

    @property
    def ratio_text(self) -> str:
        return "" if self.ratio is None else f"{self.ratio:.2f} times"

    @property
    def holds(self) -> bool:
        """Whether we reach what is asked of us; true where nothing is."""
        ours = self.medians[Skrytka.name]
        near = self.goal is None or (self.ratio is not None and self.ratio >= self.goal)
        return near and (self.ceiling is None or ours <= self.ceiling)


class Detail(msgspec.Struct, frozen=True):
    """What one server took for one workload, medians of the rounds."""

    workload: str
    peer: str
    rate: float
    p50_ms: float
    p99_ms: float
    cpu_s_per_1000: float
    memory_mib: float


def rate(goal: float | None = None) -> Figure:
    return Figure("/s", lambda sample: sample.rate, goal=goal)


def _kib(sample: Sample) -> float:
    return sample.memory_octets / 1024


RATE = rate()

_LISTING = b"FETCH 1:2000 (UID FLAGS INTERNALDATE RFC822.SIZE ENVELOPE BODYSTRUCTURE)"
_HEADERS = b"FETCH 1:2000 (BODY.PEEK[HEADER.FIELDS (FROM TO CC SUBJECT DATE MESSAGE-ID)])"

_SINGLE = (
    Workload("LMTP, 4 KB, 20 connections", delivering.lmtp, (rate(1.5),)),
    Workload("APPEND, 4 KB, 20 connections", delivering.append, (RATE,)),
    Workload("connect, LOGIN, SELECT, LOGOUT, 20 at a time", logging_in.churn, (rate(1.0),)),
    Workload("UID FETCH 1:* (FLAGS)", reading.asked(b"UID FETCH 1:* (FLAGS)"), (RATE,), reading.fill),
    Workload("FETCH of 2 000: ENVELOPE, BODYSTRUCTURE ...", reading.asked(_LISTING), (rate(1.5),), reading.fill),
    Workload("FETCH of 2 000: header fields", reading.asked(_HEADERS), (RATE,), reading.fill),
    Workload("SEARCH UNSEEN", reading.asked(b"SEARCH UNSEEN"), (RATE,), reading.fill),
    Workload("SEARCH FROM, index up", reading.asked_of_index(b"SEARCH FROM zenobia"), (RATE,), reading.fill),
    Workload("SEARCH TEXT, index up", reading.asked_of_index(b"SEARCH TEXT heliotrope"), (RATE,), reading.fill),
    Workload(
        "search index, a share of the text in it",
        reading.index_size,
        (Figure("of 1", lambda sample: sample.memory_octets / sample.operations, lower_is_better=True, ceiling=0.6),),
        reading.fill,
        ours_only=True,
    ),
    Workload("FETCH of one body of 4 KB", reading.bodies, (rate(0.8),), reading.fill),
    Workload("FETCH of one body of 10 MB", reading.asked(b"FETCH 1 BODY.PEEK[]", b"Huge"), (rate(0.8),), reading.fill),
    Workload("STORE of one flag", reading.store, (RATE,), reading.fill),
    Workload("STATUS of 20 folders", reading.status, (RATE,), reading.fill),
    Workload("POP3 RETR, 4 KB", reading.pop3, (rate(0.8),), reading.fill),
)


def workloads(sessions: int) -> tuple[Workload, ...]:
    """All of them; so many are in IDLE."""
    return (
        *_SINGLE,
        Workload(
            f"IDLE, {sessions:,} sessions".replace(",", " "),
            idling.idle(sessions),
            (
                Figure("KiB a session", _kib, lower_is_better=True, goal=10.0, ceiling=20.0),
                Figure("ms to EXISTS, p99", lambda sample: sample.latency_ms(0.99), lower_is_better=True, ceiling=50.0),
            ),
        ),
        Workload(
            f"IDLE over TLS, {sessions:,} sessions".replace(",", " "),
            idling.idle_over_tls(sessions),
            (Figure("KiB a session", _kib, lower_is_better=True, ceiling=80.0),),
            ours_only=True,
        ),
        Workload(
            f"{sharing.SESSIONS} sessions on a folder {sharing.LARGER} times as large",
            sharing.open_together,
            (Figure("MiB for all", lambda sample: _kib(sample) / 1024, lower_is_better=True, ceiling=40.0),),
            sharing.fill,
            ours_only=True,
        ),
        Workload(
            "LMTP while all workers list a million messages",
            fairness.deliver_beside_listings,
            (Figure("ms to 250, p99", lambda sample: sample.latency_ms(0.99), lower_is_better=True, ceiling=10.0),),
            fairness.fill,
            ours_only=True,
        ),
    )


@contextmanager
def all_peers(workers: int) -> Iterator[list[Peer]]:
    """Every server, started; the one that is not asked costs nothing but memory."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="skrytka-bench-")))
        folder.chmod(0o755)
        peers: list[Peer] = []
        for make in (
            lambda: Dovecot(folder / "plain", "plain"),
            lambda: Dovecot(folder / "tuned", "tuned"),
            lambda: Skrytka(folder / "skrytka", workers),
        ):
            peers.append(make())
            stack.callback(peers[-1].stop)
        yield peers


def compare(
    workloads: Sequence[Workload], rounds: int, seconds: float, messages: int, workers: int
) -> Iterator[tuple[list[Compared], list[Detail]]]:
    """One workload after the other, in each round every server in turn."""
    with all_peers(workers) as peers:
        filled: set[object] = set()
        for workload in workloads:
            asked = [peer for peer in peers if peer.name == Skrytka.name or not workload.ours_only]
            if workload.fill is not None and workload.fill not in filled:
                filled.add(workload.fill)
                for peer in asked:
                    uvloop.run(_made(workload.fill(peer, messages)))
            samples = _samples(workload, asked, rounds, seconds)
            yield _compared(workload, samples), [_detail(workload, name, found) for name, found in samples.items()]


def _samples(workload: Workload, peers: Sequence[Peer], rounds: int, seconds: float) -> dict[str, list[Sample]]:
    samples: dict[str, list[Sample]] = {peer.name: [] for peer in peers}
    for _ in range(rounds):
        for peer in peers:
            samples[peer.name].append(uvloop.run(_bounded(workload.run(peer, seconds), seconds)))
    work = {name: [sample.work for sample in found] for name, found in samples.items()}
    assert len(set(map(tuple, work.values()))) == 1, f"{workload.name}: the servers did not do the same work: {work}"
    return samples


async def _made(filling: Awaitable[None]) -> None:
    await filling


async def _bounded(run: Awaitable[Sample], seconds: float) -> Sample:
    """A server that stops answering ends the benchmark, and does not hang it."""
    async with asyncio.timeout(120 + 10 * seconds):
        return await run


def _compared(workload: Workload, samples: dict[str, list[Sample]]) -> list[Compared]:
    found = []
    for figure in workload.figures:
        medians = {name: statistics.median(map(figure.of, rounds)) for name, rounds in samples.items()}
        ours = medians[Skrytka.name]
        theirs = [median for name, median in medians.items() if name != Skrytka.name]
        ratio = None
        if theirs:
            ratio = min(theirs) / ours if figure.lower_is_better else ours / max(theirs)
        found.append(Compared(workload.name, figure.unit, medians, ratio, figure.goal, figure.ceiling))
    return found


def _detail(workload: Workload, name: str, rounds: Sequence[Sample]) -> Detail:
    def median(of: Callable[[Sample], float]) -> float:
        return statistics.median(map(of, rounds))

    return Detail(
        workload.name,
        name,
        median(lambda sample: sample.rate),
        median(lambda sample: sample.latency_ms(0.5)),
        median(lambda sample: sample.latency_ms(0.99)),
        median(lambda sample: sample.cpu_s / sample.operations * 1_000),
        median(lambda sample: sample.memory_octets / 2**20),
    )
