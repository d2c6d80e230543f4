"""``/v1/retention-policies``: what is deleted or moved to Trash, and when."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Annotated, Any, Literal

import msgspec
from litestar import Controller, Request, Response, delete, get, put
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody

from skrytka.core import Core
from skrytka.errors import Fault
from skrytka.model import Precondition, RetentionPolicy, Role
from skrytka.rest.bodies import Body, CheckedBody
from skrytka.rest.pages import DEFAULT_LIMIT, Cursor, Limit, Page, after, page_of
from skrytka.rest.versions import IfNoneMatch, etag, read
from skrytka.services import retention
from skrytka.services.retention import PolicyChange
from skrytka.settings import Limits

Days = Annotated[int, msgspec.Meta(ge=1, le=retention.DAYS_MAXIMUM)]


class RetentionPolicyBody(Body, frozen=True):
    """Scope: a mailbox, a domain, or everything. Folders: by role, by name, or every one.

    Absent fields keep their value; null resets. A new policy needs ``action`` and ``days``.
    """

    action: Literal["delete", "trash"] | msgspec.UnsetType = msgspec.UNSET
    days: Days | msgspec.UnsetType = msgspec.UNSET
    domain: str | msgspec.UnsetType | None = msgspec.UNSET
    mailbox: str | msgspec.UnsetType | None = msgspec.UNSET
    role: Role | msgspec.UnsetType | None = msgspec.UNSET
    folder: str | msgspec.UnsetType | None = msgspec.UNSET
    enabled: bool | msgspec.UnsetType | None = msgspec.UNSET

    def faults(self, limits: Limits) -> Iterable[Fault]:
        return retention.faults(retention.changed(retention.BLANK, "any-name", _change(self)))


def _change(body: RetentionPolicyBody) -> PolicyChange:
    return PolicyChange(**msgspec.structs.asdict(body))


class RetentionPolicyView(msgspec.Struct, frozen=True):
    name: str
    action: Literal["delete", "trash"]
    days: int
    domain: str | None
    mailbox: str | None
    role: Role | None
    folder: str | None
    enabled: bool
    created_at: datetime


def view(policy: RetentionPolicy) -> RetentionPolicyView:
    return RetentionPolicyView(
        policy.name,
        policy.action,
        policy.days,
        policy.domain,
        policy.mailbox,
        policy.role,
        policy.folder,
        policy.enabled,
        datetime.fromtimestamp(policy.created_at, UTC),
    )


class RetentionPolicies(Controller):
    path = "/retention-policies"
    tags = ("Retention",)

    @get(operation_id="listRetentionPolicies", summary="List the policies by name")
    async def list_policies(
        self, core: NamedDependency[Core], cursor: Cursor = None, limit: Limit = DEFAULT_LIMIT
    ) -> Page[RetentionPolicyView]:
        rows = await retention.list_page(core, after(cursor), limit + 1)
        kept, next_cursor = page_of(rows, limit, lambda policy: policy.name)
        return Page([view(policy) for policy in kept], next_cursor)

    @put(
        "/{name:str}",
        operation_id="putRetentionPolicy",
        summary="Create or change a policy",
        dto=CheckedBody,
        return_dto=None,
    )
    async def put_policy(
        self,
        core: NamedDependency[Core],
        request: Request[Any, Any, Any],
        name: FromPath[str],
        only_if: NamedDependency[Precondition],
        data: JSONBody[RetentionPolicyBody | None] = None,
    ) -> Response[RetentionPolicyView]:
        stored, created = await retention.change(
            core, request.user, name, _change(data or RetentionPolicyBody()), only_if
        )
        return Response(view(stored), status_code=201 if created else 200, headers=etag(stored.version))

    @get("/{name:str}", operation_id="getRetentionPolicy", summary="Read a policy")
    async def get_policy(
        self, core: NamedDependency[Core], name: FromPath[str], none_match: IfNoneMatch = None
    ) -> Response[RetentionPolicyView]:
        found = await retention.get(core, name)
        return read(view(found), found.version, none_match)

    @delete("/{name:str}", operation_id="deleteRetentionPolicy", summary="Delete a policy; no mail changes")
    async def delete_policy(
        self,
        core: NamedDependency[Core],
        request: Request[Any, Any, Any],
        name: FromPath[str],
        only_if: NamedDependency[Precondition],
    ) -> None:
        await retention.delete(core, request.user, name, only_if)
