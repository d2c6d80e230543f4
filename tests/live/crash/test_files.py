"""Single files after a power cut at every place there is, with every fate: blobs, and the certificate of a first start."""

from __future__ import annotations

import random
import subprocess
import sys
from pathlib import Path

from skrytka.blobs.files import FileBlobs
from skrytka.errors import NotFound
from skrytka.serve.tls import ensure_self_signed, server_context
from tests.live.crash.disk import records
from tests.live.crash.disk.history import History
from tests.live.crash.disk.power_cut import FATES, Disk
from tests.live.crash.disk.recording import Recording
from tests.live.serving import environ

BLOB = b"blob" * 500
PUT_BLOBS = """
import asyncio, os, sys
from pathlib import Path
from skrytka.blobs.files import FileBlobs

async def main():
    blobs = FileBlobs(Path(sys.argv[1]) / "blobs")
    await blobs.open()
    for key in ("aabb1", "aabb2", "aacc3", "aabb1"):
        await blobs.put(key, b"blob" * 500)
        print(key, os.stat(os.environ["SHIM_LOG"]).st_size, flush=True)

asyncio.run(main())
"""
MAKE_CERTIFICATE = """
import sys
from pathlib import Path
from skrytka.serve.tls import ensure_self_signed

folder = Path(sys.argv[1]) / "tls"
ensure_self_signed(folder / "certificate.pem", folder / "key.pem", "mx.example.org")
"""


def recorded(recording: Recording, program: str) -> str:
    """What the program printed."""
    environment = environ(recording.root, {}) | recording.variables
    command = [sys.executable, "-c", program, str(recording.root)]
    return subprocess.run(command, env=environment, stdout=subprocess.PIPE, check=True, text=True, timeout=60).stdout


def every_disk(recording: Recording, folder: Path, seed: str) -> list[tuple[int, Path]]:
    """A disk for every place and every fate, with the place."""
    log = list(records.read(recording.log))
    history = History(log)
    made = []
    for record in log:
        for fate in FATES:
            disk = Disk(history, record.at, fate, random.Random(f"{seed}/{record.at}/{fate.name}"))
            made.append((record.at, folder / f"{record.at} {fate.name}"))
            disk.put_into(made[-1][1])
    return made


async def test_a_blob_is_there_whole_or_not_and_whole_once_its_put_was_answered(
    recording: Recording, tmp_path: Path, seed: str
) -> None:
    printed = [line.split() for line in recorded(recording, PUT_BLOBS).splitlines()]
    answered_at = {key: int(at) for key, at in reversed(printed)}
    assert len(answered_at) == 3
    for at, folder in every_disk(recording, tmp_path / "cuts", seed):
        blobs = FileBlobs(folder / "blobs")
        await blobs.open()
        for key, answer in answered_at.items():
            try:
                assert await blobs.get(key) == BLOB, (seed, folder.name, key)
            except NotFound:
                assert at < answer, (seed, folder.name, key)


def test_a_certificate_that_was_not_finished_is_made_again(recording: Recording, tmp_path: Path, seed: str) -> None:
    recorded(recording, MAKE_CERTIFICATE)
    for _, folder in every_disk(recording, tmp_path / "cuts", seed):
        certificate, key = folder / "tls" / "certificate.pem", folder / "tls" / "key.pem"
        ensure_self_signed(certificate, key, "mx.example.org")
        server_context(certificate, key)
