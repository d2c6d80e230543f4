"""``/v1/mailboxes/{address}/folders``."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import msgspec
from litestar import Controller, Request, Response, delete, get, put
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody

from skrytka import errors
from skrytka.core import Core
from skrytka.model import Folder, Role
from skrytka.rest.bodies import Body, CheckedBody
from skrytka.rest.pages import Page
from skrytka.services import folder_names, folders, mailboxes
from skrytka.settings import Limits


class FolderBody(Body, frozen=True):
    """``name`` renames a folder that is there; ``role`` can be given at creation only."""

    name: str | msgspec.UnsetType = msgspec.UNSET
    role: Role | msgspec.UnsetType | None = msgspec.UNSET

    def faults(self, limits: Limits) -> Iterable[errors.Fault]:
        return folder_names.faults(self.name, limits) if isinstance(self.name, str) else ()


class FolderView(msgspec.Struct, frozen=True):
    folder_id: int
    name: str
    role: Role | None
    uid_validity: int
    uid_next: int
    highest_modseq: int
    messages: int
    unseen: int
    octets: int


def view(folder: Folder) -> FolderView:
    return FolderView(
        folder.folder_id,
        folder.name,
        folder.role,
        folder.uid_validity,
        folder.uid_next,
        folder.highest_modseq,
        folder.messages,
        folder.unseen,
        folder.octets,
    )


class Folders(Controller):
    """Names have slashes between levels; in the path they stand as they are: ``/folders/Projects/2026``."""

    path = "/mailboxes/{address:str}/folders"
    tags = ("Folders",)

    @get(operation_id="listFolders", summary="List the folders with their counters (a bounded number, on one page)")
    async def list_folders(self, core: NamedDependency[Core], address: FromPath[str]) -> Page[FolderView]:
        mailbox = (await mailboxes.get(core, address)).ref
        return Page([view(folder) for folder in await folders.list_all(core, mailbox)])

    @get("/{folder:path}", operation_id="getFolder", summary="Read a folder")
    async def get_folder(
        self, core: NamedDependency[Core], address: FromPath[str], folder: FromPath[str]
    ) -> FolderView:
        mailbox = (await mailboxes.get(core, address)).ref
        return view(await folders.get(core, mailbox, folder.lstrip("/")))

    @put(
        "/{folder:path}",
        operation_id="putFolder",
        summary="Create a folder, or rename it",
        dto=CheckedBody,
        return_dto=None,
    )
    async def put_folder(
        self,
        core: NamedDependency[Core],
        request: Request[Any, Any, Any],
        address: FromPath[str],
        folder: FromPath[str],
        data: JSONBody[FolderBody | None] = None,
    ) -> Response[FolderView]:
        mailbox = (await mailboxes.get(core, address)).ref
        body, name = data or FolderBody(), folder.lstrip("/")
        try:
            existing = await folders.get(core, mailbox, name)
        except errors.NotFound:
            if body.name not in (msgspec.UNSET, name):
                raise  # a rename that is repeated: what it renamed is gone
            role = None if body.role is msgspec.UNSET else body.role
            made = await folders.create(core, request.user, mailbox, name, role)
            return Response(view(made), status_code=201)
        if body.role is not msgspec.UNSET and body.role != existing.role:
            raise errors.NotPermitted("The role of a folder cannot be changed")
        if body.name is not msgspec.UNSET and body.name != existing.name:
            await folders.rename(core, request.user, mailbox, existing.name, body.name)
        return Response(view(await folders.get_by_id(core, mailbox, existing.folder_id)), status_code=200)

    @delete("/{folder:path}", operation_id="deleteFolder", summary="Delete a folder and its mail")
    async def delete_folder(
        self,
        core: NamedDependency[Core],
        request: Request[Any, Any, Any],
        address: FromPath[str],
        folder: FromPath[str],
    ) -> None:
        mailbox = (await mailboxes.get(core, address)).ref
        await folders.delete(core, request.user, mailbox, folder.lstrip("/"))
