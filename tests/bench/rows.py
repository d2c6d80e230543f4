"""What a benchmark reports: rows of several rounds each, some with a goal that ``make bench`` holds."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Iterable

import msgspec


class Row(msgspec.Struct, frozen=True):
    """One figure, measured several times. ``goal`` is at most for times, at least for rates (``unit`` ends in ``/s``)."""

    name: str
    unit: str
    rounds: tuple[float, ...]
    goal: float | None = None

    @property
    def median(self) -> float:
        return statistics.median(self.rounds)

    @property
    def holds(self) -> bool:
        """Whether the median reaches the goal; true without one."""
        if self.goal is None:
            return True
        return self.median >= self.goal if self.unit.endswith("/s") else self.median <= self.goal


def timed(name: str, unit: str, run: Callable[[], object], per: float, rounds: int, goal: float | None = None) -> Row:
    """A row of how long ``run`` takes, in seconds multiplied by ``per``."""
    taken = []
    for _ in range(rounds):
        began = time.perf_counter()
        run()
        taken.append((time.perf_counter() - began) * per)
    return Row(name, unit, tuple(taken), goal)


def show(rows: Iterable[Row]) -> bool:
    """Print each row as it comes; whether all goals were reached."""
    print(f"{'':54} {'median':>10} {'from':>10} {'to':>10}  {'unit':12} goal", flush=True)
    all_hold = True
    for row in rows:
        goal = "" if row.goal is None else f"{row.goal:g} {'reached' if row.holds else 'MISSED'}"
        figures = " ".join(_figure(each) for each in (row.median, min(row.rounds), max(row.rounds)))
        print(f"{row.name:54} {figures}  {row.unit:12} {goal}".rstrip(), flush=True)
        all_hold &= row.holds
    return all_hold


def _figure(value: float) -> str:
    return f"{value:10,.0f}" if value >= 100 else f"{value:10.3g}"
