"""``tls-server-end-point`` of certificates with every kind of signature (RFC 5929 section 4.1)."""

from __future__ import annotations

import datetime
import hashlib
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.x509.oid import NameOID

from skrytka.connections.tls_context import end_point
from skrytka.serve.tls import load, server_context

RSA = rsa.generate_private_key(65_537, 2_048)
CURVE = ec.generate_private_key(ec.SECP256R1())
ED25519 = ed25519.Ed25519PrivateKey.generate()
Key = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey
Hash = hashes.SHA256 | hashes.SHA384 | hashes.SHA512
DAY = datetime.timedelta(days=1)


def certificate(key: Key, algorithm: Hash | None, pss: padding.PSS | None = None) -> x509.Certificate:
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "mx.example.org " * 4)])
    now = datetime.datetime.now(datetime.UTC)
    made = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    made = made.serial_number(1).not_valid_before(now - DAY).not_valid_after(now + DAY)
    return made.sign(key, algorithm, rsa_padding=pss)


@pytest.mark.parametrize(
    ("key", "algorithm", "pss"),
    [
        (RSA, hashes.SHA256(), None),
        (RSA, hashes.SHA384(), None),
        (RSA, hashes.SHA512(), None),
        (CURVE, hashes.SHA256(), None),
        (CURVE, hashes.SHA384(), None),
        (CURVE, hashes.SHA512(), None),
        *((RSA, each, padding.PSS(padding.MGF1(each), 32)) for each in (hashes.SHA256(), hashes.SHA512())),
    ],
)
def test_it_is_the_hash_by_the_hash_of_the_signature(key: Key, algorithm: Hash, pss: padding.PSS | None) -> None:
    made = certificate(key, algorithm, pss)
    assert end_point(made.public_bytes(serialization.Encoding.DER)) == made.fingerprint(algorithm)


def test_sha_1_counts_as_sha_256() -> None:
    """``cryptography`` signs with SHA-1 no more: the name of the algorithm is put in the place of SHA-256's."""
    octets = certificate(RSA, hashes.SHA256()).public_bytes(serialization.Encoding.DER)
    weak = octets.replace(bytes.fromhex("2a864886f70d01010b"), bytes.fromhex("2a864886f70d010105"))
    assert weak != octets
    assert end_point(weak) == hashlib.sha256(weak).digest()


def test_a_signature_without_a_hash_has_none() -> None:
    assert end_point(certificate(ED25519, None).public_bytes(serialization.Encoding.DER)) == b""


def test_a_reloaded_certificate_is_the_one_that_counts(tmp_path: Path) -> None:
    """The first of the file, whatever stands before and behind it."""
    pem, key = tmp_path / "certificate.pem", tmp_path / "key.pem"
    first, second, issuer = (certificate(CURVE, hashes.SHA256()) for _ in range(3))
    key.write_bytes(
        CURVE.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    pem.write_bytes(
        b"Subject: CN = mx\n" + b"".join(each.public_bytes(serialization.Encoding.PEM) for each in (first, issuer))
    )
    context = server_context(pem, key)
    assert context.end_point == first.fingerprint(hashes.SHA256())
    pem.write_bytes(second.public_bytes(serialization.Encoding.PEM))
    load(context, pem, key)
    assert context.end_point == second.fingerprint(hashes.SHA256()) != first.fingerprint(hashes.SHA256())
