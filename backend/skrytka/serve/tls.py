"""Certificates: the context that all listeners share, reloaded in place, and the self-signed pair of a first start."""

from __future__ import annotations

import datetime
import fcntl
import ipaddress
import os
import ssl
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from skrytka import settings
from skrytka.blobs.folders import make_folder, sync_folder

_SELF_SIGNED_DAYS = 3_650


def files(tls: settings.Tls, data_dir: Path) -> tuple[Path, Path]:
    """Certificate and key as set, else the pair in the data directory."""
    if bool(tls.certificate) != bool(tls.key):
        missing = "tls.key" if tls.certificate else "tls.certificate"
        raise settings.SettingsError(f"{missing}: certificate and key are set together or not at all")
    if tls.certificate:
        return Path(tls.certificate), Path(tls.key)
    return data_dir / "tls" / "certificate.pem", data_dir / "tls" / "key.pem"


def server_context(certificate: Path, key: Path) -> ssl.SSLContext:
    """TLS 1.2 and later, without renegotiation, which would have a client cost one handshake after the other.

    ``SettingsError`` when the files do not make a pair.
    """
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.options |= ssl.OP_NO_RENEGOTIATION
    load(context, certificate, key)
    return context


def load(context: ssl.SSLContext, certificate: Path, key: Path) -> None:
    """Load, or reload in place: handshakes from now on use the files as they are now.

    A throw-away context takes them first, because one that failed half-way would answer with a broken pair.
    """
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(certificate, key, password="")
        context.load_cert_chain(certificate, key, password="")
    except FileNotFoundError:
        absent = certificate if not certificate.exists() else key
        setting = "tls.certificate" if absent == certificate else "tls.key"
        raise settings.SettingsError(f"{setting}: there is no file {absent}") from None
    except ssl.SSLError as error:
        if error.reason == "KEY_VALUES_MISMATCH":
            raise settings.SettingsError(f"tls.key: {key} does not belong to the certificate {certificate}") from None
        reason = error.reason or "neither is a PEM file"
        raise settings.SettingsError(f"tls.certificate: {certificate} and {key} cannot be loaded: {reason}") from None
    except OSError as error:
        raise settings.SettingsError(f"tls.key: {certificate} or {key} cannot be read: {error.strerror}") from None


def make_self_signed(certificate: Path, key: Path, hostname: str) -> None:
    """Make a pair for ``hostname`` and localhost; key first, so that a crash leaves no certificate without its key."""
    private = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, hostname[:64])])
    now = datetime.datetime.now(datetime.UTC)
    names: list[x509.GeneralName] = [x509.DNSName(each) for each in dict.fromkeys((hostname, "localhost"))]
    names += [x509.IPAddress(ipaddress.ip_address(each)) for each in ("127.0.0.1", "::1")]
    signed = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(private.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=_SELF_SIGNED_DAYS))
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .sign(private, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    _write(key, private.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()), 0o600)
    _write(certificate, signed.public_bytes(pem), 0o644)


def _write(path: Path, octets: bytes, mode: int) -> None:
    """Whole and durable under its name, or not at all: a pair that a power cut left empty would stop every later start."""
    make_folder(path.parent)
    draft = path.with_name(f".{path.name}.new")
    draft.unlink(missing_ok=True)
    with open(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "wb") as file:
        file.write(octets)
        file.flush()
        os.fsync(file.fileno())
    draft.rename(path)
    sync_folder(path.parent)


def ensure_self_signed(certificate: Path, key: Path, hostname: str) -> bool:
    """Make the pair unless it is there; True when it was made. Two services that start at once on one folder agree."""
    make_folder(certificate.parent, 0o700)
    with (certificate.parent / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if certificate.exists() and key.exists():
            return False
        make_self_signed(certificate, key, hostname)
        return True
