"""The README's tour, run as it is printed; only addresses are those of a server that the test starts."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

from tests.live.serving import Service

README = Path(__file__).parent.parent.parent / "README.md"
PORTS = {
    "8080": "rest.listen",
    "1143": "imap.listen",
    "1110": "pop3.listen",
    "2424": "lmtp.listen",
}


def tour() -> list[str]:
    chapter = README.read_text().split("## A tour in five minutes", 1)[1].split("\n## ", 1)[0]
    return re.findall(r"```sh\n(.*?)```", chapter, re.DOTALL)


def test_the_tour_works_as_printed(service: Service, tmp_path: Path) -> None:
    script = "set -eu\n" + "\necho ---\n".join(tour())
    for printed, name in PORTS.items():
        script = script.replace(f"127.0.0.1:{printed}", f"127.0.0.1:{service.ports[name]}")
    script = script.replace("var/admin.key", str(service.data_dir / "admin.key"))
    done = subprocess.run(
        ["bash", "-c", script],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        env={"PATH": os.environ["PATH"], "HOME": str(tmp_path), "LANG": "C.UTF-8"},
    )
    assert done.returncode == 0, done.stdout + done.stderr
    _, provisioned, _, read, listed, policy, mistake = done.stdout.split("---\n")
    assert '"address":"ann@example.org"' in provisioned
    assert '* STATUS "INBOX" (MESSAGES 1 UNSEEN 1)' in read
    assert read.count("Welcome to Skrytka.") == 2, "once over IMAP, once over POP3"
    assert '"subject":"Hello"' in listed
    assert '"name":"empty-trash"' in policy
    assert '"field":"quota.storage_octets"' in mistake
    assert '"field":"colour"' in mistake
