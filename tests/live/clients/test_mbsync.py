"""mbsync keeps 1 000 varied messages the same on both sides, with their flags, over several rounds of changes."""

from __future__ import annotations

import random
from pathlib import Path

from tests.live.clients import maildir
from tests.live.clients.far import FLAGS, Far
from tests.live.clients.programs import private_file, run
from tests.live.serving import Service
from tests.mails import mail

HALF = 500


def rc(home: Path, service: Service, address: str) -> Path:
    return private_file(
        home / "mbsyncrc",
        f"""
IMAPAccount ours
Host 127.0.0.1
Port {service.ports["imap.listen"]}
User {address}
Pass secret
SSLType None
AuthMechs LOGIN

IMAPStore far
Account ours

MaildirStore near
Path {home}/near/
Inbox {home}/near/INBOX
SubFolders Verbatim

Channel all
Far :far:
Near :near:
Patterns INBOX
Create Both
Expunge Both
SyncState *
Sync All
""",
    )


def assert_same(far: Far, near: Path, numbers: set[int]) -> None:
    there, here = far.everything(), maildir.files(near)
    assert set(there) == numbers
    assert set(here) == numbers
    for number in numbers:
        _, flags, octets = there[number]
        assert maildir.comparable(octets) == maildir.comparable(mail(number)), number
        assert maildir.comparable(here[number].read_bytes()) == maildir.comparable(mail(number)), number
        assert maildir.letters(here[number]) == flags, number


def test_both_ways(service: Service, tmp_path: Path) -> None:
    address = service.new_mailbox(password="secret")
    with Far(service, address) as far:
        sync(far, tmp_path, str(rc(tmp_path, service, address)))


def sync(far: Far, home: Path, config: str) -> None:
    dice = random.Random(4)
    near = maildir.make(home / "near" / "INBOX")
    for number in range(HALF):
        far.append(number, frozenset(dice.sample(FLAGS, dice.randrange(4))))
    for number in range(HALF, 2 * HALF):
        maildir.put(near, f"{number}.test", mail(number), "".join(sorted(dice.sample("DFRS", dice.randrange(4)))))
    run("mbsync", "-c", config, "all", home=home)
    numbers = set(range(2 * HALF))
    assert_same(far, near, numbers)

    there, here = far.everything(), maildir.files(near)
    for number in range(0, 2 * HALF, 7):
        far.imap.uid("STORE", there[number][0], "FLAGS.SILENT", "(\\Seen \\Answered)")
    for number in range(3, 2 * HALF, 7):
        path = here[number]
        path.rename(path.parent.parent / "cur" / f"{path.name.partition(':2,')[0]}:2,FS")
    gone_far, gone_near = set(range(1, 2 * HALF, 70)), set(range(2, 2 * HALF, 70))
    far.imap.uid("STORE", ",".join(there[number][0] for number in sorted(gone_far)), "+FLAGS.SILENT", "(\\Deleted)")
    far.imap.expunge()
    for number in gone_near:
        here[number].unlink()
    run("mbsync", "-c", config, "all", home=home)
    assert_same(far, near, numbers - gone_far - gone_near)
    there = far.everything()
    assert there[7][1] == {"\\Seen", "\\Answered"}
    assert there[10][1] == {"\\Seen", "\\Flagged"}
