"""``make bench``: figures of single parts, then the comparison with Dovecot; the exit status says whether all goals were
reached.
"""

from __future__ import annotations

import argparse
import itertools
import sys

from tests.bench import comparison, imap_format, mime, report, rows, write_path
from tests.bench.peers.dovecot import many_watches

WORKERS = 2


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("--rounds", type=int, default=5, help="how often each row is measured")
    parser.add_argument("--seconds", type=float, default=2.0, help="how long each round under load lasts")
    parser.add_argument("--messages", type=int, default=20_000, help="how many the large folder has")
    parser.add_argument("--sessions", type=int, default=1_000, help="how many are in IDLE, a multiple of 100")
    parser.add_argument("--only", default="", help="just the comparisons whose names have this in them")
    parser.add_argument("--save", action="store_true", help="keep the results, and write the README's table from them")
    given = parser.parse_args()
    if given.save and given.only:
        parser.error("--save needs all comparisons")
    good = bool(given.only) or rows.show(_parts(given))
    found = _compare(given)
    if given.save:
        report.save(found)
        report.write_readme(found)
    return 0 if good and all(row.holds for row in found.compared) else 1


def _parts(given: argparse.Namespace) -> itertools.chain[rows.Row]:
    return itertools.chain(
        mime.measure(given.rounds),
        imap_format.measure(given.rounds),
        write_path.measure(given.rounds, given.seconds),
    )


def _compare(given: argparse.Namespace) -> report.Report:
    """All workloads, each line printed as it comes."""
    compared: list[comparison.Compared] = []
    details: list[comparison.Detail] = []
    workloads = [workload for workload in comparison.workloads(given.sessions) if given.only in workload.name]
    with many_watches():
        for row, detail in comparison.compare(workloads, given.rounds, given.seconds, given.messages, WORKERS):
            compared += row
            details += detail
            print(*map(report.detail_line, detail), *map(report.verdict_line, row), sep="\n", flush=True)
    return report.Report(
        report.today(), report.machine(), given.rounds, given.seconds, given.messages, compared, details
    )


if __name__ == "__main__":
    sys.exit(main())
