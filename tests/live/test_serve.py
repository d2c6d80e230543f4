"""``skrytka serve`` as its operator sees it: ports, workers, draining, certificates, proxies, faults in settings."""

from __future__ import annotations

import contextlib
import imaplib
import os
import poplib
import re
import signal
import smtplib
import socket
import ssl
import struct
import subprocess
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from skrytka.connections.proxy_protocol import SIGNATURE
from skrytka.serve.self_signed import make_self_signed
from tests.live.conftest import StartService
from tests.live.serving import DidNotStart, Service, command, environ, run
from tests.live.waiting import until
from tests.servers import free_port

PASSWORD = "open sesame"
ANN = "ann@example.org"
MAIL = b"From: bob@example.net\r\nTo: ann@example.org\r\nSubject: Hello\r\n\r\nHi Ann.\r\n"


@contextlib.contextmanager
def connection(service: Service, key: str, sent: bytes = b"") -> Iterator[socket.socket]:
    with socket.create_connection(("127.0.0.1", service.ports[key]), timeout=20) as client:
        client.sendall(sent)
        yield client


def read_line(client: socket.socket) -> bytes:
    line = b""
    while not line.endswith(b"\n"):
        octet = client.recv(1)
        if not octet:
            break
        line += octet
    return line


def read_all(client: socket.socket) -> bytes:
    octets = b""
    while more := client.recv(65_536):
        octets += more
    return octets


def served(client: socket.socket) -> bool:
    """False for a connection that was closed, or reset because octets lay unread, before anything was said."""
    with contextlib.suppress(ConnectionResetError):
        return client.recv(1) != b""
    return False


def alive(pid: int) -> bool:
    with contextlib.suppress(FileNotFoundError):
        return Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2][0] != "Z"
    return False


def served_certificate(service: Service) -> str:
    return ssl.get_server_certificate(("127.0.0.1", service.ports["imap.listen_tls"]))


def test_a_mail_goes_in_and_out_by_every_way(service_on_engine: Service) -> None:
    service = service_on_engine
    assert service.request("GET", "/healthz/ready")[0] == 200
    service.provision(ANN, PASSWORD)
    with smtplib.LMTP("127.0.0.1", service.ports["lmtp.listen"]) as lmtp:
        assert lmtp.sendmail("bob@example.net", [ANN], MAIL) == {}
    trust = ssl.create_default_context(cafile=service.certificate)
    trust.check_hostname = False
    pop3 = poplib.POP3("127.0.0.1", service.ports["pop3.listen"])
    pop3.stls(trust)
    pop3.user(ANN)
    pop3.pass_(PASSWORD)
    assert b"Subject: Hello" in pop3.retr(1)[1]
    pop3.quit()
    with imaplib.IMAP4_SSL("127.0.0.1", service.ports["imap.listen_tls"], ssl_context=trust) as imap:
        imap.login(ANN, PASSWORD)
        assert imap.select() == ("OK", [b"1"])
        _, [(_, octets), _] = imap.fetch("1", "(BODY[])")  # type: ignore[misc]
        assert octets.endswith(MAIL)  # type: ignore[union-attr]


def test_it_says_where_it_serves_and_where_the_key_is(service: Service) -> None:
    lines = service.output().splitlines()
    for key, port in service.ports.items():
        assert f"{key} is ready on 127.0.0.1:{port}" in lines
    key_file = service.data_dir / "admin.key"
    assert f"The first key is in {key_file}" in lines
    assert key_file.stat().st_mode & 0o777 == 0o600
    assert (service.data_dir / "tls" / "key.pem").stat().st_mode & 0o777 == 0o600
    assert any("self-signed" in line and "was made" in line for line in lines)


def test_the_first_key_is_made_where_keys_are_asked_for(start_service: StartService, tmp_path: Path) -> None:
    """A process that customers connect to holds no key to everything, whichever starts first."""
    imap = start_service(workers=1, plugins="imap", data_dir=tmp_path / "var")
    assert not (imap.data_dir / "admin.key").exists()
    assert "The first key" not in imap.output()
    rest = start_service(workers=1, plugins="rest", data_dir=imap.data_dir)
    assert rest.api("GET", "/keys")


