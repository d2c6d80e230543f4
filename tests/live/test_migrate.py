"""``skrytka migrate``: the schemas are brought to this release, and no bus and no blob store is opened."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

from skrytka.settings import Settings, Store
from skrytka.store import opening, schema
from tests.live.serving import command, environ, run

MIGRATED = "".join(
    f"{name} is at schema version {schema.load(schema.kind_of(name))[-1].number}\n"
    for name in ("directory", "shard-0", "shard-1")
)


async def test_it_migrates_and_may_be_repeated(database_url: str, data_dir: Path) -> None:
    # A bus and a blob store that cannot be opened: a migration does not need them.
    given = {
        "store.url": database_url,
        "store.shards": "2",
        "redis.url": "redis://127.0.0.1:1",
        "blobs.url": "file:///proc/nowhere",
    }
    for _ in range(2):
        done = run("migrate", data_dir=data_dir, given=given)
        assert (done.returncode, done.stdout) == (0, MIGRATED), done.stderr
    settings = Settings(data_dir=str(data_dir), store=Store(url=database_url, shards=2))
    opened = await opening.open_databases(settings, migrating=False)
    await opened.close()


def test_databases_that_do_not_belong_together_stop_it(data_dir: Path) -> None:
    given = {"store.shards": "2"}
    assert run("migrate", data_dir=data_dir, given=given).returncode == 0
    first, second = data_dir / "shard-0.db", data_dir / "shard-1.db"
    second.rename(data_dir / "kept")
    first.rename(second)
    (data_dir / "kept").rename(first)
    done = run("migrate", data_dir=data_dir, given=given)
    assert done.returncode == 2
    assert "the database given for shard-0 is that of shard-1" in done.stderr


def test_a_data_directory_that_may_not_be_written_to_is_one_line(data_dir: Path) -> None:
    """As a volume is in a container that runs as another user."""
    data_dir.chmod(0o500)
    unprivileged = ["setpriv", "--bounding-set=-dac_override"] if os.geteuid() == 0 else []
    done = subprocess.run(
        [*unprivileged, *command(), "migrate"],
        env=environ(data_dir, {}),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 2
    assert done.stderr == f"skrytka: data_dir: {data_dir} may not be written to by user {os.geteuid()}\n"


def test_a_database_that_does_not_answer_is_one_line_and_a_status(data_dir: Path) -> None:
    done = run("migrate", data_dir=data_dir, given={"store.url": "postgresql://skrytka@127.0.0.1:1/skrytka"})
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1].startswith("skrytka: ")
    assert "Traceback" not in done.stderr
