"""``python -m tests.fuzz``: atheris on every target for ``--seconds`` each, from the corpus that is kept here.

New octets go to ``.fuzz/<target>``, which git does not know; a finding stands there as ``crash-...``. What is worth keeping is
copied to ``tests/fuzz/inputs/<target>``, and a finding becomes an ordinary test besides.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from pathlib import Path

from tests.fuzz.corpus import FOLDER, WORDS, replay

GROWN = Path(".fuzz")
LONGEST_OCTETS = 4_096
ONE_INPUT_S = 20
MEMORY_MIB = 2_048


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("--seconds", type=int, default=60, help="for each target; 0 only replays what is kept")
    parser.add_argument("target", nargs="*")
    asked = parser.parse_args()
    failed = [name for name in asked.target or sorted(WORDS) if not fuzz(name, asked.seconds)]
    if failed:
        print(f"found something: {', '.join(failed)}; the octets are in {GROWN}", flush=True)
    return 1 if failed else 0


def fuzz(name: str, seconds: int) -> bool:
    """One target in a process of its own, which libFuzzer ends."""
    print(f"{name}: {replay(name)} kept inputs pass", flush=True)
    if seconds <= 0:
        return True
    grown = GROWN / name
    grown.mkdir(parents=True, exist_ok=True)
    (grown / "all-words").write_bytes(b"\0" + b"".join(WORDS[name]))
    words = grown.with_suffix(".words")
    words.write_text("".join(f'"{_escaped(word)}"\n' for word in WORDS[name]))
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "tests.fuzz.instrumented",
            name,
            f"-max_total_time={seconds}",
            f"-max_len={LONGEST_OCTETS}",
            f"-timeout={ONE_INPUT_S}",
            f"-rss_limit_mb={MEMORY_MIB}",
            f"-dict={words}",
            f"-artifact_prefix={grown}-",
            "-print_final_stats=1",
            str(grown),
            *([str(FOLDER / name)] if (FOLDER / name).is_dir() else []),
        ],
        check=False,
    )
    return done.returncode == 0


def _escaped(word: bytes) -> str:
    return "".join(f"\\x{octet:02x}" for octet in word)


if __name__ == "__main__":
    sys.exit(main())