def test_signals_that_come_before_it_serves_do_it_no_harm(tmp_path: Path) -> None:
    """A renewed certificate or a new release may fall into its start; their default is to end it."""
    started = threading.Event()
    data_dir = tmp_path / "var"

    def send_often(service: Service) -> None:
        until(data_dir.exists, "it does not begin")
        while not started.wait(0.02):
            for number in (signal.SIGHUP, signal.SIGUSR2):
                service.process.send_signal(number)

    service = Service(data_dir, plugins="imap")
    with ThreadPoolExecutor(1) as threads:
        sending = threads.submit(send_often, service)
        try:
            service.start()  # not in a thread: it would end with it
        finally:
            started.set()
    sending.result()
    try:
        until(lambda: len(service.workers()) == 2, "workers are missing")
        log = service.log()
        assert "could not start" not in log, log
        assert "Traceback" not in log, log
        assert service.stop() == 0
    finally:
        service.kill()


def test_a_port_that_is_taken_stops_the_start(start_service: StartService, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as foreign:
        taken = f"127.0.0.1:{foreign.getsockname()[1]}"
        with pytest.raises(DidNotStart) as failure:
            Service(tmp_path / "var", {"pop3.listen": taken}).start()
    assert failure.value.status == 2
    assert failure.value.output == f"skrytka: pop3.listen: {taken} is taken, another process listens there\n"


def test_a_second_service_shares_the_data_but_not_the_ports(service: Service, start_service: StartService) -> None:
    address = f"127.0.0.1:{service.ports['imap.listen']}"
    with pytest.raises(DidNotStart) as failure:
        start_service({"imap.listen": address}, data_dir=service.data_dir)
    assert failure.value.output == f"skrytka: imap.listen: {address} is taken, another process listens there\n"
    second = start_service(data_dir=service.data_dir)
    service.provision(ANN, PASSWORD)
    with imaplib.IMAP4("127.0.0.1", second.ports["imap.listen"]) as imap:
        assert imap.login(ANN, PASSWORD)[0] == "OK"
        assert imap.append("INBOX", "", "", MAIL)[0] == "OK"
    assert second.stop() == 0
    with imaplib.IMAP4("127.0.0.1", service.ports["imap.listen"]) as imap:
        imap.login(ANN, PASSWORD)
        assert imap.select() == ("OK", [b"1"])


def test_connections_that_wait_for_a_dead_worker_are_served_by_its_successor(start_service: StartService) -> None:
    service = start_service(workers=1, plugins="imap")
    [first] = service.workers()
    os.kill(first, signal.SIGSTOP)
    clients = [socket.create_connection(("127.0.0.1", service.ports["imap.listen"]), timeout=30) for _ in range(100)]
    os.kill(first, signal.SIGKILL)
    greetings = [read_line(client) for client in clients]
    assert [greeting[:4] for greeting in greetings] == [b"* OK"] * 100
    for client in clients:
        client.close()
    [second] = service.workers()
    assert second != first
    assert f"worker 1 (process {first}) ended with status -9, it starts again" in service.log()


def test_a_worker_that_dies_takes_only_its_own_sessions(service: Service) -> None:
    service.provision(ANN, PASSWORD)
    before = service.workers()
    os.kill(before[0], signal.SIGKILL)
    until(lambda: len(service.workers()) == 2 and service.workers() != before, "no successor started")
    for _ in range(20):
        with imaplib.IMAP4("127.0.0.1", service.ports["imap.listen"], timeout=20) as imap:
            assert imap.login(ANN, PASSWORD)[0] == "OK"
    assert service.request("GET", f"/v1/mailboxes/{ANN}")[0] == 200


def test_sigterm_says_goodbye_and_takes_what_is_queued(start_service: StartService) -> None:
    service = start_service(workers=1)
    with contextlib.ExitStack() as stack:
        idle = {key: stack.enter_context(connection(service, key)) for key in ("imap.listen", "lmtp.listen")}
        for client in idle.values():
            assert read_line(client) != b""
        [worker] = service.workers()
        os.kill(worker, signal.SIGSTOP)
        queued = [stack.enter_context(connection(service, "imap.listen")) for _ in range(40)]
        service.process.send_signal(signal.SIGTERM)
        os.kill(worker, signal.SIGCONT)
        assert [read_all(client)[:2] for client in queued] == [b"* "] * 40
        assert read_all(idle["imap.listen"]).startswith(b"* BYE ")
        assert read_all(idle["lmtp.listen"]).startswith(b"421 ")
    assert service.process.wait(20) == 0
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", service.ports["imap.listen"]))


def test_draining_is_bounded(start_service: StartService) -> None:
    service = start_service({"serve.drain_timeout_s": "0.5"}, workers=1, plugins="lmtp,rest")
    service.provision(ANN, PASSWORD)
    sent = b"LHLO x\r\nMAIL FROM:<>\r\nRCPT TO:<ann@example.org>\r\nDATA\r\nSubject: never ends\r\n"
    with connection(service, "lmtp.listen", sent):
        assert service.stop() == 0


def test_workers_end_when_the_supervisor_dies(service: Service) -> None:
    workers = service.workers()
    assert len(workers) == 2
    service.process.kill()
    service.process.wait()
    until(lambda: not any(alive(pid) for pid in workers), "workers outlive their supervisor")
    assert service.log().count("the supervisor has died") == 2


def test_sighup_loads_the_certificate_again(start_service: StartService, tmp_path: Path) -> None:
    certificate, key = tmp_path / "server.pem", tmp_path / "server.key"
    make_self_signed(certificate, key, "one.example.org")
    service = start_service({"tls.certificate": str(certificate), "tls.key": str(key)}, plugins="imap")
    first = certificate.read_text()
    assert served_certificate(service) == first
    make_self_signed(certificate, key, "two.example.org")
    second = certificate.read_text()
    service.process.send_signal(signal.SIGHUP)
    until(lambda: service.log().count("certificate loaded again") == 2, "not loaded again")
    assert {served_certificate(service) for _ in range(20)} == {second}
    key.write_text("broken")
    service.process.send_signal(signal.SIGHUP)
    until(lambda: "the certificate stays as it was" in service.log(), "nothing said of the broken key")
    assert served_certificate(service) == second


def test_proxy_protocol_and_trusted_networks(start_service: StartService) -> None:
    service = start_service(
        {
            "imap.proxy_protocol": "listen,listen_tls",
            "imap.tls_ended_upstream": "listen",
            "imap.trusted_networks": "127.0.0.0/8",
            "imap.max_connections_per_address": "1",
            "pop3.proxy_protocol": "listen",
            "pop3.trusted_networks": "192.0.2.0/24",
            "log.level": "info",
        },
        workers=1,
        plugins="imap,pop3",
    )
    body = bytes((198, 51, 100, 7, 127, 0, 0, 1)) + struct.pack("!HH", 40_000, 143)
    header = SIGNATURE + struct.pack("!BBH", 0x21, 0x11, len(body)) + body
    with connection(service, "imap.listen", header + b"A1 CAPABILITY\r\n") as first:
        assert read_line(first).startswith(b"* OK")
        capability = read_line(first)
        assert b"STARTTLS" in capability
        assert b"LOGINDISABLED" not in capability
        with connection(service, "imap.listen", header) as second:
            assert read_line(second).startswith(b"* BYE [UNAVAILABLE] ")
        until(lambda: "too many connections from 198.51.100.7" in service.log(), "the refusal is not logged")
    trust = ssl.create_default_context(cafile=service.certificate)
    with (
        connection(service, "imap.listen_tls", header) as plain,
        trust.wrap_socket(plain, server_hostname="localhost") as client,
    ):
        assert read_line(client).startswith(b"* OK")
    with connection(service, "imap.listen", b"A1 CAPABILITY\r\n" * 3) as client:
        assert not served(client)
    with connection(service, "pop3.listen") as client:
        assert not served(client)
    until(lambda: "this network is not trusted" in service.log(), "the refusal is not logged")


def test_a_client_that_does_not_read_is_cut_off(start_service: StartService) -> None:
    """``write_stall_s`` and ``least_octets_per_s``."""
    settings = {"imap.write_stall_s": "0.5", "imap.least_octets_per_s": "1000"}
    service = start_service(settings, workers=1, plugins="imap")
    with connection(service, "imap.listen") as client:
        client.settimeout(20)
        with pytest.raises(ConnectionError):
            client.sendall(b"a CAPABILITY\r\n" * 10_000_000)


def test_metrics_are_those_of_all_workers(service: Service) -> None:
    with contextlib.ExitStack() as stack:
        for _ in range(20):
            client = stack.enter_context(connection(service, "imap.listen"))
            assert read_line(client).startswith(b"* OK")
        metrics = service.request("GET", "/metrics")[1].decode()
    assert 'skrytka_connections_open{listener="imap.listen"} 20.0' in metrics
    assert 'skrytka_connections_accepted_total{listener="imap.listen"} 20.0' in metrics
    assert re.search(r"^skrytka_workers 2\.0$", metrics, re.M)
    os.kill(service.workers()[0], signal.SIGKILL)
    until(lambda: b"skrytka_workers 2.0" in service.request("GET", "/metrics")[1], "no successor is counted")
    metrics = service.request("GET", "/metrics")[1].decode()
    assert 'skrytka_connections_accepted_total{listener="imap.listen"} 20.0' in metrics


def test_clients_that_break_off_leave_no_traceback(service: Service) -> None:
    """The fixture looks for tracebacks when the service has stopped."""
    starts = (b"", b"A1 LOG", b"\x16\x03\x01", b"A1 STARTTLS\r\n", b"STLS\r\n", b"LHLO x\r\nDATA\r\n", b"\x00" * 9_000)
    for key in service.ports:
        for sent in starts:
            for hard in (False, True):
                with connection(service, key, sent) as client:
                    if hard:
                        client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    assert service.request("GET", "/healthz/ready")[0] == 200
    assert service.stop() == 0
    assert "bug" not in service.log()


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (
            {"imap.lisen": "127.0.0.1:1"},
            "imap.lisen: there is no such setting, did you mean listen? (the environment's SKRYTKA_IMAP__LISEN)",
        ),
        (
            {"serve.workers": "many"},
            "serve.workers: Expected `int`, got `str` (the environment's SKRYTKA_SERVE__WORKERS)",
        ),
        ({"imap.listen": "nonsense"}, "imap.listen: 'nonsense' is neither host:port nor [IPv6]:port"),
        ({"imap.listen": "192.0.2.1:1143"}, "imap.listen: 192.0.2.1:1143 is no address of this machine"),
        (
            {"serve.plugins": "imap,absent"},
            "serve.plugins: no installed package has the plugin 'absent' (there are: imap, lmtp, pop3, rest)",
        ),
        ({"tls.certificate": "/x.pem"}, "tls.key: certificate and key are set together or not at all"),
        ({"tls.certificate": "/", "tls.key": "/"}, "tls.key: / or / cannot be read: Is a directory"),
        ({"blobs.url": "ftp://x"}, "blobs.url: 'ftp://x' is neither empty nor file:///path"),
    ],
)
def test_a_wrong_setting_stops_the_start_with_one_line(tmp_path: Path, given: dict[str, str], message: str) -> None:
    ports = {key: f"127.0.0.1:{free_port()}" for key in ("imap.listen", "imap.listen_tls", "rest.listen")}
    result = run("serve", data_dir=tmp_path / "var", given={"serve.plugins": "imap,rest", **ports, **given})
    lines = [line for line in result.stderr.splitlines() if " info supervisor " not in line]
    assert lines == [f"skrytka: {message}"]
    assert result.returncode == 2


