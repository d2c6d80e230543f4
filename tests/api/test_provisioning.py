"""Domains, mailboxes, aliases, quota and keys, as an admin panel uses them."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime

import pytest
from httpx import AsyncClient

from skrytka.core import Core
from skrytka.errors import AuthenticationFailed
from skrytka.model import Actor
from skrytka.services import authentication

ANN = "/v1/mailboxes/ann@example.org"


@pytest.fixture
async def ann(api: AsyncClient) -> str:
    assert (await api.put("/v1/domains/example.org")).status_code == 201
    assert (await api.put(ANN, json={"password": "first"})).status_code == 201
    return "ann@example.org"


async def test_put_domain_creates_then_updates(api: AsyncClient) -> None:
    created = await api.put("/v1/domains/EXAMPLE.org")
    assert created.status_code == 201
    assert created.json()["name"] == "example.org"
    assert created.json()["status"] == "active"
    updated = await api.put("/v1/domains/example.org", json={"status": "suspended"})
    assert updated.status_code == 200
    assert updated.json()["status"] == "suspended"
    kept = await api.put("/v1/domains/example.org", json={})
    assert kept.json()["status"] == "suspended"
    reset = await api.put("/v1/domains/example.org", json={"status": None})
    assert reset.json()["status"] == "active"


async def test_a_domain_with_mailboxes_is_not_deleted(api: AsyncClient, ann: str) -> None:
    refused = await api.delete("/v1/domains/example.org")
    assert refused.status_code == 409
    assert refused.json()["code"] == "not_empty"
    assert (await api.delete(ANN)).status_code == 204
    assert (await api.delete("/v1/domains/example.org")).status_code == 204
    assert (await api.get("/v1/domains/example.org")).status_code == 404


async def test_absent_fields_keep_and_null_resets(api: AsyncClient, ann: str) -> None:
    full = {"display_name": "Ann", "quota": {"storage_octets": 1000, "messages": 5}}
    assert (await api.put(ANN, json=full)).status_code == 200
    kept = (await api.put(ANN, json={"quota": {"messages": 6}})).json()
    assert kept["display_name"] == "Ann"
    assert kept["quota"] == {"storage_octets": 1000, "messages": 6}
    assert kept["usage"] == {"storage_octets": 0, "messages": 0, "folders": 6}
    reset = (await api.put(ANN, json={"quota": None, "display_name": None})).json()
    assert reset["quota"] == {"storage_octets": None, "messages": None}
    assert reset["display_name"] == ""


async def test_a_mailbox_of_nobody_in_person_is_in_the_shared_namespace(api: AsyncClient, ann: str) -> None:
    info = "/v1/mailboxes/info@example.org"
    created = await api.put(info, json={"namespace": "shared"})
    assert created.status_code == 201
    assert created.json()["namespace"] == "shared"
    assert created.json()["login_enabled"] is False
    kept = await api.put(info, json={"display_name": "Information"})
    assert kept.json()["namespace"] == (await api.get(info)).json()["namespace"] == "shared"
    assert (await api.put(info, json={"namespace": "shared"})).headers["etag"] == kept.headers["etag"]
    reset = await api.put(info, json={"namespace": None})
    assert reset.json()["namespace"] == (await api.get(ANN)).json()["namespace"] == "others"
    stale = await api.put(info, json={"namespace": "shared"}, headers={"If-Match": kept.headers["etag"]})
    assert stale.status_code == 412
    wrong = await api.put(info, json={"namespace": "personal"})
    assert wrong.status_code == 422
    assert [error["field"] for error in wrong.json()["errors"]] == ["namespace"]
    listed = (await api.get("/v1/mailboxes")).json()["items"]
    assert {each["address"]: each["namespace"] for each in listed} == {
        "ann@example.org": "others",
        "info@example.org": "others",
    }


async def test_whose_seen_it_is(api: AsyncClient, ann: str) -> None:
    """In folders that the mailbox shares: everybody's, or each reader's own. What that is like: the transcripts of IMAP."""
    before = await api.get(ANN)
    assert before.json()["seen"] == "shared"
    changed = await api.put(ANN, json={"seen": "private"}, headers={"If-Match": before.headers["etag"]})
    assert (changed.status_code, changed.json()["seen"]) == (200, "private")
    assert changed.headers["etag"] != before.headers["etag"]
    assert (await api.put(ANN, json={"display_name": "Ann"})).json()["seen"] == "private"
    refused = await api.put(ANN, json={"seen": "mine"})
    assert refused.status_code == 422
    assert [error["field"] for error in refused.json()["errors"]] == ["seen"]
    assert (await api.put(ANN, json={"seen": None})).json()["seen"] == "shared"
    made = await api.put("/v1/mailboxes/team@example.org", json={"seen": "private"})
    assert made.json()["seen"] == "private"


async def test_no_answer_shows_the_password(api: AsyncClient, ann: str) -> None:
    for answer in (await api.put(ANN, json={"password": "kept secret"}), await api.get(ANN)):
        assert "kept secret" not in answer.text
        assert "argon2" not in answer.text


async def test_a_changed_password_holds_at_once(api: AsyncClient, core: Core, ann: str) -> None:
    actor = Actor("", "imap", "127.0.0.1")
    await authentication.login(core, actor, ann, "first")
    await api.put(ANN, json={"password": "second"})
    with pytest.raises(AuthenticationFailed):
        await authentication.login(core, actor, ann, "first")
    await authentication.login(core, actor, ann, "second")
    assert (await api.put(ANN, json={"password": None})).json()["login_enabled"] is False
    with pytest.raises(AuthenticationFailed):
        await authentication.login(core, actor, ann, "second")


async def test_if_match_covers_the_configuration(api: AsyncClient, ann: str) -> None:
    tag = (await api.get(ANN)).headers["etag"]
    await api.post(f"{ANN}/messages", content=b"Subject: x\r\n\r\nusage changes, the tag does not\r\n")
    assert (await api.get(ANN)).headers["etag"] == tag
    changed = await api.put(ANN, json={"display_name": "A"}, headers={"If-Match": tag})
    assert changed.status_code == 200
    assert changed.headers["etag"] != tag
    stale = await api.put(ANN, json={"display_name": "B"}, headers={"If-Match": tag})
    assert stale.status_code == 412
    assert stale.json()["code"] == "precondition_failed"
    assert (await api.delete(ANN, headers={"If-Match": tag})).status_code == 412
    assert (await api.get(ANN)).json()["display_name"] == "A"


async def test_pages_hold_every_mailbox_once(api: AsyncClient) -> None:
    await api.put("/v1/domains/example.org")
    names = sorted(f"user{number}@example.org" for number in range(7))
    for name in names:
        await api.put(f"/v1/mailboxes/{name}")
    seen: list[str] = []
    cursor: str | None = None
    while True:
        query: dict[str, str] = {"limit": "3", "domain": "example.org"} | ({"cursor": cursor} if cursor else {})
        page = (await api.get("/v1/mailboxes", params=query)).json()
        seen += [item["address"] for item in page["items"]]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert seen == names
    wrong = await api.get("/v1/mailboxes", params={"cursor": "***"})
    assert wrong.status_code == 422
    assert wrong.json()["errors"][0]["field"] == "cursor"


async def test_aliases(api: AsyncClient, ann: str) -> None:
    assert (await api.put(f"{ANN}/aliases/info@example.org")).status_code == 201
    assert (await api.put(f"{ANN}/aliases/info@example.org")).status_code == 200
    assert [each["alias"] for each in (await api.get(f"{ANN}/aliases")).json()["items"]] == ["info@example.org"]
    taken = await api.put("/v1/mailboxes/info@example.org")
    assert taken.status_code == 409
    assert taken.json()["code"] == "already_exists"
    assert (await api.delete(f"{ANN}/aliases/info@example.org")).status_code == 204
    assert (await api.delete(f"{ANN}/aliases/info@example.org")).status_code == 404


async def test_quota_is_a_resource_of_its_own(api: AsyncClient, ann: str) -> None:
    put = await api.put(f"{ANN}/quota", json={"messages": 1})
    assert put.json() == {
        "quota": {"storage_octets": None, "messages": 1},
        "usage": {"storage_octets": 0, "messages": 0, "folders": 6},
        "own": {"storage_octets": None, "messages": None, "folders": None},
    }
    assert (await api.post(f"{ANN}/messages", content=b"a: b\r\n\r\n")).status_code == 201
    full = await api.post(f"{ANN}/messages", content=b"a: b\r\n\r\n")
    assert full.status_code == 507
    assert full.json()["code"] == "over_quota"
    assert (await api.get(f"{ANN}/quota")).json()["usage"]["messages"] == 1


async def test_keys_are_shown_once_and_can_be_revoked(api: AsyncClient) -> None:
    made = (await api.post("/v1/keys", json={"name": "panel"})).json()
    as_panel = {"Authorization": f"Bearer {made['secret']}"}
    assert (await api.get("/v1/domains", headers=as_panel)).status_code == 200
    listed = await api.get("/v1/keys")
    assert made["secret"] not in listed.text
    assert "panel" in [item["name"] for item in listed.json()["items"]]
    assert (await api.delete(f"/v1/keys/{made['key']['key_id']}")).status_code == 204
    revoked = await api.get("/v1/domains", headers=as_panel)
    assert revoked.status_code == 401
    assert revoked.headers["www-authenticate"] == "Bearer"


async def test_retention_policies(api: AsyncClient) -> None:
    path = "/v1/retention-policies/empty-trash"
    created = await api.put(path, json={"action": "delete", "days": 30, "role": "trash"})
    assert created.status_code == 201
    assert (await api.put(path, json={"action": "delete", "days": 10, "role": "trash"})).json()["days"] == 10
    wrong = await api.put(path, json={"action": "burn", "days": 0})
    assert wrong.status_code == 422
    assert {error["field"] for error in wrong.json()["errors"]} == {"action", "days"}
    assert [item["name"] for item in (await api.get("/v1/retention-policies")).json()["items"]] == ["empty-trash"]
    assert (await api.delete(path)).status_code == 204
    assert (await api.get(path)).status_code == 404


async def test_aliases_are_shown_as_they_are_stored(api: AsyncClient, ann: str) -> None:
    made = await api.put("/v1/mailboxes/Ann@Example.ORG/aliases/INFO@Example.ORG")
    assert made.json() == {"alias": "info@example.org", "mailbox": ann}
    assert (await api.get("/v1/mailboxes/ANN@example.org/aliases")).json()["items"] == [made.json()]


async def test_moments_are_iso_8601_everywhere_and_versions_are_etags(api: AsyncClient, ann: str) -> None:
    policy = await api.put("/v1/retention-policies/junk", json={"action": "delete", "days": 7, "role": "junk"})
    key = (await api.post("/v1/keys", json={"name": "panel"})).json()["key"]
    shown = [
        (await api.get("/v1/domains/example.org")).json(),
        (await api.get(ANN)).json(),
        policy.json(),
        (await api.get("/v1/retention-policies")).json()["items"][0],
        key,
    ]
    for view in shown:
        assert datetime.fromisoformat(view["created_at"]).tzinfo == UTC
        assert "version" not in view
    used = [each["last_used_at"] for each in (await api.get("/v1/keys")).json()["items"]]
    assert key["last_used_at"] is None
    assert all(each is None or datetime.fromisoformat(each).tzinfo == UTC for each in used)
    assert policy.headers["etag"] == '"1"'


async def test_a_policy_keeps_what_is_absent_and_resets_what_is_null(api: AsyncClient) -> None:
    path = "/v1/retention-policies/p1"
    policy = {"action": "delete", "days": 30, "mailbox": "ann@example.org", "role": "junk", "enabled": False}
    assert (await api.put(path, json=policy)).status_code == 201
    changed = await api.put(path, json={"days": 5})
    assert changed.status_code == 200
    assert changed.json() | {"days": 30} == (await api.get(path)).json() | {"days": 30}
    assert (changed.json()["mailbox"], changed.json()["enabled"], changed.json()["role"]) == (
        "ann@example.org",
        False,
        "junk",
    )
    assert (await api.put(path)).json() == changed.json()
    reset = (await api.put(path, json={"enabled": None, "role": None, "mailbox": None, "domain": "example.org"})).json()
    assert (reset["enabled"], reset["role"], reset["mailbox"], reset["domain"]) == (True, None, None, "example.org")
    beside = await api.put(path, json={"mailbox": "ann@example.org"})
    assert [error["field"] for error in beside.json()["errors"]] == ["mailbox"]
    for field in ("action", "days"):
        assert (await api.put(path, json={field: None})).status_code == 422


async def test_a_new_policy_needs_action_and_days(api: AsyncClient) -> None:
    answer = await api.put("/v1/retention-policies/p1", json={"enabled": False})
    assert answer.status_code == 422
    assert [error["field"] for error in answer.json()["errors"]] == ["action", "days"]


@pytest.mark.parametrize("field", ["mailbox", "domain"])
async def test_the_empty_scope_is_none(api: AsyncClient, field: str) -> None:
    answer = await api.put("/v1/retention-policies/p1", json={"action": "delete", "days": 7, field: ""})
    assert [error["field"] for error in answer.json()["errors"]] == [field]


async def test_changes_of_a_policy_at_once_are_all_done(api: AsyncClient) -> None:
    path = "/v1/retention-policies/p1"
    await api.put(path, json={"action": "delete", "days": 7})
    changes = ({"days": 8}, {"enabled": False}, {"role": "junk"})
    assert {each.status_code for each in await asyncio.gather(*(api.put(path, json=each) for each in changes))} == {200}
    policy = (await api.get(path)).json()
    assert (policy["days"], policy["enabled"], policy["role"]) == (8, False, "junk")
