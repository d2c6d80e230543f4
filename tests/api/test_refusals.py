"""What REST refuses, and how much it costs to be refused."""

from __future__ import annotations

import asyncio
import dataclasses
import logging
from collections.abc import AsyncIterator
from typing import Any, cast

import pytest
from httpx import ASGITransport, AsyncClient

from skrytka.core import Core
from skrytka.rest.app import create_app
from skrytka.services import inflight
from tests.contract.shards import Down
from tests.mails import mail

ANN = "/v1/mailboxes/ann@example.org"
MIB = 1_048_576

pytestmark = pytest.mark.usefixtures("ann")


async def test_a_json_body_has_its_own_limit(api: AsyncClient) -> None:
    for size, status in ((65_000, 200), (66_000, 413)):
        answer = await api.put(ANN, content=b"{%b}" % (b" " * size))
        assert answer.status_code == status
    assert answer.json()["code"] == "too_large"


async def test_a_hundred_field_errors_are_enough(api: AsyncClient) -> None:
    answer = await api.put(ANN, json={f"k{number}": 1 for number in range(5_000)})
    assert answer.status_code == 422
    assert len(answer.json()["errors"]) == 100
    assert len(answer.content) < 10_000


async def test_an_upload_counts_as_in_flight(api: AsyncClient, core: Core) -> None:
    """Whether it says its size or not; what was counted goes with the request, also one that broke off."""
    room = core.settings.limits.inflight_octets - 3 * MIB
    assert inflight.reserve(core, room)

    async def pieces(count: int) -> AsyncIterator[bytes]:
        for _ in range(count):
            yield b"\r\n".ljust(MIB, b"x")

    for content in (b"x" * (4 * MIB), pieces(4)):
        answer = await api.post(f"{ANN}/messages", content=content)
        assert (answer.status_code, answer.json()["code"]) == (503, "unavailable")
        assert int(answer.headers["retry-after"]) > 0
        assert inflight.held(core) == room
    assert (await api.post(f"{ANN}/messages", content=pieces(2))).status_code == 201
    assert inflight.held(core) == room
    assert (await api.post(f"{ANN}/messages", content=pieces(51))).status_code == 503
    inflight.release(core, room)
    assert (await api.post(f"{ANN}/messages", content=pieces(51))).status_code == 413
    assert inflight.held(core) == 0


async def test_a_client_that_breaks_off_is_no_error(
    core: Core, api: AsyncClient, caplog: pytest.LogCaptureFixture
) -> None:
    sent: list[Any] = []
    events = [{"type": "http.request", "body": b"Subject", "more_body": True}, {"type": "http.disconnect"}]

    async def receive() -> Any:
        return events.pop(0) if events else await asyncio.Event().wait()

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {
        "type": "http",
        "http_version": "1.1",
        "method": "POST",
        "path": f"{ANN}/messages",
        "raw_path": f"{ANN}/messages".encode(),
        "query_string": b"",
        "root_path": "",
        "scheme": "http",
        "headers": [(b"authorization", api.headers["authorization"].encode())],
        "server": ("test", 80),
        "client": ("127.0.0.1", 1),
    }
    with caplog.at_level(logging.INFO):
        await create_app(core)(cast(Any, scope), receive, send)
    assert inflight.held(core) == 0
    assert [record.getMessage() for record in caplog.records if record.levelno >= logging.WARNING] == []
    assert "a client broke off within a body" in caplog.text


@pytest.mark.parametrize(
    ("media_type", "status"),
    [
        (None, 201),
        ("message/rfc822", 201),
        ("Message/RFC822; charset=utf-8", 201),
        ("message/global", 201),
        ("application/octet-stream", 201),
        ("application/json", 415),
        ("multipart/form-data; boundary=x", 415),
        ("application/x-www-form-urlencoded", 415),
    ],
)
async def test_a_mail_is_sent_as_a_mail(api: AsyncClient, media_type: str | None, status: int) -> None:
    headers = {} if media_type is None else {"Content-Type": media_type}
    answer = await api.post(f"{ANN}/messages", content=mail(1), headers=headers)
    assert answer.status_code == status
    if status == 415:
        assert answer.json()["code"] == "unsupported_media_type"


