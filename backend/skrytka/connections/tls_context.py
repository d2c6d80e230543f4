"""The server's side of TLS, with the channel binding that its certificate gives (RFC 5929 section 4)."""

from __future__ import annotations

import hashlib
import re
import ssl
from pathlib import Path

# Object identifiers as they stand in a certificate, of hashes and of signatures that name theirs.
_HASHES: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("sha512", ("0609608648016503040203", "06092a864886f70d01010d", "06082a8648ce3d040304")),
    ("sha384", ("0609608648016503040202", "06092a864886f70d01010c", "06082a8648ce3d040303")),
    ("sha256", ("0609608648016503040201", "06092a864886f70d01010b", "06082a8648ce3d040302")),
    # RSA and ECDSA with SHA-1, RSA with MD5, and RSASSA-PSS that names no hash, which means SHA-1: all count as SHA-256.
    ("sha256", ("06092a864886f70d010105", "06072a8648ce3d0401", "06092a864886f70d010104", "06092a864886f70d01010a")),
)
_PEM = re.compile("-----BEGIN CERTIFICATE-----.+?-----END CERTIFICATE-----", re.DOTALL)
_LONG_LENGTH = 0x80


class ServerContext(ssl.SSLContext):
    """``end_point`` is the binding of connections that begin from now on; empty where the certificate gives none."""

    end_point = b""

    def bind(self, certificate: Path) -> None:
        """Take the binding of a PEM file, whose first certificate is the server's own."""
        found = _PEM.search(certificate.read_text("ascii", "replace"))
        self.end_point = b"" if found is None else end_point(ssl.PEM_cert_to_DER_cert(found[0]))


def end_point(certificate: bytes) -> bytes:
    """``tls-server-end-point`` of a certificate in DER: its hash, by the hash of its signature, SHA-256 instead of weaker ones.

    Empty for signatures that have none (Ed25519) or an unusual one: there is no such binding then.
    """
    algorithm = _signature_algorithm(certificate)
    for name, identifiers in _HASHES:
        if any(bytes.fromhex(each) in algorithm for each in identifiers):
            return hashlib.new(name, certificate).digest()
    return b""


def _signature_algorithm(certificate: bytes) -> bytes:
    """Certificate ::= SEQUENCE { tbsCertificate, signatureAlgorithm, signatureValue } (RFC 5280 section 4.1)."""
    inside, _ = _value(certificate, 0)
    _, behind = _value(certificate, inside)
    start, end = _value(certificate, behind)
    return certificate[start:end]


def _value(der: bytes, at: int) -> tuple[int, int]:
    """Where the value of the element there begins and ends."""
    length, start = der[at + 1], at + 2
    if length >= _LONG_LENGTH:
        start += length - _LONG_LENGTH
        length = int.from_bytes(der[at + 2 : start])
    return start, start + length
