"""Metadata of folders and of the mailbox over REST, and the limits that users set themselves."""

from __future__ import annotations

import base64

from httpx import AsyncClient

from skrytka.core import Core
from skrytka.model import Actor, OwnLimits
from skrytka.services import mailboxes, metadata, quota

ANN = "/v1/mailboxes/ann@example.org"

COMMENT = f"{ANN}/metadata/shared/comment"
PRIVATE = f"{ANN}/metadata/private/vendor/x/y"


async def test_an_entry_is_made_changed_read_and_removed(api: AsyncClient, ann: None, core: Core) -> None:
    made = await api.put(COMMENT, params={"folder": "inbox"}, json={"value": "zażółć"})
    assert (made.status_code, made.json()) == (
        201,
        {"entry": "/shared/comment", "value": "zażółć", "encoding": "utf-8"},
    )
    octets = base64.b64encode(b"\0\xff").decode()
    changed = await api.put(COMMENT, params={"folder": "INBOX"}, json={"value": octets, "encoding": "base64"})
    assert (changed.status_code, changed.json()["value"], changed.json()["encoding"]) == (200, octets, "base64")
    assert (await api.get(COMMENT, params={"folder": "INBOX"})).json() == changed.json()
    assert (await api.put(PRIVATE, json={"value": ""})).status_code == 201
    ref = (await mailboxes.get(core, "ann@example.org")).ref
    place = metadata.WHOLE_MAILBOX
    values = await metadata.values(core, ref, ref.mailbox_id, [place], ["/private/vendor/x/y"])
    assert values == {(place, "/private/vendor/x/y"): b""}
    of_inbox = (await api.get(f"{ANN}/metadata", params={"folder": "INBOX"})).json()
    assert of_inbox == {"items": [{"entry": "/shared/comment", "octets": 2}], "next_cursor": None}
    of_all = (await api.get(f"{ANN}/metadata")).json()
    assert of_all["items"] == [{"entry": "/private/vendor/x/y", "octets": 0}]
    assert (await api.delete(COMMENT, params={"folder": "INBOX"})).status_code == 204
    assert (await api.delete(COMMENT, params={"folder": "INBOX"})).status_code == 404
    assert (await api.get(COMMENT, params={"folder": "INBOX"})).status_code == 404


REFUSED: list[tuple[str, dict[str, str], object, int, str]] = [
    (COMMENT, {}, {}, 422, "invalid_fields"),
    (COMMENT, {}, {"value": "=", "encoding": "base64"}, 422, "invalid_fields"),
    (COMMENT, {}, {"value": "ż", "encoding": "base64"}, 422, "invalid_fields"),
    (COMMENT, {}, {"value": 5, "encoding": "latin-1"}, 422, "invalid_fields"),
    (COMMENT, {"folder": "Nowhere"}, {"value": ""}, 404, "not_found"),
    (f"{ANN}/metadata/comment", {}, {"value": ""}, 422, "invalid_fields"),
    (f"{ANN}/metadata/private/specialuse", {"folder": "Sent"}, {"value": ""}, 403, "not_permitted"),
    (f"{ANN}/metadata/private/{'x' * 600}", {}, {"value": ""}, 409, "limit_reached"),
]


async def test_what_is_wrong_is_refused(api: AsyncClient, ann: None) -> None:
    for path, params, body, status, code in REFUSED:
        answer = await api.put(path, params=params, json=body)
        assert (answer.status_code, answer.json()["code"]) == (status, code), body
    assert (await api.get(f"{ANN}/metadata")).json()["items"] == []


async def test_the_users_own_limits_are_shown_and_can_be_forgotten(api: AsyncClient, ann: None, core: Core) -> None:
    ref = (await mailboxes.get(core, "ann@example.org")).ref
    await quota.set_own(core, Actor("ann", "imap"), ref, OwnLimits(storage_octets=1, folders=6))
    shown = (await api.get(f"{ANN}/quota")).json()
    assert shown["own"] == {"storage_octets": 1, "messages": None, "folders": 6}
    assert shown["quota"]["storage_octets"] is None
    assert (await api.post(f"{ANN}/messages", content=b"a: b\r\n\r\n")).status_code == 507
    assert (await api.put(f"{ANN}/folders/One")).status_code == 409
    assert (await api.delete(f"{ANN}/quota/own")).status_code == 204
    assert (await api.post(f"{ANN}/messages", content=b"a: b\r\n\r\n")).status_code == 201
    assert (await api.put(f"{ANN}/folders/One")).status_code == 201
