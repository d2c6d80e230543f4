"""The client libraries that webmailers are made of: ImapFlow for Node.js, and imapclient for Python."""

from __future__ import annotations

import base64
import datetime
import json
import shutil
import ssl
import subprocess
from pathlib import Path

from imapclient import IMAPClient

from tests.live.clients.programs import TIMEOUT_S, environment, wanted
from tests.live.serving import Service
from tests.mails import mail

IMAPFLOW = Path(__file__).parent / "imapflow"
COUNT = 6


def installed_imapflow(tmp_path: Path) -> Path:
    """A folder in which Node.js finds it, as its lock file says; the registry is the machine's."""
    wanted("node")
    wanted("npm")
    home = tmp_path / "imapflow"
    shutil.copytree(IMAPFLOW, home)
    done = subprocess.run(["npm", "ci", "--no-audit", "--no-fund"], cwd=home, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode()
    return home


def test_imapflow(service: Service, tmp_path: Path) -> None:
    home = installed_imapflow(tmp_path)
    address = service.new_mailbox("secret")
    for number in range(COUNT):
        service.upload(address, mail(number))
    port, source = str(service.ports["imap.listen_tls"]), base64.b64encode(mail(50)).decode()
    with subprocess.Popen(
        ["node", "session.mjs", port, address, source],
        cwd=home,
        env=environment(tmp_path),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as session:
        assert session.stderr is not None
        assert session.stderr.readline() == b"idling\n", session.communicate()
        service.deliver(address, mail(51))
        printed, complaints = session.communicate(timeout=TIMEOUT_S)
    assert session.returncode == 0, complaints.decode()
    seen = json.loads(printed)

    folders = {folder["path"]: folder for folder in seen["folders"]}
    assert folders["INBOX"]["messages"] == COUNT
    assert folders["Trash"]["use"] == "\\Trash"
    assert folders["Projects/2026"]["messages"] == 0
    assert seen["exists"] == COUNT
    assert [(message["uid"], message["size"]) for message in seen["messages"]] == [
        (number + 1, len(mail(number))) for number in range(COUNT)
    ]
    assert seen["messages"][3]["subject"].startswith("Mail number 3 about ")
    assert seen["messages"][3]["from"] == "sender3@example.net"
    assert base64.b64decode(seen["source"]) == mail(0)
    assert seen["found"] == [4]
    assert seen["moved"] == [[2, 2], [3, 3]]
    assert seen["copied"] == [[4, 4]]
    assert seen["left"] == [1, 4, 6]
    assert seen["told"] == [[3, 4]]
    assert seen["status"]["messages"] == 4
    assert seen["status"]["unseen"] == 3


def test_imapclient(service: Service) -> None:
    address = service.new_mailbox("secret")
    trust = ssl.create_default_context(cafile=str(service.certificate))
    with IMAPClient("127.0.0.1", service.ports["imap.listen_tls"], ssl_context=trust) as client:
        client.login(address, "secret")
        assert client.has_capability("IDLE")
        assert client.namespace().personal == (("", "/"),)
        client.create_folder("Büro/Überstunden")
        client.subscribe_folder("Büro/Überstunden")
        assert "Büro/Überstunden" in [name for _, _, name in client.list_sub_folders()]
        client.append("INBOX", mail(7), (b"\\Seen",), datetime.datetime(2026, 6, 1, tzinfo=datetime.UTC))
        assert client.select_folder("INBOX")[b"EXISTS"] == 1
        [found] = client.fetch([1], ["ENVELOPE", "BODYSTRUCTURE", "FLAGS", "INTERNALDATE", "RFC822.SIZE"]).values()
        assert found[b"ENVELOPE"].subject.startswith(b"Mail number 7 about ")
        assert found[b"RFC822.SIZE"] == len(mail(7))
        assert b"\\Seen" in found[b"FLAGS"]
        assert client.search(["SINCE", datetime.date(2026, 5, 31), "SEEN"]) == [1]
        assert client.sort(["REVERSE DATE", "SUBJECT"], "SEEN") == [1]
        assert [client.thread(algorithm) for algorithm in ("REFERENCES", "REFS")] == [((1,),), ((1,),)]
        client.add_flags([1], [b"\\Flagged", b"$Todo"])
        assert set(client.get_flags([1])[1]) >= {b"\\Flagged", b"$Todo", b"\\Seen"}
        client.move([1], "Büro/Überstunden")
        assert client.folder_status("Büro/Überstunden")[b"MESSAGES"] == 1
        client.idle()
        service.deliver(address, mail(8))
        assert (1, b"EXISTS") in client.idle_check(timeout=30)
        client.idle_done()
        client.select_folder("Büro/Überstunden")
        client.delete_messages([1])
        client.expunge()
        client.rename_folder("Büro/Überstunden", "Büro/Alt")
        client.delete_folder("Büro/Alt")
