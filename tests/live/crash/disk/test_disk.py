"""The disk that is played: programs that are careless lose something, others do not, and the log misses nothing."""

from __future__ import annotations

import random
import subprocess
import sys
from pathlib import Path

import pytest

from tests.live.crash.disk import records
from tests.live.crash.disk.history import History
from tests.live.crash.disk.power_cut import EVERYTHING, FATES, Disk
from tests.live.crash.disk.recording import Recording

CAREFUL = """
import os, sys
os.chdir(sys.argv[1])
with open("draft", "wb", buffering=0) as file:
    file.write(b"old" * 1000)
    os.fsync(file)
os.rename("draft", "letter")
folder = os.open(".", os.O_RDONLY)
os.fsync(folder)
"""
WITHOUT_FILE_SYNC = CAREFUL.replace("os.fsync(file)", "pass")
WITHOUT_FOLDER_SYNC = CAREFUL.replace("os.fsync(folder)", "pass")
EVERY_CALL = """
import os, shutil, sqlite3, sys
os.chdir(sys.argv[1])
os.makedirs("a/b")
with open("a/b/one", "w") as file:
    file.write("x" * 10000)
    file.flush()
    os.pwrite(file.fileno(), b"yyy", 5)
    os.ftruncate(file.fileno(), 7)
with open("a/b/one", "a") as file:
    file.write("behind")
os.truncate("a/b/one", 9)
os.link("a/b/one", "a/two")
os.replace("a/two", "three")
here = os.open(".", os.O_RDONLY)
os.rename("three", "four", src_dir_fd=here, dst_dir_fd=here)
os.unlink("four", dir_fd=here)
shutil.rmtree(shutil.copytree("a", "c", copy_function=lambda old, new: open(new, "wb").write(open(old, "rb").read())))
open("five", "w").write("gone")
open("five", "w").write("new")
base = sqlite3.connect("base.db")
base.execute("PRAGMA journal_mode = WAL")
base.execute("CREATE TABLE t (a)")
base.executemany("INSERT INTO t VALUES (?)", [("x" * 1000,)] * 100)
base.commit()
"""


def recorded(recording: Recording, program: str) -> History:
    subprocess.run(
        [sys.executable, "-c", program, str(recording.root)], env=recording.variables, check=True, timeout=60
    )
    return History(records.read(recording.log))


def letters(recording: Recording, program: str) -> set[bytes | None]:
    """What may have become of the letter when the power goes after the program's end."""
    history = recorded(recording, program)
    found: set[bytes | None] = set()
    for number in range(60):
        disk = Disk(history, recording.position(), FATES[number % len(FATES)], random.Random(number))
        node = disk.tree().get("letter")
        found.add(None if node is None else disk.octets(node))
    return found


def test_what_was_synced_with_its_folder_is_there(recording: Recording) -> None:
    assert letters(recording, CAREFUL) == {b"old" * 1000}


def test_a_file_that_was_not_synced_may_be_empty_or_zeros_or_torn(recording: Recording) -> None:
    found = letters(recording, WITHOUT_FILE_SYNC)
    assert {b"old" * 1000, b"", bytes(3000)} < found


def test_a_name_that_was_not_synced_may_be_missing(recording: Recording) -> None:
    assert letters(recording, WITHOUT_FOLDER_SYNC) == {None, b"old" * 1000}


def test_the_log_misses_nothing(recording: Recording) -> None:
    history = recorded(recording, EVERY_CALL)
    assert_same(recording, history)


@pytest.mark.parametrize("call", ["os.posix_fallocate(file, 0, 9)", "os.writev(file, [b'x'])", "os.symlink('a', 'b')"])
def test_what_the_log_does_not_know_ends_the_program(recording: Recording, call: str) -> None:
    program = f"import os, sys\nos.chdir(sys.argv[1])\nfile = os.open('f', os.O_CREAT | os.O_WRONLY)\n{call}"
    with pytest.raises(subprocess.CalledProcessError):
        recorded(recording, program)


def assert_same(recording: Recording, history: History) -> None:
    """The folder as it is, and as the log says that it is."""
    disk = Disk(history, recording.position(), EVERYTHING, random.Random(0))
    tree = disk.tree()
    assert set(tree) == {str(path.relative_to(recording.root)) for path in plain(recording.root)}
    for path, node in tree.items():
        if not node.is_folder and not node.mapped:
            assert disk.octets(node) == (recording.root / path).read_bytes(), path


def plain(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file() or path.is_dir()]
