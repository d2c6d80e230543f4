"""Clients that mean harm, against whole services. "Bounded" is memory or a count, never the clock."""

from __future__ import annotations

import contextlib
import re
import shutil
import socket
import ssl
import subprocess
import threading
import zlib
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.live.conftest import StartService
from tests.live.dialogue import Dialogue
from tests.live.serving import Service

PASSWORD = "open sesame"
MIB = 1024 * 1024
COMMANDS = 10_000


def resident(service: Service) -> int:
    """Octets of all workers together that are in memory."""
    status = [Path(f"/proc/{pid}/status").read_text() for pid in service.workers()]
    return sum(int(re.findall(r"VmRSS:\s+(\d+) kB", each)[0]) * 1024 for each in status)


@contextlib.contextmanager
def at_most(service: Service, octets: int) -> Iterator[None]:
    """The workers grow by no more while the block runs; looked at again and again."""
    before, most, over = resident(service), 0, threading.Event()

    def watch() -> None:
        nonlocal most
        while not over.wait(0.02):
            most = max(most, resident(service))

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        yield
    finally:
        over.set()
        watcher.join()
    assert most - before <= octets, f"the workers grew by {(most - before) / MIB:.1f} MiB"


def from_address(address: str, port: int) -> socket.socket:
    return socket.create_connection(("127.0.0.1", port), 30, source_address=(address, 0))


def lines(client: socket.socket, count: int) -> list[bytes]:
    with client.makefile("rb") as file:
        return [file.readline() for _ in range(count)]


# Guessing


def test_guessing_is_slowed_down_by_all_workers_and_front_ends_together(start_service: StartService) -> None:
    """Forty guesses over IMAP and POP3, spread over two workers: ten are tried. From another address the password works."""
    limit = 10
    service = start_service(
        {
            "auth.failures_per_address": str(limit),
            "auth.failures_per_login": "1000",
            "auth.failure_decay_s": "3600",
            "auth.argon2_concurrency": "1",
            "imap.login_failure_delay_s": "0",
            "pop3.login_failure_delay_s": "0",
        }
    )
    ann = service.new_mailbox(PASSWORD)
    answers: Counter[str] = Counter()

    def guess_imap() -> None:
        with from_address("127.0.0.9", service.ports["imap.listen"]) as client:
            client.sendall(f"a LOGIN {ann} wrong\r\n".encode())
            answers[re.findall(rb"\[(\w+)\]", lines(client, 2)[1])[0].decode()] += 1

    def guess_pop3() -> None:
        with from_address("127.0.0.9", service.ports["pop3.listen"]) as client:
            client.sendall(f"USER {ann}\r\nPASS wrong\r\n".encode())
            answers[re.findall(rb"\[([\w/]+)\]", lines(client, 3)[2])[0].decode()] += 1

    guesses = [threading.Thread(target=each) for each in (guess_imap, guess_pop3) * 20]
    for each in guesses:
        each.start()
    for each in guesses:
        each.join()
    tried = answers["AUTHENTICATIONFAILED"] + answers["AUTH"]
    assert limit <= tried <= limit + 1, answers  # each worker but the first may have one more under way
    assert answers["UNAVAILABLE"] + answers["SYS/TEMP"] == 40 - tried, answers
    assert answers["UNAVAILABLE"]
    assert answers["SYS/TEMP"]

    for address, status in (("127.0.0.9", b"NO [UNAVAILABLE]"), ("127.0.0.10", b"OK ")):
        with from_address(address, service.ports["imap.listen"]) as client:
            client.sendall(f'a LOGIN {ann} "{PASSWORD}"\r\n'.encode())
            assert lines(client, 2)[1].startswith(b"a " + status)
    _, counted = service.request("GET", "/metrics")
    assert b'skrytka_guessing_total{kind="address"} 1.0' in counted
    assert re.search(rb'skrytka_logins_total\{outcome="too_many_failures",protocol="imap"\} [1-9]', counted)
    assert f"{limit} failures of late from 127.0.0.9: slowed down from now on" in service.log()


def test_wrong_keys_are_refused_after_a_while_and_the_right_one_is_not(start_service: StartService) -> None:
    service = start_service(
        {"auth.failures_per_address": "3", "auth.failure_decay_s": "3600", "auth.longest_delay_s": "0.1"},
        plugins="rest",
    )
    heads = []
    for turn in range(6):
        with from_address("127.0.0.1", service.ports["rest.listen"]) as client:
            client.sendall(f"GET /v1/domains HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer sk_{turn}_x\r\n\r\n".encode())
            heads.append(client.recv(65_536))
    assert [head.split()[1] for head in heads] == [b"401"] * 3 + [b"429"] * 3
    assert b"retry-after: 3600" in heads[-1].lower()
    assert service.request("GET", "/v1/domains")[0] == 200


