"""Mails that are hard to look at hold nobody up, and are shown in part."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from httpx import AsyncClient

ANN = "/v1/mailboxes/ann@example.org"
MIB = 1_048_576

pytestmark = pytest.mark.usefixtures("ann")


@asynccontextmanager
async def smooth(longest_s: float) -> AsyncIterator[None]:
    """The event loop turns all the time, and at once."""
    gaps: list[float] = []

    async def beat() -> None:
        while True:
            started = time.thread_time()
            await asyncio.sleep(0)
            gaps.append(time.thread_time() - started)

    beating = asyncio.create_task(beat())
    yield
    beating.cancel()
    assert max(gaps) < longest_s


LARGE = {
    "commas": b"To: " + b"," * 800_000 + b"\r\nSubject: commas\r\n\r\nx",
    "addresses": b"To: " + b", ".join(b"a%d@example.org" % number for number in range(40_000)) + b"\r\n\r\nx",
    "fields": b"".join(b"To: a%d@example.org\r\n" % number for number in range(40_000)) + b"\r\nx",
    "words": b"Subject: " + b"=?utf-8?q?=41?= " * 50_000 + b"\r\n\r\nx",
}


@pytest.mark.parametrize("kind", LARGE)
async def test_large_headers_hold_nobody_up(api: AsyncClient, kind: str) -> None:
    for _ in range(3):
        async with smooth(0.25):
            uploaded = await api.post(f"{ANN}/messages", content=LARGE[kind])
        assert uploaded.status_code == 201
    async with smooth(0.25):
        items = (await api.get(f"{ANN}/messages", params={"limit": 1_000})).json()["items"]
    assert len(items) == 3
    assert all(len(item["recipients"]) <= 100 and len(item["subject"]) <= 8_192 for item in items)
    if kind == "addresses":
        assert items[0]["recipients"] == [f"a{number}@example.org" for number in range(100)]
    if kind == "commas":
        assert items[0]["subject"] == "commas"
    async with smooth(0.25):
        full = (await api.get(f"{ANN}/messages/{items[0]['id']}")).json()
    assert full["message"] == items[0]


async def test_a_list_of_recipients_is_cut_after_a_whole_address(api: AsyncClient) -> None:
    to = b", ".join(b"%s <a%d@example.org>" % (b"N" * 200, number) for number in range(100))
    await api.post(f"{ANN}/messages", content=b"To: " + to + b"\r\n\r\nx")
    [item] = (await api.get(f"{ANN}/messages")).json()["items"]
    assert 30 < len(item["recipients"]) < 40
    assert item["recipients"][-1] == f"{'N' * 200} <a{len(item['recipients']) - 1}@example.org>"


async def test_a_long_text_is_shown_in_part(api: AsyncClient) -> None:
    body = (b"=41" * 25 + b"=\r\n") * (40 * MIB // 78)
    head = b"Content-Type: text/html; charset=iso-2022-jp\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n"
    message = (await api.post(f"{ANN}/messages", content=head + body)).json()["id"]
    async with smooth(0.25):
        full = (await api.get(f"{ANN}/messages/{message}")).json()
    assert full["truncated"] is True
    assert 300_000 < len(full["html"]) <= MIB
    short = (await api.post(f"{ANN}/messages", content=b"Subject: x\r\n\r\ntext")).json()["id"]
    full = (await api.get(f"{ANN}/messages/{short}")).json()
    assert (full["truncated"], full["text"], full["html"]) == (False, "text", None)
