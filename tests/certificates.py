"""Certificates of clients, and the authority that signs them."""

from __future__ import annotations

import datetime
import ssl
from collections.abc import Mapping, Sequence
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

DAY = datetime.timedelta(days=1)
SUBJECT = {"commonName": NameOID.COMMON_NAME, "emailAddress": NameOID.EMAIL_ADDRESS}
PEM = serialization.Encoding.PEM


class Authority:
    """``certificate`` is its file; ``issue`` gives the file of a client's certificate with its key."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(exist_ok=True)
        self._folder = folder
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = _name({"commonName": f"Authority of {folder.name}"})
        made = self._builder(self._name, self._key).add_extension(x509.BasicConstraints(True, 0), True)
        self.certificate = folder / "ca.pem"
        self.certificate.write_bytes(made.sign(self._key, hashes.SHA256()).public_bytes(PEM))

    def issue(self, *emails: str, subject: Mapping[str, str] | None = None, days: int = 2) -> Path:
        """For these ``rfc822Name``; with ``days`` 0 it has run out."""
        key = ec.generate_private_key(ec.SECP256R1())
        made = self._builder(_name(subject or {"commonName": "client"}), key, days)
        made = made.add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CLIENT_AUTH]), False)
        if emails:
            made = made.add_extension(x509.SubjectAlternativeName(_emails(emails)), False)
        path = self._folder / f"client-{len(list(self._folder.iterdir()))}.pem"
        private = key.private_bytes(PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        path.write_bytes(private + made.sign(self._key, hashes.SHA256()).public_bytes(PEM))
        return path

    def _builder(self, name: x509.Name, key: ec.EllipticCurvePrivateKey, days: int = 2) -> x509.CertificateBuilder:
        began = datetime.datetime.now(datetime.UTC) - DAY
        return (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(self._name)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(began)
            .not_valid_after(began + (days + 0.5) * DAY)
        )


def showing(certificate: Path | None) -> ssl.SSLContext:
    """What a client begins TLS with that looks at no server's certificate, and shows its own."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    if certificate is not None:
        context.load_cert_chain(certificate)
    return context


def _name(parts: Mapping[str, str]) -> x509.Name:
    return x509.Name([x509.NameAttribute(SUBJECT[kind], value) for kind, value in parts.items()])


def _emails(emails: Sequence[str]) -> list[x509.GeneralName]:
    return [x509.DNSName("client.example.org"), *(x509.RFC822Name(email) for email in emails)]
