"""``/v1/mailboxes/{address}/aliases``: further addresses that deliver into a mailbox."""

from __future__ import annotations

from typing import Any

import msgspec
from litestar import Controller, Request, Response, delete, get, put
from litestar.di import NamedDependency
from litestar.params import FromPath

from skrytka.core import Core
from skrytka.rest.pages import Page
from skrytka.services import addresses, aliases


class AliasView(msgspec.Struct, frozen=True):
    alias: str
    mailbox: str


class Aliases(Controller):
    path = "/mailboxes/{address:str}/aliases"
    tags = ("Aliases",)

    @get(operation_id="listAliases", summary="List the aliases of a mailbox (a bounded number, on one page)")
    async def list_aliases(self, core: NamedDependency[Core], address: FromPath[str]) -> Page[AliasView]:
        mailbox = addresses.normalise_address(address)
        return Page([AliasView(alias, mailbox) for alias in await aliases.list_all(core, mailbox)])

    @put("/{alias:str}", operation_id="putAlias", summary="Make an alias")
    async def put_alias(
        self, core: NamedDependency[Core], request: Request[Any, Any, Any], address: FromPath[str], alias: FromPath[str]
    ) -> Response[AliasView]:
        created = await aliases.put(core, request.user, address, alias)
        stored = AliasView(addresses.normalise_address(alias, "alias"), addresses.normalise_address(address))
        return Response(stored, status_code=201 if created else 200)

    @delete("/{alias:str}", operation_id="deleteAlias", summary="Delete an alias")
    async def delete_alias(
        self, core: NamedDependency[Core], request: Request[Any, Any, Any], address: FromPath[str], alias: FromPath[str]
    ) -> None:
        await aliases.delete(core, request.user, address, alias)