def test_the_command_line(tmp_path: Path) -> None:
    data_dir = tmp_path / "var"
    assert run("version", data_dir=data_dir).stdout == "0.1.0\n"
    secret = run("key", "create", "panel", data_dir=data_dir).stdout.strip()
    assert secret.startswith("sk_")
    [listed] = run("key", "list", data_dir=data_dir).stdout.splitlines()
    assert listed.endswith("  never used  panel")
    key_id = listed.split()[0]
    assert run("key", "delete", key_id, data_dir=data_dir).returncode == 0
    again = run("key", "delete", key_id, data_dir=data_dir)
    assert again.returncode == 1
    assert again.stderr.splitlines()[-1] == f"skrytka: There is no key '{key_id}'"
    checked = run("check", "--repair", data_dir=data_dir)
    assert checked.stdout == "Everything agrees.\n"
    assert checked.returncode == 0


def test_a_settings_file(tmp_path: Path) -> None:
    port = free_port()
    config = tmp_path / "skrytka.toml"
    config.write_text(f'[serve]\nplugins = ["lmtp"]\nworkers = 1\n\n[lmtp]\nlisten = "127.0.0.1:{port}"\n')
    process = subprocess.Popen(
        [*command(), "serve", "--config", str(config)],
        env=environ(tmp_path / "var", {}),
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    assert process.stdout is not None
    with process:
        assert process.stdout.readline() == f"lmtp.listen is ready on 127.0.0.1:{port}\n"
        process.terminate()
        process.stdout.read()
    assert process.returncode == 0


def test_plugins_of_the_command_line_go_before_the_settings(tmp_path: Path) -> None:
    given = {"lmtp.listen": f"127.0.0.1:{free_port()}", "imap.listen": "nonsense"}
    process = subprocess.Popen(
        [*command(), "serve", "--plugins", "lmtp", "--data-dir", str(tmp_path / "other")],
        env=environ(tmp_path / "var", given),
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == f"lmtp.listen is ready on {given['lmtp.listen']}\n"
    process.terminate()
    output = process.stdout.read()
    process.stdout.close()
    assert process.wait(30) == 0
    assert str(tmp_path / "other" / "tls" / "certificate.pem") in output
    assert not (tmp_path / "var").exists()