# Floods

FLOODS = {
    "imap": b"".join(b"f%d NOOP\r\n" % number for number in range(COMMANDS)),
    "pop3": b"NOOP\r\n" * COMMANDS,
    "lmtp": b"NOOP\r\n" * COMMANDS,
}


@pytest.fixture(scope="module")
def one_worker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """A service of one worker, so that whoever is served beside an attack is served by the attacked.

    What the search index takes is not to be counted as the attack's: it is not made here.
    """
    settings = {"auth.failures_per_address": "1000", "search.index": "false"}
    service = Service(tmp_path_factory.mktemp("abuse") / "var", settings, workers=1).start()
    yield service
    service.stop()
    assert "Traceback" not in service.log(), service.log()


def logged_in(service: Service, front_end: str, address: str) -> Dialogue:
    client = Dialogue(service.ports[f"{front_end}.listen"], timeout_s=60.0)
    client.line()
    if front_end == "imap":
        client.command(f'LOGIN {address} "{PASSWORD}"')
        client.command("SELECT INBOX")
    elif front_end == "pop3":
        client.send(f"USER {address}")
        client.send(f"PASS {PASSWORD}")
        assert (client.line()[:3], client.line()[:3]) == (b"+OK", b"+OK")
    else:
        client.send("LHLO flood.example.net")
        while client.line()[3:4] == b"-":
            pass
    return client


@pytest.mark.parametrize("front_end", sorted(FLOODS))
def test_ten_thousand_commands_in_one_write(one_worker: Service, front_end: str) -> None:
    """All are answered, in order, and a session beside gets its answers meanwhile."""
    address = one_worker.new_mailbox(PASSWORD)
    beside = logged_in(one_worker, "imap", one_worker.new_mailbox(PASSWORD))
    flooding = logged_in(one_worker, front_end, address)
    answered = threading.Event()
    served = 0

    def be_served() -> None:
        nonlocal served
        while not answered.is_set():
            beside.command("NOOP")
            served += 1

    meanwhile = threading.Thread(target=be_served)
    with flooding, beside, at_most(one_worker, 24 * MIB):
        meanwhile.start()
        writer = threading.Thread(target=flooding.socket.sendall, args=(FLOODS[front_end],))
        writer.start()
        with flooding.socket.makefile("rb") as file:
            got = [file.readline() for _ in range(COMMANDS)]
        answered.set()
        writer.join()
        meanwhile.join()
    if front_end == "imap":
        assert [line.split()[:2] for line in got] == [[b"f%d" % number, b"OK"] for number in range(COMMANDS)]
    else:
        assert {line[:3] for line in got} == {b"+OK" if front_end == "pop3" else b"250"}
    assert served >= 20, "the flood kept the other session waiting"


@pytest.mark.parametrize("front_end", sorted(FLOODS))
def test_a_flood_whose_answers_nobody_reads_is_held_back(one_worker: Service, front_end: str) -> None:
    """The client's own socket fills up: it is not read from while its answers wait."""
    with logged_in(one_worker, front_end, one_worker.new_mailbox(PASSWORD)) as client, at_most(one_worker, 16 * MIB):
        client.socket.settimeout(2.0)
        with pytest.raises(TimeoutError):
            client.socket.sendall(FLOODS[front_end] * 2_000)


@pytest.mark.parametrize("front_end", sorted(FLOODS))
def test_a_line_without_end_is_not_kept(one_worker: Service, front_end: str) -> None:
    """64 MiB; after login over IMAP as well, where a line may be longer. The login itself, which hashes, is not counted."""
    clients = (
        logged_in(one_worker, front_end, one_worker.new_mailbox(PASSWORD)),
        Dialogue(one_worker.ports[f"{front_end}.listen"]),
    )
    with at_most(one_worker, 16 * MIB):
        for client in clients:
            with client, contextlib.suppress(ConnectionError):
                for _ in range(64):
                    client.socket.sendall(b"x" * MIB)


