"""Folders and messages over the API."""

from __future__ import annotations

import asyncio
import base64

import pytest
from httpx import AsyncClient

from skrytka.core import Core
from skrytka.services import outgoing
from tests.mails import mail

ANN = "/v1/mailboxes/ann@example.org"

pytestmark = pytest.mark.usefixtures("ann")


async def test_folders_that_come_with_a_mailbox(api: AsyncClient) -> None:
    items = (await api.get(f"{ANN}/folders")).json()["items"]
    assert {(item["name"], item["role"]) for item in items} == {
        ("INBOX", "inbox"),
        ("Sent", "sent"),
        ("Drafts", "drafts"),
        ("Trash", "trash"),
        ("Junk", "junk"),
        ("Archive", "archive"),
    }


async def test_folders_are_made_renamed_and_deleted(api: AsyncClient) -> None:
    assert (await api.put(f"{ANN}/folders/Projects/2026")).status_code == 201
    made = (await api.get(f"{ANN}/folders/Projects/2026")).json()
    assert made["messages"] == 0
    renamed = await api.put(f"{ANN}/folders/Projects/2026", json={"name": "Projects/2027"})
    assert renamed.status_code == 200
    assert renamed.json()["folder_id"] == made["folder_id"]
    assert (await api.get(f"{ANN}/folders/Projects/2026")).status_code == 404
    assert (await api.delete(f"{ANN}/folders/Projects/2027")).status_code == 204
    assert (await api.delete(f"{ANN}/folders/INBOX")).status_code == 403


async def test_octets_come_back_as_they_went_in(api: AsyncClient) -> None:
    for number in range(30):
        uploaded = await api.post(f"{ANN}/messages", content=mail(number), params={"flag": ["seen", "flagged"]})
        assert uploaded.status_code == 201
        view = uploaded.json()
        assert view["flags"] == ["seen", "flagged"]
        assert view["size_octets"] == len(mail(number))
        raw = await api.get(f"{ANN}/messages/{view['id']}/raw")
        assert raw.content == mail(number)
        assert raw.headers["content-type"] == "message/rfc822"


async def test_a_mail_as_json(api: AsyncClient) -> None:
    multipart = (await api.post(f"{ANN}/messages", content=mail(8))).json()
    full = (await api.get(f"{ANN}/messages/{multipart['id']}")).json()
    assert full["message"]["subject"].startswith("Mail number 8 about")
    assert full["message"]["sender"] == "Sender 8 <sender8@example.net>"
    assert ["X-Test-Id", "8"] in full["headers"]
    assert [part["media_type"] for part in full["parts"]] == ["text/plain", "text/html", "application/octet-stream"]
    assert full["parts"][2]["filename"] == "a b.bin"
    assert full["html"].startswith("<p>")


async def test_flags_and_keywords_change_and_a_message_is_deleted(api: AsyncClient) -> None:
    view = (await api.post(f"{ANN}/messages", content=mail(1))).json()
    path = f"{ANN}/messages/{view['id']}"
    changed = await api.patch(f"{path}/flags", json={"add": ["seen"], "add_keywords": ["$Work"]})
    assert changed.json()["flags"] == ["seen"]
    assert changed.json()["keywords"] == ["$Work"]
    changed = await api.patch(f"{path}/flags", json={"remove": ["seen"]})
    assert changed.json()["flags"] == []
    assert (await api.patch(f"{path}/flags", json={"add": ["recent"]})).status_code == 422
    assert (await api.delete(path)).status_code == 204
    assert (await api.get(path)).status_code == 404
    assert (await api.delete(path)).status_code == 404


async def test_a_keyword_that_is_no_atom_is_a_field_error(api: AsyncClient) -> None:
    view = (await api.post(f"{ANN}/messages", content=mail(1))).json()
    changed = await api.patch(f"{ANN}/messages/{view['id']}/flags", json={"add_keywords": ["a)b"]})
    uploaded = await api.post(f"{ANN}/messages", content=mail(1), params={"keyword": "{5}"})
    for refused, field in ((changed, "add_keywords"), (uploaded, "keywords")):
        assert refused.status_code == 422
        assert [error["field"] for error in refused.json()["errors"]] == [field]


