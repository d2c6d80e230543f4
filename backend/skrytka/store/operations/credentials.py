"""SQL of credentials: the verifiers of a mailbox's password (design: Logins)."""

from __future__ import annotations

import msgspec

from skrytka.model import MailboxId
from skrytka.store.interface import Tx
from skrytka.store.operations import routes
from skrytka.store.operations.routes import Address, Target

PASSWORD = "password"
"""The name of the one credential that a mailbox has now; application passwords will have names of their own."""


class ScramKeys(msgspec.Struct, frozen=True):
    """What a server keeps for SCRAM-SHA-256 (RFC 5802 section 3)."""

    salt: bytes
    iterations: int
    stored_key: bytes
    server_key: bytes


class Verifiers(msgspec.Struct, frozen=True):
    argon2id: str
    scram: ScramKeys | None


class Credential(msgspec.Struct, frozen=True):
    """``argon2id`` None: no login. ``version`` counts passwords, not verifiers."""

    target: Target
    version: int
    argon2id: str | None
    scram: ScramKeys | None


class VerifiersAdd(msgspec.Struct, frozen=True):
    mailbox_id: MailboxId
    version: int
    verifiers: Verifiers


async def find(tx: Tx, address: Address) -> Credential | None:
    """The credential of the mailbox that an address or alias belongs to."""
    row = await tx.row(
        f"SELECT {routes.TARGET}, c.version, c.argon2id, c.scram_salt, c.scram_iterations, c.scram_stored_key,"
        " c.scram_server_key FROM mailbox m JOIN domain d ON d.name = m.domain"
        f" LEFT JOIN credential c ON c.mailbox_id = m.mailbox_id AND c.name = '{PASSWORD}' WHERE {routes.WHERE}",
        address.domain,
        address.address,
        address.address,
    )
    if row is None:
        return None
    version, argon2id, salt, iterations, stored_key, server_key = row[7:]
    scram = ScramKeys(salt, iterations, stored_key, server_key) if salt is not None else None
    return Credential(routes.read_target(row), version or 0, argon2id, scram)


async def replace(tx: Tx, mailbox_id: MailboxId, verifiers: Verifiers | None, now: int) -> None:
    """Another password, or none: the version rises, so that no process lets the old one in again."""
    scram = verifiers and verifiers.scram
    await tx.execute(
        "INSERT INTO credential (mailbox_id, name, argon2id, scram_salt, scram_iterations, scram_stored_key,"
        " scram_server_key, version, updated_at) VALUES (?, ?, ?, ?, ?, ?, ?, 1, ?) ON CONFLICT (mailbox_id, name)"
        " DO UPDATE SET argon2id = excluded.argon2id, scram_salt = excluded.scram_salt,"
        " scram_iterations = excluded.scram_iterations, scram_stored_key = excluded.scram_stored_key,"
        " scram_server_key = excluded.scram_server_key, version = credential.version + 1,"
        " updated_at = excluded.updated_at",
        mailbox_id,
        PASSWORD,
        verifiers.argon2id if verifiers else None,
        scram.salt if scram else None,
        scram.iterations if scram else None,
        scram.stored_key if scram else None,
        scram.server_key if scram else None,
        now,
    )


async def add_verifiers(tx: Tx, add: VerifiersAdd) -> None:
    """Better or missing verifiers of the same password; nothing when it was changed meanwhile."""
    scram = add.verifiers.scram
    await tx.execute(
        "UPDATE credential SET argon2id = ?, scram_salt = ?, scram_iterations = ?, scram_stored_key = ?,"
        " scram_server_key = ? WHERE mailbox_id = ? AND name = ? AND version = ?",
        add.verifiers.argon2id,
        scram.salt if scram else None,
        scram.iterations if scram else None,
        scram.stored_key if scram else None,
        scram.server_key if scram else None,
        add.mailbox_id,
        PASSWORD,
        add.version,
    )