def test_literals_are_refused_before_they_are_kept(one_worker: Service) -> None:
    """Before login, and after it; those that nobody waits to send, and many small ones in one command."""
    port = one_worker.ports["imap.listen"]
    known = logged_in(one_worker, "imap", one_worker.new_mailbox(PASSWORD))
    with at_most(one_worker, 16 * MIB):
        for opening in (b"a LOGIN {99999999+}\r\n", b"a LOGIN {99999999999999999999+}\r\n"):
            with Dialogue(port) as client, contextlib.suppress(ConnectionError):
                client.line()
                client.socket.sendall(opening)
                assert client.line().startswith(b"a NO [TOOBIG]")
                assert client.line().startswith(b"* BYE")
                for _ in range(64):
                    client.socket.sendall(b"x" * MIB)
        with known as client:
            client.socket.sendall(b"b SEARCH" + b" SUBJECT {1000+}\r\n" + b"x" * 1_000)
            with contextlib.suppress(ConnectionError):
                client.socket.sendall((b" SUBJECT {1000+}\r\n" + b"x" * 1_000) * 5_000 + b"\r\n")
            assert client.line().startswith(b"b NO [TOOBIG]")
            assert client.line().startswith(b"* BAD Too much follows")
            assert client.line().startswith(b"* BYE")


# Deflate bombs


def deflated(piece: bytes, count: int) -> bytes:
    """``piece`` so many times, as COMPRESS=DEFLATE has it on the wire."""
    deflater = zlib.compressobj(9, wbits=-15)
    return b"".join(deflater.compress(piece) for _ in range(count)) + deflater.flush(zlib.Z_SYNC_FLUSH)


