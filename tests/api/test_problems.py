"""Every wrong request gets a problem document, and changes nothing."""

from __future__ import annotations

import inspect
from collections.abc import Mapping

import msgspec
import pytest
from httpx import AsyncClient

from skrytka import errors
from skrytka.rest.bodies import Body
from skrytka.rest.problems import TABLE, code_of
from skrytka.settings import Limits


def test_the_table_covers_every_domain_error() -> None:
    wanted = {
        each
        for _, each in inspect.getmembers(errors, inspect.isclass)
        if issubclass(each, errors.DomainError) and each is not errors.DomainError
    }
    assert set(TABLE) == wanted


@pytest.mark.parametrize("header", [None, "Bearer", "Bearer wrong", "Basic YTpi", "Bearer \u00fc"])
async def test_a_key_is_needed(api: AsyncClient, header: str | None) -> None:
    headers = {b"authorization": header.encode() if header else b""}
    answer = await api.get("/v1/domains", headers=headers)
    assert answer.status_code == 401
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["code"] == "unauthenticated"
    assert answer.json()["type"] == "about:blank"
    assert answer.json()["detail"] == "A valid API key is needed: Authorization: Bearer KEY"


@pytest.mark.parametrize("body", [b"{", b"\xff\xfe", b"[" * 100_000, b'{"a": NaN}'])
async def test_malformed_json_is_400(api: AsyncClient, body: bytes) -> None:
    answer = await api.put("/v1/domains/example.org", content=body)
    assert answer.status_code == 400
    assert answer.json()["code"] == "malformed_json"
    assert (await api.get("/v1/domains/example.org")).status_code == 404


async def test_all_field_errors_come_at_once(api: AsyncClient) -> None:
    body = {
        "password": 7,
        "display_name": "x" * 300,
        "quota": {"storage_octets": -1, "messages": "many", "colour": 1},
        "status": "gone",
        "shape": "round",
    }
    answer = await api.put("/v1/mailboxes/ann@example.org", json=body)
    assert answer.status_code == 422
    assert {error["field"] for error in answer.json()["errors"]} == {
        "password",
        "display_name",
        "quota.storage_octets",
        "quota.messages",
        "quota.colour",
        "status",
        "shape",
    }


async def test_faults_of_types_and_of_rules_come_in_one_document(api: AsyncClient) -> None:
    async def fields(path: str, body: Mapping[str, object]) -> list[str]:
        answer = await api.put(path, json=body)
        assert answer.status_code == 422
        assert answer.json()["code"] == "invalid_fields"
        return [error["field"] for error in answer.json()["errors"]]

    ann = "/v1/mailboxes/ann@example.org"
    assert await fields(ann, {"password": "\1", "display_name": "\1"}) == ["password", "display_name"]
    assert await fields(ann, {"password": "\1", "status": "gone"}) == ["status", "password"]
    assert await fields(ann + "/folders/INBOX", {"name": "a//b", "role": "attic"}) == ["role", "name"]
    policy = {"action": "burn", "role": "junk", "folder": "/", "mailbox": "ann"}
    assert await fields("/v1/retention-policies/a", policy) == ["action", "mailbox", "folder", "folder"]
    trash = {"action": "trash", "days": 1, "role": "trash", "folder": "/"}
    assert await fields("/v1/retention-policies/a", trash) == ["role", "folder", "folder"]


@pytest.mark.parametrize("body_type", Body.__subclasses__())
def test_required_fields_have_stand_ins(body_type: type[Body]) -> None:
    assert list(msgspec.convert(body_type.STAND_INS, body_type).faults(Limits())) == []


@pytest.mark.parametrize("body", ["[]", '"text"', "7", "null"])
async def test_a_body_of_another_kind_is_422(api: AsyncClient, body: str) -> None:
    answer = await api.put("/v1/domains/example.org", content=body.encode())
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == "body"


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/v1/nothing", 404),
        ("/v1/domains/not..a..domain", 422),
        ("/v1/domains/missing.example", 404),
        ("/v1/mailboxes/no-at-sign", 422),
        ("/v1/mailboxes/a@missing.example/messages", 404),
        ("/v1/mailboxes?limit=0", 422),
        ("/v1/mailboxes?limit=x", 422),
    ],
)
async def test_wrong_paths_and_queries(api: AsyncClient, path: str, status: int) -> None:
    answer = await api.get(path)
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["status"] == status


@pytest.mark.parametrize(
    ("status", "code"), [(400, "bad_request"), (401, "unauthenticated"), (413, "too_large"), (429, "too_many_requests")]
)
def test_every_status_has_a_code(status: int, code: str) -> None:
    assert code_of(status) == code


async def test_wrong_methods(api: AsyncClient) -> None:
    answer = await api.post("/v1/domains/example.org")
    assert answer.status_code == 405
    assert answer.json()["code"] == "method_not_allowed"


async def test_a_mail_over_the_limit_is_413(api: AsyncClient) -> None:
    await api.put("/v1/domains/example.org")
    await api.put("/v1/mailboxes/ann@example.org")
    answer = await api.post("/v1/mailboxes/ann@example.org/messages", content=b"x" * (50 * 1024 * 1024 + 1))
    assert answer.status_code == 413
    assert answer.json()["code"] == "too_large"


async def test_the_docs_need_no_other_host(api: AsyncClient) -> None:
    page = (await api.get("/docs")).text
    assert "putMailbox" not in page
    assert "/v1/mailboxes/{address}" in page
    assert "http://" not in page
    assert "https://" not in page
    document = (await api.get("/docs/openapi.json")).json()
    assert document["openapi"].startswith("3.1")


async def test_health_and_metrics_need_no_key(api: AsyncClient) -> None:
    keyless = {"Authorization": ""}
    assert (await api.get("/healthz/live", headers=keyless)).json() == {"status": "ok"}
    ready = (await api.get("/healthz/ready", headers=keyless)).json()
    assert ready["status"] == ready["directory"] == "ok"
    assert "skrytka_connections_open" in (await api.get("/metrics", headers=keyless)).text
