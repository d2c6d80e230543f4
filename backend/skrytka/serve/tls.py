"""Certificates: the context that all listeners share, reloaded in place; a first start has a pair made."""

from __future__ import annotations

import fcntl
import ssl
from pathlib import Path

from skrytka import settings
from skrytka.blobs.folders import make_folder
from skrytka.connections.tls_context import ServerContext


def files(tls: settings.Tls, data_dir: Path) -> tuple[Path, Path]:
    """Certificate and key as set, else the pair in the data directory."""
    if bool(tls.certificate) != bool(tls.key):
        missing = "tls.key" if tls.certificate else "tls.certificate"
        raise settings.SettingsError(f"{missing}: certificate and key are set together or not at all")
    if tls.certificate:
        return Path(tls.certificate), Path(tls.key)
    return data_dir / "tls" / "certificate.pem", data_dir / "tls" / "key.pem"


def server_context(certificate: Path, key: Path, client_ca: str = "") -> ServerContext:
    """TLS 1.2 and later, without renegotiation, which would have a client cost one handshake after the other.

    With ``client_ca`` clients may show a certificate, and are sent away with one of another authority.
    ``SettingsError`` when the files do not make a pair, or cannot be read.
    """
    context = ServerContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.options |= ssl.OP_NO_RENEGOTIATION
    load(context, certificate, key)
    if client_ca:
        _ask_for_certificates(context, client_ca)
    return context


def _ask_for_certificates(context: ssl.SSLContext, client_ca: str) -> None:
    try:
        context.load_verify_locations(client_ca)
    except FileNotFoundError:
        raise settings.SettingsError(f"tls.client_ca: there is no file {client_ca}") from None
    except ssl.SSLError:
        raise settings.SettingsError(f"tls.client_ca: {client_ca} is no PEM file of certificates") from None
    except OSError as error:
        raise settings.SettingsError(f"tls.client_ca: {client_ca} cannot be read: {error.strerror}") from None
    context.verify_mode = ssl.CERT_OPTIONAL


def load(context: ServerContext, certificate: Path, key: Path) -> None:
    """Load, or reload in place: handshakes from now on use the files as they are now.

    A throw-away context takes them first, because one that failed half-way would answer with a broken pair.
    """
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(certificate, key, password="")
        context.load_cert_chain(certificate, key, password="")
        context.bind(certificate)
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


def ensure_self_signed(certificate: Path, key: Path, hostname: str) -> bool:
    """Make the pair unless it is there; True when it was made. Two services that start at once on one folder agree."""
    make_folder(certificate.parent, 0o700)
    with (certificate.parent / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if certificate.exists() and key.exists():
            return False
        # Only a first start needs what this imports.
        from skrytka.serve.self_signed import make_self_signed  # noqa: PLC0415

        make_self_signed(certificate, key, hostname)
        return True
