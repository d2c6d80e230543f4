"""Who else may do what with a folder, over the API."""

from __future__ import annotations

from typing import Any

import pytest
from httpx import AsyncClient

ANN = "/v1/mailboxes/ann@example.org"

pytestmark = pytest.mark.usefixtures("ann")


@pytest.fixture(autouse=True)
async def others(api: AsyncClient, ann: None) -> None:
    await api.put("/v1/mailboxes/bob@example.org")
    await api.put(f"{ANN}/folders/Projects/2026")


async def entries(api: AsyncClient, folder: str = "Projects/2026") -> list[dict[str, Any]]:
    answer = await api.get(f"{ANN}/acl/{folder}")
    assert answer.status_code == 200
    found: list[dict[str, Any]] = answer.json()["entries"]
    return found


def one(identifier: str, rights: str) -> dict[str, str]:
    return {"identifier": identifier, "rights": rights}


async def test_a_list_is_read_replaced_and_emptied(api: AsyncClient) -> None:
    assert await entries(api) == []
    wanted = [one("Bob@Example.org", "srld"), one("anyone", "l"), one("-bob@example.org", "s")]
    for _ in range(2):
        put = await api.put(f"{ANN}/acl/Projects/2026", json={"entries": wanted})
        assert put.status_code == 200
        told = [one("-bob@example.org", "s"), one("anyone", "l"), one("bob@example.org", "lrste")]
        assert put.json()["entries"] == told == await entries(api)
    await api.put(f"{ANN}/acl/Projects/2026", json={"entries": [one("anyone", "lr"), one("bob@example.org", "")]})
    assert await entries(api) == [one("anyone", "lr")]
    assert (await api.delete(f"{ANN}/acl/Projects/2026")).status_code == 204
    assert await entries(api) == []


async def test_a_new_folder_is_shared_as_the_one_above_it(api: AsyncClient) -> None:
    await api.put(f"{ANN}/acl/Projects", json={"entries": [one("bob@example.org", "lr")]})
    await api.put(f"{ANN}/folders/Projects/2027/Plans")
    assert await entries(api, "Projects/2027/Plans") == [one("bob@example.org", "lr")]
    assert await entries(api, "Projects/2026") == []
    await api.put(f"{ANN}/folders/Projects/2027/Plans", json={"name": "Plans"})
    assert await entries(api, "Plans") == [one("bob@example.org", "lr")]


async def test_a_folder_made_anew_is_shared_with_nobody(api: AsyncClient) -> None:
    await api.put(f"{ANN}/folders/Old")
    await api.put(f"{ANN}/acl/Old", json={"entries": [one("bob@example.org", "lr")]})
    await api.delete(f"{ANN}/folders/Old")
    assert (await api.get(f"{ANN}/acl/Old")).status_code == 404
    await api.put(f"{ANN}/folders/Old")
    assert await entries(api, "Old") == []


async def test_all_that_is_wrong_is_told_and_nothing_is_changed(api: AsyncClient) -> None:
    wanted = [one("bob@example.org", "lq"), one("nobody@example.org", "l"), one("ann@example.org", "l"), one("x", "l")]
    refused = await api.put(f"{ANN}/acl/INBOX", json={"entries": wanted})
    assert refused.status_code == 422
    assert {fault["field"] for fault in refused.json()["errors"]} == {
        "entries.0.rights",
        "entries.1.identifier",
        "entries.2.identifier",
        "entries.3.identifier",
    }
    twice = [one("bob@example.org", "l"), one("BOB@example.org", "l")]
    assert (await api.put(f"{ANN}/acl/INBOX", json={"entries": twice})).status_code == 422
    for body in (
        {},
        {"entries": None},
        {"entries": [{"identifier": "anyone"}]},
        {"entries": [one("anyone", "l") | {"x": 1}]},
    ):
        assert (await api.put(f"{ANN}/acl/INBOX", json=body)).status_code == 422
    too_many = [one("anyone", "l")] * 201
    assert (await api.put(f"{ANN}/acl/INBOX", json={"entries": too_many})).json()["code"] == "limit_reached"
    assert await entries(api, "INBOX") == []


async def test_what_is_not_there(api: AsyncClient) -> None:
    for path in (f"{ANN}/acl/Nowhere", "/v1/mailboxes/nobody@example.org/acl/INBOX"):
        assert (await api.get(path)).status_code == 404
        assert (await api.put(path, json={"entries": []})).status_code == 404
        assert (await api.delete(path)).status_code == 404
