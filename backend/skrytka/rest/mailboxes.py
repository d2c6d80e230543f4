"""``/v1/mailboxes`` with aliases and quota."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Annotated, Any

import msgspec
from litestar import Controller, Request, Response, delete, get, put
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, JSONBody

from skrytka.core import Core
from skrytka.errors import Fault
from skrytka.model import Mailbox, Namespace, OwnLimits, Precondition, Quota, Seen, Status, Usage
from skrytka.rest.bodies import Body, CheckedBody
from skrytka.rest.pages import DEFAULT_LIMIT, Cursor, Limit, Page, after, page_of
from skrytka.rest.versions import etag
from skrytka.services import mailboxes, quota
from skrytka.services.mailboxes import DISPLAY_NAME_LENGTH, QUOTA_MAXIMUM, MailboxChange, QuotaChange
from skrytka.services.verifiers import PASSWORD_OCTETS
from skrytka.settings import Limits

Octets = Annotated[int, msgspec.Meta(ge=0, le=QUOTA_MAXIMUM)]
DisplayName = Annotated[str, msgspec.Meta(max_length=DISPLAY_NAME_LENGTH)]
# Characters here, octets in the service: what is too long in these is too long in those.
Password = Annotated[str, msgspec.Meta(min_length=1, max_length=PASSWORD_OCTETS)]
WhoseSeen = Annotated[
    Seen,
    msgspec.Meta(
        description="Whose `\\Seen` is in the folders that the mailbox shares: that of all (`shared`, the default), or each"
        " reader's own, beside the owner's (`private`)"
    ),
]


class QuotaBody(Body, frozen=True):
    """Null is unlimited; an absent field keeps its value."""

    storage_octets: Octets | msgspec.UnsetType | None = msgspec.UNSET
    messages: Octets | msgspec.UnsetType | None = msgspec.UNSET


class MailboxBody(Body, frozen=True):
    """Absent fields keep their value (at creation: the default); null resets. Without a password there is no login.

    ``namespace``: whether others find what the mailbox shares with them among the folders of other users, the default, or among
    those that are shared and belong to nobody in person.
    """

    password: Password | msgspec.UnsetType | None = msgspec.UNSET
    display_name: DisplayName | msgspec.UnsetType | None = msgspec.UNSET
    quota: QuotaBody | msgspec.UnsetType | None = msgspec.UNSET
    status: Status | msgspec.UnsetType | None = msgspec.UNSET
    namespace: Namespace | msgspec.UnsetType | None = msgspec.UNSET
    seen: WhoseSeen | msgspec.UnsetType | None = msgspec.UNSET

    def faults(self, limits: Limits) -> Iterable[Fault]:
        return mailboxes.faults(_change(self))


class MailboxView(msgspec.Struct, frozen=True):
    address: str
    domain: str
    display_name: str
    status: Status
    namespace: Namespace
    seen: Seen
    login_enabled: bool
    quota: Quota
    usage: Usage
    created_at: datetime


class QuotaView(msgspec.Struct, frozen=True):
    """``own`` are limits that the user set; the lesser of both hold."""

    quota: Quota
    usage: Usage
    own: OwnLimits


async def view(core: Core, mailbox: Mailbox) -> MailboxView:
    return MailboxView(
        mailbox.ref.address,
        mailbox.domain,
        mailbox.display_name,
        mailbox.status,
        mailbox.namespace,
        mailbox.seen,
        mailbox.login_enabled,
        mailbox.quota,
        await mailboxes.usage(core, mailbox.ref),
        datetime.fromtimestamp(mailbox.created_at, UTC),
    )


async def quota_view(core: Core, mailbox: Mailbox) -> QuotaView:
    limits, own, usage = await quota.limits(core, mailbox.ref)
    return QuotaView(limits, usage, own)


def _change(body: MailboxBody) -> MailboxChange:
    return MailboxChange(
        password=body.password,
        display_name=body.display_name,
        quota=_quota_change(body.quota) if isinstance(body.quota, QuotaBody) else body.quota,
        status=body.status,
        namespace=body.namespace,
        seen=body.seen,
    )


def _quota_change(body: QuotaBody) -> QuotaChange:
    return QuotaChange(storage_octets=body.storage_octets, messages=body.messages)


class Mailboxes(Controller):
    path = "/mailboxes"
    tags = ("Mailboxes",)

    @get(operation_id="listMailboxes", summary="List the mailboxes by address")
    async def list_mailboxes(
        self,
        core: NamedDependency[Core],
        domain: FromQuery[str | None] = None,
        cursor: Cursor = None,
        limit: Limit = DEFAULT_LIMIT,
    ) -> Page[MailboxView]:
        rows = await mailboxes.list_page(core, domain, after(cursor), limit + 1)
        kept, next_cursor = page_of(rows, limit, lambda mailbox: mailbox.ref.address)
        return Page([await view(core, mailbox) for mailbox in kept], next_cursor)

    @put(
        "/{address:str}",
        operation_id="putMailbox",
        summary="Create or change a mailbox",
        dto=CheckedBody,
        return_dto=None,
    )
    async def put_mailbox(
        self,
        core: NamedDependency[Core],
        request: Request[Any, Any, Any],
        address: FromPath[str],
        only_if: NamedDependency[Precondition],
        data: JSONBody[MailboxBody | None] = None,
    ) -> Response[MailboxView]:
        change = _change(data or MailboxBody())
        changed, created = await mailboxes.put(core, request.user, address, change, only_if)
        return Response(await view(core, changed), status_code=201 if created else 200, headers=etag(changed.version))

    @get("/{address:str}", operation_id="getMailbox", summary="Read a mailbox and its usage")
    async def get_mailbox(self, core: NamedDependency[Core], address: FromPath[str]) -> Response[MailboxView]:
        found = await mailboxes.get(core, address)
        return Response(await view(core, found), headers=etag(found.version))

    @delete("/{address:str}", operation_id="deleteMailbox", summary="Delete a mailbox and all its mail")
    async def delete_mailbox(
        self,
        core: NamedDependency[Core],
        request: Request[Any, Any, Any],
        address: FromPath[str],
        only_if: NamedDependency[Precondition],
    ) -> None:
        await mailboxes.delete(core, request.user, address, only_if)

    @get("/{address:str}/quota", operation_id="getQuota", summary="Read limits and usage", tags=["Quota"])
    async def get_quota(self, core: NamedDependency[Core], address: FromPath[str]) -> Response[QuotaView]:
        found = await mailboxes.get(core, address)
        return Response(await quota_view(core, found), headers=etag(found.version))

    @delete(
        "/{address:str}/quota/own", operation_id="deleteOwnQuota", summary="Forget the user's limits", tags=["Quota"]
    )
    async def delete_own_quota(
        self, core: NamedDependency[Core], request: Request[Any, Any, Any], address: FromPath[str]
    ) -> None:
        found = await mailboxes.get(core, address)
        await quota.set_own(core, request.user, found.ref, OwnLimits())

    @put(
        "/{address:str}/quota",
        operation_id="putQuota",
        summary="Change the limits",
        tags=["Quota"],
        dto=CheckedBody,
        return_dto=None,
    )
    async def put_quota(
        self,
        core: NamedDependency[Core],
        request: Request[Any, Any, Any],
        address: FromPath[str],
        only_if: NamedDependency[Precondition],
        data: JSONBody[QuotaBody | None] = None,
    ) -> Response[QuotaView]:
        found = await mailboxes.get(core, address)
        change = _change(MailboxBody(quota=data or QuotaBody()))
        changed, _ = await mailboxes.put(core, request.user, found.ref.address, change, only_if)
        return Response(await quota_view(core, changed), headers=etag(changed.version))
