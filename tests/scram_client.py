"""The client's side of SCRAM-SHA-256 (RFC 5802, RFC 7677), written from the RFC alone: nothing of ours computes it."""

from __future__ import annotations

import base64
import hashlib
import hmac
from pathlib import Path

from cryptography import x509

NONCE = "rOprNGfwEbeRWgbNEkqO"
SERVER_FIRST = f"r={NONCE}%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096".encode()
"""With the server's nonce and salt of the example in RFC 7677 section 3, which transcripts set."""


class ScramClient:
    """One exchange: ``first``, then ``final`` with what the server answered, then ``accepts`` of its last word."""

    def __init__(self, name: str, password: str, flag: str = "n", binding: bytes = b"", authzid: str = "") -> None:
        self._password = password
        acting = f"a={escaped(authzid)}" if authzid else ""
        self._header = f"{flag},{acting},"
        self._binding = binding
        self._bare = f"n={escaped(name)},r={NONCE}"
        self._server_signature = b""

    def first(self) -> bytes:
        return (self._header + self._bare).encode()

    def final(self, server_first: bytes) -> bytes:
        fields = dict(field.split("=", 1) for field in server_first.decode().split(","))
        assert fields["r"].startswith(NONCE)
        assert len(fields["r"]) > len(NONCE)
        salted = hashlib.pbkdf2_hmac("sha256", self._password.encode(), base64.b64decode(fields["s"]), int(fields["i"]))
        bound = base64.b64encode(self._header.encode() + self._binding).decode()
        without_proof = f"c={bound},r={fields['r']}"
        signed = f"{self._bare},{server_first.decode()},{without_proof}".encode()
        client_key = hmac.digest(salted, b"Client Key", "sha256")
        signature = hmac.digest(hashlib.sha256(client_key).digest(), signed, "sha256")
        proof = bytes(a ^ b for a, b in zip(client_key, signature, strict=True))
        self._server_signature = hmac.digest(hmac.digest(salted, b"Server Key", "sha256"), signed, "sha256")
        return f"{without_proof},p={base64.b64encode(proof).decode()}".encode()

    def accepts(self, server_final: bytes) -> bool:
        return server_final == self.server_final()

    def server_final(self) -> bytes:
        """What the server has to answer to ``final``."""
        return b"v=" + base64.b64encode(self._server_signature)


def end_point(certificate: Path) -> bytes:
    """``tls-server-end-point`` (RFC 5929 section 4.1)."""
    shown = x509.load_pem_x509_certificate(certificate.read_bytes())
    assert shown.signature_hash_algorithm is not None
    return shown.fingerprint(shown.signature_hash_algorithm)


def bound_names(certificate: Path, name: str, password: str) -> dict[str, str]:
    """The messages of SCRAM-SHA-256-PLUS that depend on the server's certificate, in base64, for transcripts: the client's last
    one, what the server answers, and the client's last one of who was shown another certificate."""
    binding = end_point(certificate)
    client, between = (
        ScramClient(name, password, "p=tls-server-end-point", shown) for shown in (binding, bytes(len(binding)))
    )
    messages = {
        "boundfinal": client.final(SERVER_FIRST),
        "boundanswer": client.server_final(),
        "betweenfinal": between.final(SERVER_FIRST),
    }
    return {key: base64.b64encode(message).decode() for key, message in messages.items()}


def escaped(name: str) -> str:
    return name.replace("=", "=3D").replace(",", "=2C")
