"""``/v1/mailboxes/{address}/acl``: who else may do what with a folder."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, ClassVar

import msgspec
from litestar import Controller, Request, delete, get, put
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody

from skrytka import errors, rights
from skrytka.core import Core
from skrytka.model import AclEntry, Folder, MailboxRef
from skrytka.rest.bodies import Body, CheckedBody
from skrytka.services import acl, folders, mailboxes
from skrytka.services.faults import faults_of
from skrytka.settings import Limits


class AclEntryBody(Body, frozen=True):
    """``identifier`` is the address of a mailbox, or ``anyone`` of the domain; after a ``-`` the rights are taken away.
    ``rights`` are letters of RFC 4314: ``lrswipkxtea``, and ``c`` and ``d`` for those that they stand for."""

    STAND_INS: ClassVar[Mapping[str, Any]] = {"identifier": "anyone", "rights": ""}

    identifier: str
    rights: str


class AclBody(Body, frozen=True):
    """All entries: those that are there and not among them go."""

    STAND_INS: ClassVar[Mapping[str, Any]] = {"entries": ()}

    entries: tuple[AclEntryBody, ...]

    def faults(self, limits: Limits) -> Iterable[errors.Fault]:
        for number, entry in enumerate(self.entries):
            yield from faults_of(rights.parse, entry.rights, f"entries.{number}.rights")


class AclView(msgspec.Struct, frozen=True):
    """By identifier. The owner, who has all rights, is not among them."""

    entries: list[AclEntry]


class Acl(Controller):
    """Names of folders stand in the path as they are: ``/acl/Projects/2026``."""

    path = "/mailboxes/{address:str}/acl"
    tags = ("Folders",)

    @get("/{folder:path}", operation_id="getAcl", summary="Read who else may do what with a folder")
    async def get_acl(self, core: NamedDependency[Core], address: FromPath[str], folder: FromPath[str]) -> AclView:
        mailbox, found = await _find(core, address, folder)
        return AclView(await acl.entries(core, mailbox, found.folder_id))

    @put(
        "/{folder:path}",
        operation_id="putAcl",
        summary="Say who else may do what with a folder",
        dto=CheckedBody,
        return_dto=None,
    )
    async def put_acl(
        self,
        core: NamedDependency[Core],
        request: Request[Any, Any, Any],
        address: FromPath[str],
        folder: FromPath[str],
        data: JSONBody[AclBody],
    ) -> AclView:
        mailbox, found = await _find(core, address, folder)
        wanted = [AclEntry(entry.identifier, entry.rights) for entry in data.entries]
        await acl.replace(core, request.user, mailbox, found.folder_id, wanted)
        return AclView(await acl.entries(core, mailbox, found.folder_id))

    @delete("/{folder:path}", operation_id="deleteAcl", summary="Let nobody but the owner into a folder")
    async def delete_acl(
        self,
        core: NamedDependency[Core],
        request: Request[Any, Any, Any],
        address: FromPath[str],
        folder: FromPath[str],
    ) -> None:
        mailbox, found = await _find(core, address, folder)
        await acl.replace(core, request.user, mailbox, found.folder_id, ())


async def _find(core: Core, address: str, folder: str) -> tuple[MailboxRef, Folder]:
    mailbox = (await mailboxes.get(core, address)).ref
    return mailbox, await folders.get(core, mailbox, folder.lstrip("/"))