BOMBED = {
    "a line without end": (deflated(bytes(MIB), 256), b"* BYE Too much to read past"),
    "commands that are none": (deflated(b"x\r\n" * (MIB // 3), 64), b"* BYE Too many bad commands"),
    "blocks of nothing": (b"\x00\x00\x00\xff\xff" * MIB + b"\xff", b"* BYE What came is not compressed with DEFLATE"),
    "no end of the stream": (b"\x03\x00" + b"x" * MIB, b""),
}


@pytest.mark.parametrize("kind", BOMBED)
def test_a_deflate_bomb_is_inflated_bit_by_bit_and_given_up(one_worker: Service, kind: str) -> None:
    """RFC 4978: a few KiB on the wire that are 256 MiB, and octets that are no data at all. Others are served meanwhile."""
    bomb, end = BOMBED[kind]
    beside = logged_in(one_worker, "imap", one_worker.new_mailbox(PASSWORD))
    with (
        logged_in(one_worker, "imap", one_worker.new_mailbox(PASSWORD)) as client,
        beside,
        at_most(one_worker, 8 * MIB),
    ):
        client.command("COMPRESS DEFLATE")
        with contextlib.suppress(ConnectionError):  # it closes when it has read enough
            client.socket.sendall(bomb)
        beside.command("NOOP")
        inflater, said = zlib.decompressobj(-15), b""
        with contextlib.suppress(ConnectionError):
            while octets := client.socket.recv(65_536):
                said += inflater.decompress(octets)
        assert (said.splitlines() or [b""])[-1] == end
        beside.command("NOOP")


# TLS

STARTTLS = {
    "imap": (b"a STARTTLS\r\nx LOGOUT\r\n", b"a OK", b"b CAPABILITY\r\n", b"* CAPABILITY"),
    "pop3": (b"STLS\r\nQUIT\r\n", b"+OK", b"NOOP\r\n", b"-ERR"),
    "lmtp": (b"STARTTLS\r\nQUIT\r\n", b"220", b"NOOP\r\n", b"250 2.0.0 OK"),
}


@pytest.mark.parametrize("front_end", sorted(STARTTLS))
def test_what_is_slipped_in_before_the_handshake_is_dropped(one_worker: Service, front_end: str) -> None:
    """CVE-2011-0411: a command behind STARTTLS in the same write is neither answered nor obeyed."""
    injected, ready, asked, answer = STARTTLS[front_end]
    trust = ssl.create_default_context(cafile=one_worker.certificate)
    with socket.create_connection(("127.0.0.1", one_worker.ports[f"{front_end}.listen"]), 30) as plain:
        greeting = plain.recv(1_000)
        if front_end == "lmtp":
            plain.sendall(b"LHLO x\r\n")
            while not re.search(rb"^250 .*\n\Z", greeting, re.MULTILINE):
                greeting += plain.recv(1_000)
        plain.sendall(injected)
        assert plain.recv(1_000).startswith(ready)
        with trust.wrap_socket(plain, server_hostname="localhost") as client:
            client.sendall(asked)
            assert client.recv(1_000).startswith(answer)


@pytest.mark.parametrize("front_end", ["imap", "pop3"])
def test_tls_is_not_negotiated_again(one_worker: Service, front_end: str) -> None:
    """With TLS 1.2 a client could ask for one handshake after the other; ``R`` has openssl do so."""
    assert shutil.which("openssl"), "apt-get install openssl"
    asked = subprocess.run(
        ["openssl", "s_client", "-tls1_2", "-connect", f"127.0.0.1:{one_worker.ports[f'{front_end}.listen_tls']}"],
        input=b"R\n",
        capture_output=True,
        timeout=60,
        check=False,
    )
    said = asked.stdout + asked.stderr
    assert b"Protocol  : TLSv1.2" in said or b"New, TLSv1.2" in said, said
    assert b"RENEGOTIATING" in said, said
    assert b"no renegotiation" in said, said
    with Dialogue(one_worker.ports[f"{front_end}.listen"]) as client:
        assert client.line().startswith((b"* OK", b"+OK"))


# MIME bombs


def bomb(kind: str) -> bytes:
    """A mail that costs its reader more than its size, if he lets it. Each is under 8 MiB."""
    head = b"From: a@example.net\r\nSubject: bomb\r\n"
    mixed = b"Content-Type: multipart/mixed; boundary=%b\r\n\r\n"
    match kind:
        case "100 000 parts":
            return head + mixed % b"x" + b"--x\r\n\r\npart\r\n" * 100_000 + b"--x--\r\n"
        case "deep multiparts":
            return head + b"".join(mixed % b"b%d" % n + b"--b%d\r\n" % n for n in range(20_000)) + b"\r\ntext\r\n"
        case "deep mails":
            return head + b"Content-Type: message/rfc822\r\n\r\n" * 100_000 + b"Subject: innermost\r\n\r\ntext\r\n"
        case "boundaries that begin alike":
            parts = b"".join(mixed % (b"a" * n) + b"--" + b"a" * n + b"\r\n" for n in range(1, 70))
            return head + parts + b"\r\n" + b"--a\r\n" * 500_000
        case "continuations":
            many = b"".join(b";\r\n name*%d*=%%41%%42" % n for n in range(40_000))
            return head + b"Content-Type: text/plain" + many + b"\r\n\r\ntext\r\n"
        case "encoded words":
            return head + b"To: " + b"=?utf-7?b?K0FBLQ==?=\r\n " * 40_000 + b"<a@b>\r\n\r\ntext\r\n"
        case "header fields":
            return head + b"X-A: b\r\n" * 125_000 + b"\r\ntext\r\n"
        case "addresses":
            return head + b"To: " + b"a@b,\r\n " * 140_000 + b"c@d\r\n\r\ntext\r\n"
    raise AssertionError(kind)


BOMBS = [
    *("100 000 parts", "deep multiparts", "deep mails", "boundaries that begin alike", "continuations"),
    *("encoded words", "header fields", "addresses"),
]


@pytest.mark.parametrize("kind", BOMBS)
def test_a_mime_bomb_is_delivered_listed_searched_and_read(one_worker: Service, kind: str) -> None:
    """It is a mail like any other: taken over LMTP, listed and searched over IMAP, its beginning read over POP3."""
    address = one_worker.new_mailbox(PASSWORD)
    octets = bomb(kind)
    with at_most(one_worker, 160 * MIB):
        one_worker.deliver(address, octets)
        with logged_in(one_worker, "imap", address) as client:
            [structure] = client.command("FETCH 1 (BODYSTRUCTURE)")
            assert structure.count(b'"7BIT"') <= 10_000, "there are more parts than are ever told"
            assert len(structure) <= 4 * len(octets)
            assert client.command("FETCH 1 (ENVELOPE RFC822.SIZE)")
            assert client.command("SEARCH TEXT bomb") == [b"* SEARCH 1"]
            assert client.command("SEARCH BODY nowhere") == [b"* SEARCH"]
            [whole] = client.command("FETCH 1 (BODY.PEEK[])")
            assert octets in whole
        with logged_in(one_worker, "pop3", address) as client:
            client.send("TOP 1 1")
            assert client.line().startswith(b"+OK")
            top = client.octets_until(b"\r\n.\r\n")
            assert b"\r\nSubject: bomb\r\n" in top
