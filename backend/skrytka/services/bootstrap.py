"""The first key: from the environment, or made once and written to ``<data_dir>/admin.key``.

Processes that start at the same time agree: on one data directory the first to link the file wins, on one directory database
the first to insert the row.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import secrets
from pathlib import Path

from skrytka.blobs.folders import sync_folder
from skrytka.core import Core
from skrytka.services.keys import digest_of, new_secret
from skrytka.store.operations import api_keys
from skrytka.store.operations.api_keys import KeyWrite

ENVIRONMENT = "SKRYTKA_BOOTSTRAP_KEY"
KEY_ID = "bootstrap"
FILE = "admin.key"
STRONG_LENGTH = 32

_log = logging.getLogger(__name__)


async def bootstrap_key(core: Core) -> str | None:
    """The first key where this process may know it; None when the deployment has keys and this data directory has none of them.

    A key in the environment (any string) always holds, and replaces the one of an earlier start. Without it, a deployment
    that has no key at all gets one, else nobody could enter.
    """
    given = os.environ.get(ENVIRONMENT)
    if given:
        if len(given) < STRONG_LENGTH:
            _log.warning(
                "%s is short: who guesses it may do everything; give %d characters", ENVIRONMENT, STRONG_LENGTH
            )
        await core.directory.write(api_keys.replace, _write(core, given))
        return given
    path = Path(core.settings.data_dir) / FILE
    if await core.directory.read(api_keys.any_key, None):
        secret = await asyncio.to_thread(_read, path)
        known = secret is not None and await core.directory.read(api_keys.find, digest_of(secret)) is not None
        return secret if known else None
    secret = await asyncio.to_thread(_read_or_make, path)
    if await core.directory.write(api_keys.insert_first, _write(core, secret)):
        return secret
    # Another host, with another data directory, was first.
    await asyncio.to_thread(path.unlink, missing_ok=True)
    return None


def _write(core: Core, secret: str) -> KeyWrite:
    return KeyWrite(KEY_ID, "first key", digest_of(secret), int(core.now()))


def _read(path: Path) -> str | None:
    try:
        return path.read_text("ascii").strip() or None
    except FileNotFoundError:
        return None


def _read_or_make(path: Path) -> str:
    """Written whole under another name and linked, so that nobody reads half a key and the first one stays."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{FILE}.{secrets.token_hex(8)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write(new_secret(KEY_ID) + "\n")
            file.flush()
            os.fsync(file.fileno())
        with contextlib.suppress(FileExistsError):  # another process was first: its key is read below
            os.link(draft, path)
        sync_folder(path.parent)  # the key's row is written next, and nobody could enter without its file
    finally:
        draft.unlink()
    return path.read_text("ascii").strip()
