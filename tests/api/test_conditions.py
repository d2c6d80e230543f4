"""Conditional requests (RFC 9110 section 13) on everything that has a version."""

from __future__ import annotations

import asyncio

import pytest
from httpx import AsyncClient
from hypothesis import given
from hypothesis import strategies as st

from skrytka.rest.problems import MalformedTags
from skrytka.rest.versions import Tag, tags

NEW = {
    "/v1/domains/new.example": {},
    "/v1/mailboxes/new@example.org": {},
    "/v1/retention-policies/new": {"action": "delete", "days": 7},
}
CHANGES = {
    "/v1/domains/new.example": {"status": "suspended"},
    "/v1/mailboxes/new@example.org": {"display_name": "N"},
    "/v1/retention-policies/new": {"days": 8},
}


@pytest.fixture(autouse=True)
async def example_org(api: AsyncClient) -> None:
    await api.put("/v1/domains/example.org")


@pytest.mark.parametrize("path", NEW)
async def test_create_only(api: AsyncClient, path: str) -> None:
    only_new = {"If-None-Match": "*"}
    assert (await api.put(path, json=NEW[path], headers=only_new)).status_code == 201
    again = await api.put(path, json=CHANGES[path], headers=only_new)
    assert (again.status_code, again.json()["code"]) == (412, "precondition_failed")
    assert (await api.get(path)).headers["etag"] == '"1"'


@pytest.mark.parametrize("path", NEW)
async def test_only_one_of_many_creates(api: AsyncClient, path: str) -> None:
    puts = [api.put(path, json=NEW[path], headers={"If-None-Match": "*"}) for _ in range(8)]
    statuses = sorted(answer.status_code for answer in await asyncio.gather(*puts))
    assert statuses == [201, *[412] * 7]


@pytest.mark.parametrize("path", NEW)
async def test_change_only(api: AsyncClient, path: str) -> None:
    any_version = {"If-Match": "*"}
    assert (await api.put(path, json=NEW[path], headers=any_version)).status_code == 412
    assert (await api.get(path)).status_code == 404
    await api.put(path, json=NEW[path])
    assert (await api.put(path, json=CHANGES[path], headers=any_version)).status_code == 200
    assert (await api.delete(path, headers=any_version)).status_code == 204


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"If-Match": '"1"'}, 200),
        ({"If-Match": '"7", "1"'}, 200),
        ({"If-Match": '"7","x", W/"1"'}, 412),
        ({"If-Match": '"7"'}, 412),
        ({"If-Match": '""'}, 412),
        ({"If-Match": "1"}, 400),
        ({"If-Match": '"1'}, 400),
        ({"If-None-Match": '"7", "x"'}, 200),
        ({"If-None-Match": 'W/"1"'}, 412),
        ({"If-None-Match": '"2", "1"'}, 412),
        ({"If-None-Match": "1"}, 400),
        ({"If-Match": '"1"', "If-None-Match": "*"}, 412),
        ({"If-Match": "*", "If-None-Match": "*"}, 412),
        ({"If-Match": "*", "If-None-Match": '"2"'}, 200),
    ],
)
@pytest.mark.parametrize("path", NEW)
async def test_lists_of_tags(api: AsyncClient, path: str, headers: dict[str, str], status: int) -> None:
    await api.put(path, json=NEW[path])
    answer = await api.put(path, json=CHANGES[path], headers=headers)
    assert answer.status_code == status, answer.text
    if status == 400:
        assert answer.json()["code"] == "malformed_header"


@pytest.mark.parametrize("path", ["/v1/domains/new.example", "/v1/retention-policies/new"])
async def test_what_is_known_is_not_sent_again(api: AsyncClient, path: str) -> None:
    await api.put(path, json=NEW[path])
    for known in ('"1"', 'W/"1"', '"7", "1"', "*"):
        answer = await api.get(path, headers={"If-None-Match": known})
        assert (answer.status_code, answer.content, answer.headers["etag"]) == (304, b"", '"1"')
    assert (await api.get(path, headers={"If-None-Match": '"2"'})).json() == (await api.get(path)).json()


async def test_the_usage_is_always_sent(api: AsyncClient) -> None:
    """The tag does not cover it."""
    path = "/v1/mailboxes/new@example.org"
    await api.put(path)
    await api.post(f"{path}/messages", content=b"Subject: x\r\n\r\n")
    answer = await api.get(path, headers={"If-None-Match": '"1"'})
    assert answer.json()["usage"]["messages"] == 1


@given(st.text(st.sampled_from('"W/*, \t1aé'), max_size=20))
def test_any_header_is_parsed_or_refused(header: str) -> None:
    try:
        found = tags("If-Match", header)
    except MalformedTags:
        return
    assert (found is None) == (header.strip() == "*")
    assert all(isinstance(tag, Tag) for tag in found or [])
