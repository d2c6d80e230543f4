"""SQLite files are refused on network file systems."""

from __future__ import annotations

from pathlib import Path

import pytest

from skrytka.store.engines.file_systems import file_system_of, refuse_network_file_system
from skrytka.store.interface import Unsuitable

MOUNTS = """\
22 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw
31 22 0:26 / /srv/mail rw,relatime shared:2 - nfs4 server:/mail rw,vers=4.2
32 31 8:2 / /srv/mail/local rw,relatime - xfs /dev/sdb1 rw
33 22 0:27 / /srv/with\\040space rw - cifs //server/share rw
34 22 0:28 / /srv/twice rw - nfs server:/old rw
35 22 8:3 / /srv/twice rw - btrfs /dev/sdc1 rw
"""


@pytest.fixture
def mounts(tmp_path: Path) -> Path:
    file = tmp_path / "mountinfo"
    file.write_text(MOUNTS)
    return file


@pytest.mark.parametrize(
    ("folder", "kind"),
    [
        ("/srv", "ext4"),
        ("/srv/mail", "nfs4"),
        ("/srv/mail/var/data", "nfs4"),
        ("/srv/mailbox", "ext4"),
        ("/srv/mail/local/var", "xfs"),
        ("/srv/with space/var", "cifs"),
        ("/srv/twice", "btrfs"),
    ],
)
def test_file_system_of(folder: str, kind: str, mounts: Path) -> None:
    assert file_system_of(Path(folder), mounts) == kind


def test_refusal_names_folder_and_kind(mounts: Path) -> None:
    with pytest.raises(Unsuitable, match=r"/srv/mail/var is on a network file system \(nfs4\)"):
        refuse_network_file_system(Path("/srv/mail/var"), mounts)
    refuse_network_file_system(Path("/srv/mail/local"), mounts)


def test_where_the_kernel_does_not_tell_nothing_is_refused(tmp_path: Path) -> None:
    refuse_network_file_system(Path("/srv/mail"), tmp_path / "none")
