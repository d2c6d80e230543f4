"""``make bench``: every row with its median and spread; the exit status says whether all goals were reached."""

from __future__ import annotations

import argparse
import itertools
import sys

from tests.bench import imap_format, mime, rows, service, write_path


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("--rounds", type=int, default=5, help="how often each row is measured")
    parser.add_argument("--seconds", type=float, default=2.0, help="how long each round under load lasts")
    given = parser.parse_args()
    found = itertools.chain(
        mime.measure(given.rounds),
        imap_format.measure(given.rounds),
        write_path.measure(given.rounds, given.seconds),
        service.measure(given.rounds, given.seconds),
    )
    return 0 if rows.show(found) else 1


if __name__ == "__main__":
    sys.exit(main())
