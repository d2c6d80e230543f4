"""What is stored of a password: argon2id, and the keys of SCRAM-SHA-256 (RFC 5802, RFC 7677). Everything here blocks.

Passwords are prepared as the OpaqueString profile of RFC 8265 section 4.2: other spaces become U+0020, then NFC; control
characters and the empty string are refused. SCRAM has SASLprep on top (RFC 5802 section 2.2); a password that it prohibits, as
one of characters newer than Unicode 3.2, has no SCRAM keys.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
import unicodedata
from collections.abc import Iterator

import argon2
import msgspec
from argon2.exceptions import InvalidHashError, VerificationError

from skrytka.errors import Fault, Invalid
from skrytka.services.faults import refuse
from skrytka.services.saslprep import saslprep
from skrytka.settings import Auth
from skrytka.store.operations.credentials import ScramKeys, Verifiers

PASSWORD_OCTETS = 1_024


class Costs(msgspec.Struct, frozen=True):
    """How dear the verifiers are, from the settings."""

    argon2_time_cost: int
    argon2_memory_kib: int
    scram: bool
    scram_iterations: int

    @classmethod
    def of(cls, auth: Auth) -> Costs:
        return cls(auth.argon2_time_cost, auth.argon2_memory_kib, auth.scram, auth.scram_iterations)

    @property
    def hasher(self) -> argon2.PasswordHasher:
        return argon2.PasswordHasher(time_cost=self.argon2_time_cost, memory_cost=self.argon2_memory_kib, parallelism=1)


def prepare(password: str) -> str:
    """The password as it is hashed; ``Invalid`` when it can be none."""
    if (
        len(password) > 2 * PASSWORD_OCTETS
    ):  # no composing makes it as short as that, and NFC takes long for what is longer
        raise Invalid("password", f"is longer than {PASSWORD_OCTETS} octets")
    spaced = "".join(" " if unicodedata.category(character) == "Zs" else character for character in password)
    prepared = unicodedata.normalize("NFC", spaced)
    refuse(_faults(prepared))
    return prepared


def _faults(prepared: str) -> Iterator[Fault]:
    if not prepared:
        yield Fault("password", "is empty")
    if any(unicodedata.category(character) in ("Cc", "Cs") for character in prepared):
        yield Fault("password", "has a control character")
    if len(prepared.encode(errors="surrogatepass")) > PASSWORD_OCTETS:
        yield Fault("password", f"is longer than {PASSWORD_OCTETS} octets")


def make(prepared: str, costs: Costs) -> Verifiers:
    """Every verifier that the settings ask for."""
    return Verifiers(costs.hasher.hash(prepared), _scram_keys(prepared, costs))


def _scram_keys(prepared: str, costs: Costs) -> ScramKeys | None:
    sasl_prepared = saslprep(prepared) if costs.scram else None
    return None if sasl_prepared is None else scram_keys(sasl_prepared, costs.scram_iterations)


def scram_keys(prepared: str, iterations: int, salt: bytes | None = None) -> ScramKeys:
    """RFC 5802 section 3: StoredKey = H(HMAC(SaltedPassword, "Client Key")), ServerKey = HMAC(SaltedPassword, "Server Key")."""
    salt = salt or secrets.token_bytes(16)
    salted = hashlib.pbkdf2_hmac("sha256", prepared.encode(), salt, iterations)
    client_key = hmac.digest(salted, b"Client Key", "sha256")
    server_key = hmac.digest(salted, b"Server Key", "sha256")
    return ScramKeys(salt, iterations, hashlib.sha256(client_key).digest(), server_key)


def proves(keys: ScramKeys, signed: bytes, proof: bytes) -> bool:
    """RFC 5802 section 3: ClientProof XOR HMAC(StoredKey, AuthMessage) is the key that StoredKey is the hash of."""
    signature = hmac.digest(keys.stored_key, signed, "sha256")
    client_key = (int.from_bytes(signature) ^ int.from_bytes(proof[: len(signature)])).to_bytes(len(signature))
    return len(proof) == len(signature) and hmac.compare_digest(hashlib.sha256(client_key).digest(), keys.stored_key)


def matches(argon2id: str, prepared: str) -> bool:
    try:
        return argon2.PasswordHasher().verify(argon2id, prepared)
    except (VerificationError, InvalidHashError):
        return False


def dummy(costs: Costs) -> str:
    """A verifier that no password matches and that takes as long as a real one, for logins that do not exist."""
    salt, digest = (base64.b64encode(secrets.token_bytes(size)).rstrip(b"=").decode() for size in (16, 32))
    return f"$argon2id$v=19$m={costs.argon2_memory_kib},t={costs.argon2_time_cost},p=1${salt}${digest}"


def outdated(stored: Verifiers, costs: Costs, prepared: str) -> bool:
    """True when a login in plaintext should store better or missing verifiers."""
    return _wants_scram(prepared, stored, costs) or costs.hasher.check_needs_rehash(stored.argon2id)


def _wants_scram(prepared: str, stored: Verifiers, costs: Costs) -> bool:
    if not costs.scram or (stored.scram is not None and stored.scram.iterations == costs.scram_iterations):
        return False
    return saslprep(prepared) is not None


def renew(prepared: str, stored: Verifiers, costs: Costs) -> Verifiers:
    """The verifiers of a password just verified: what is missing or was made with other costs is made, the rest kept."""
    argon2id = stored.argon2id
    if costs.hasher.check_needs_rehash(argon2id):
        argon2id = costs.hasher.hash(prepared)
    scram = stored.scram
    if _wants_scram(prepared, stored, costs):
        scram = _scram_keys(prepared, costs)
    return Verifiers(argon2id, scram)
