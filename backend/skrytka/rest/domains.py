"""``/v1/domains``."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import msgspec
from litestar import Controller, Request, Response, delete, get, put
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody

from skrytka.core import Core
from skrytka.model import Domain, Precondition, Status
from skrytka.rest.bodies import Body, CheckedBody
from skrytka.rest.pages import DEFAULT_LIMIT, Cursor, Limit, Page, after, page_of
from skrytka.rest.versions import IfNoneMatch, etag, read
from skrytka.services import domains


class DomainBody(Body, frozen=True):
    """Absent fields keep their value; null resets to the default."""

    status: Status | msgspec.UnsetType | None = msgspec.UNSET


class DomainView(msgspec.Struct, frozen=True):
    name: str
    status: Status
    created_at: datetime


def view(domain: Domain) -> DomainView:
    return DomainView(domain.name, domain.status, datetime.fromtimestamp(domain.created_at, UTC))


class Domains(Controller):
    path = "/domains"
    tags = ("Domains",)

    @get(operation_id="listDomains", summary="List the domains by name")
    async def list_domains(
        self, core: NamedDependency[Core], cursor: Cursor = None, limit: Limit = DEFAULT_LIMIT
    ) -> Page[DomainView]:
        rows = await domains.list_page(core, after(cursor), limit + 1)
        kept, next_cursor = page_of(rows, limit, lambda domain: domain.name)
        return Page([view(domain) for domain in kept], next_cursor)

    @put(
        "/{domain:str}", operation_id="putDomain", summary="Create or change a domain", dto=CheckedBody, return_dto=None
    )
    async def put_domain(
        self,
        core: NamedDependency[Core],
        request: Request[Any, Any, Any],
        domain: FromPath[str],
        only_if: NamedDependency[Precondition],
        data: JSONBody[DomainBody | None] = None,
    ) -> Response[DomainView]:
        change = data or DomainBody()
        changed, created = await domains.put(core, request.user, domain, change.status, only_if)
        return Response(view(changed), status_code=201 if created else 200, headers=etag(changed.version))

    @get("/{domain:str}", operation_id="getDomain", summary="Read a domain")
    async def get_domain(
        self, core: NamedDependency[Core], domain: FromPath[str], none_match: IfNoneMatch = None
    ) -> Response[DomainView]:
        found = await domains.get(core, domain)
        return read(view(found), found.version, none_match)

    @delete("/{domain:str}", operation_id="deleteDomain", summary="Delete a domain that has no mailboxes")
    async def delete_domain(
        self,
        core: NamedDependency[Core],
        request: Request[Any, Any, Any],
        domain: FromPath[str],
        only_if: NamedDependency[Precondition],
    ) -> None:
        await domains.delete(core, request.user, domain, only_if)
