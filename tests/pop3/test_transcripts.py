"""Every POP3 transcript, whole and octet by octet, on both engines. In ``remote_*`` the client is not trusted."""

from __future__ import annotations

import ssl
from collections.abc import Sequence
from pathlib import Path

import pytest

from skrytka.core import Core
from skrytka.services import pop3_locks
from skrytka.store.interface import Row, Tx
from skrytka_pop3.settings import Pop3Settings
from tests.front_ends import ACTOR, ELSEWHERE, Serve, actions, mailbox, scram_actions
from tests.transcripts import Action, load, replay

TRANSCRIPTS = sorted((Path(__file__).parent / "transcripts").glob("*.txt"))


async def downloads(core: Core, words: Sequence[str]) -> None:
    """``downloads address uid...``: exactly these are stamped, by the address."""

    async def stamps(tx: Tx, mailbox_id: int) -> list[Row]:
        return await tx.rows(
            "SELECT uid, first_download_by, last_download_by FROM message"
            " WHERE mailbox_id = ? AND first_download_at <= last_download_at ORDER BY uid",
            mailbox_id,
        )

    ref = await mailbox(core, words[0])
    rows = await core.shards[ref.shard].read(stamps, ref.mailbox_id)
    assert rows == [(int(uid), words[0], words[0]) for uid in words[1:]]


async def take_over(core: Core, words: Sequence[str]) -> None:
    """``take_over address``: what another worker does when the holder's has not renewed its lease."""
    ref = await mailbox(core, words[0])

    async def forget(tx: Tx, _: None) -> int:
        return await tx.execute("UPDATE worker_lease SET renewed_at = 0")

    await core.shards[ref.shard].write(forget, None)
    await pop3_locks.acquire(core, ACTOR, ref, "another")


@pytest.mark.parametrize("octet_by_octet", [False, True], ids=["whole", "octets"])
@pytest.mark.parametrize("path", TRANSCRIPTS, ids=[path.stem for path in TRANSCRIPTS])
async def test_transcript(
    path: Path,
    octet_by_octet: bool,
    core: Core,
    serve: Serve[Pop3Settings],
    tls_contexts: tuple[ssl.SSLContext, ssl.SSLContext],
    monkeypatch: pytest.MonkeyPatch,
    client_certificates: dict[str, ssl.SSLContext],
    known_names: dict[str, str],
) -> None:
    served = serve(Pop3Settings(login_failure_delay_s=0.001, max_errors=12))
    if path.stem.startswith("remote_"):
        served.client = ELSEWHERE

    async def check_downloads(words: Sequence[str]) -> None:
        await downloads(core, words)

    async def take_over_lock(words: Sequence[str]) -> None:
        await take_over(core, words)

    more: dict[str, Action] = {"downloads": check_downloads, "take_over": take_over_lock, "ended": served.ended}
    await replay(
        load(path),
        served.connect,
        octet_by_octet=octet_by_octet,
        actions=actions(core) | scram_actions(core, monkeypatch) | more,
        client_tls=tls_contexts[1],
        names={"long": "x" * 13_000, **known_names},
        connect_tls=served.connect_tls,
        certificates=client_certificates,
    )