async def test_pages_of_messages(api: AsyncClient) -> None:
    for number in range(5):
        await api.post(f"{ANN}/messages", content=mail(number), params={"folder": "Archive"})
    first = (await api.get(f"{ANN}/messages", params={"folder": "Archive", "limit": 3})).json()
    rest = (
        await api.get(f"{ANN}/messages", params={"folder": "Archive", "limit": 3, "cursor": first["next_cursor"]})
    ).json()
    assert [item["uid"] for item in first["items"] + rest["items"]] == [1, 2, 3, 4, 5]
    assert rest["next_cursor"] is None
    assert (await api.get(f"{ANN}/messages", params={"folder": "No"})).status_code == 404


async def test_an_idempotency_key_uploads_once(api: AsyncClient) -> None:
    headers = {"Idempotency-Key": "upload-1"}
    first = await api.post(f"{ANN}/messages", content=mail(1), headers=headers)
    again = await api.post(f"{ANN}/messages", content=mail(1), headers=headers)
    assert first.status_code == again.status_code == 201
    assert again.json() == first.json()
    assert again.headers["idempotent-replayed"] == "true"
    other = await api.post(f"{ANN}/messages", content=mail(2), headers=headers)
    assert other.status_code == 422
    assert (await api.get(ANN)).json()["usage"]["messages"] == 1


async def test_the_same_key_at_once_stores_once(api: AsyncClient) -> None:
    posts = [api.post(f"{ANN}/messages", content=mail(1), headers={"Idempotency-Key": "k"}) for _ in range(8)]
    statuses = sorted(answer.status_code for answer in await asyncio.gather(*posts))
    assert set(statuses) <= {201, 409}
    assert 201 in statuses
    assert (await api.get(ANN)).json()["usage"]["messages"] == 1


async def test_a_failed_upload_frees_its_key(api: AsyncClient) -> None:
    headers = {"Idempotency-Key": "again"}
    await api.put(ANN, json={"quota": {"messages": 0}})
    assert (await api.post(f"{ANN}/messages", content=mail(1), headers=headers)).status_code == 507
    await api.put(ANN, json={"quota": {"messages": 1}})
    assert (await api.post(f"{ANN}/messages", content=mail(1), headers=headers)).status_code == 201


async def test_an_empty_upload_is_refused(api: AsyncClient) -> None:
    answer = await api.post(f"{ANN}/messages", content=b"")
    assert answer.status_code == 422


@pytest.mark.parametrize("key", ["²", "9" * 30, "-1", "INBOX"])
async def test_a_forged_cursor_is_a_field_error(api: AsyncClient, key: str) -> None:
    cursor = base64.urlsafe_b64encode(key.encode()).decode().rstrip("=")
    answer = await api.get(f"{ANN}/messages", params={"cursor": cursor})
    assert answer.status_code == 422, answer.text
    assert answer.json()["errors"][0]["field"] == "cursor"


async def test_renaming_a_folder_that_is_not_there_makes_none(api: AsyncClient) -> None:
    answer = await api.put(f"{ANN}/folders/Old", json={"name": "New"})
    assert answer.status_code == 404
    assert (await api.get(f"{ANN}/folders/New")).status_code == 404
    assert (await api.put(f"{ANN}/folders/Old", json={"name": "Old"})).status_code == 201


async def test_a_large_mail_comes_whole_and_holds_nothing_afterwards(api: AsyncClient, core: Core) -> None:
    octets = b"Subject: large\r\n\r\n" + b"x" * 300_000
    made = (await api.post(f"{ANN}/messages", content=octets)).json()
    raw = await api.get(f"{ANN}/messages/{made['id']}/raw")
    assert raw.content == octets
    assert raw.headers["content-length"] == str(len(octets))
    assert outgoing.held(core) == 0