async def test_an_idempotency_key_on_another_request_is_the_clients_fault(api: AsyncClient) -> None:
    headers = {"Idempotency-Key": "k"}
    await api.post(f"{ANN}/messages", content=mail(1), headers=headers)
    answer = await api.post(f"{ANN}/messages", content=mail(2), headers=headers)
    assert answer.status_code == 422
    assert [error["field"] for error in answer.json()["errors"]] == ["Idempotency-Key"]
    answer = await api.post("/v1/keys", json={"name": "panel"}, headers=headers)
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "Idempotency-Key")
    assert [key["name"] for key in (await api.get("/v1/keys")).json()["items"]] == ["tests"]


async def test_an_idempotency_key_in_use_can_be_waited_for(api: AsyncClient) -> None:
    posts = [api.post(f"{ANN}/messages", content=mail(1), headers={"Idempotency-Key": "k"}) for _ in range(8)]
    answers = [answer for answer in await asyncio.gather(*posts) if answer.status_code != 201]
    assert {(answer.status_code, answer.json()["code"]) for answer in answers} <= {(409, "conflict")}
    assert all(int(answer.headers["retry-after"]) > 0 for answer in answers)


@pytest.mark.parametrize(("method", "path"), [("POST", "/v1/keys"), ("PATCH", f"{ANN}/messages/1-1/flags")])
async def test_a_missing_body_is_called_so(api: AsyncClient, method: str, path: str) -> None:
    answer = await api.request(method, path)
    assert answer.status_code == 422
    assert answer.json()["errors"] == [{"field": "body", "message": "is required"}]


async def test_head_is_get_without_the_body(api: AsyncClient) -> None:
    for path in (ANN, "/v1/domains", "/healthz/live", "/metrics", "/docs"):
        head, got = await api.head(path), await api.get(path)
        assert (head.status_code, head.content) == (200, b"")
        assert head.headers["content-type"] == got.headers["content-type"]
        assert "etag" not in got.headers or head.headers["etag"] == got.headers["etag"]
    assert (await api.head("/v1/nothing")).status_code == 404


async def test_flags_change_whole_or_not_at_all(api: AsyncClient) -> None:
    view = (await api.post(f"{ANN}/messages", content=mail(1))).json()
    path = f"{ANN}/messages/{view['id']}"
    wrong = await api.patch(f"{path}/flags", json={"add": ["flagged"], "remove_keywords": ["a b"]})
    assert wrong.status_code == 422
    assert [error["field"] for error in wrong.json()["errors"]] == ["remove_keywords"]
    assert (await api.get(path)).json()["message"] == view
    full = [f"k{number}" for number in range(64)]
    before = (await api.patch(f"{path}/flags", json={"add_keywords": full})).json()
    assert (await api.patch(f"{path}/flags", json={"add": ["seen"], "add_keywords": ["new"]})).status_code == 409
    assert (await api.get(path)).json()["message"] == before
    swapped = await api.patch(f"{path}/flags", json={"add_keywords": ["new"], "remove_keywords": ["k1"]})
    assert set(swapped.json()["keywords"]) == {*full, "new"} - {"k1"}
    assert swapped.json()["modseq"] == before["modseq"] + 1


async def test_not_ready_is_a_problem_document_too(core: Core) -> None:
    down = dataclasses.replace(core, directory=Down(core.directory))
    async with AsyncClient(transport=ASGITransport(cast(Any, create_app(down))), base_url="http://test") as client:
        answer = await client.get("/healthz/ready")
    assert answer.status_code == 503
    assert answer.headers["content-type"] == "application/problem+json"
    document = answer.json()
    assert (document["code"], document["status"], document["directory"]) == ("unavailable", 503, "unavailable")
    assert int(answer.headers["retry-after"]) > 0
