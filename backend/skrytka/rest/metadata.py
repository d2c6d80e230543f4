"""``/v1/mailboxes/{address}/metadata``: named values of a folder, or of the mailbox as a whole (RFC 5464)."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterable, Mapping
from typing import Annotated, Any, ClassVar, Literal

import msgspec
from litestar import Controller, Request, Response, delete, get, put
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody, QueryParameter

from skrytka.core import Core
from skrytka.errors import Fault, Invalid, NotFound
from skrytka.model import FolderId, MailboxRef
from skrytka.rest.bodies import Body, CheckedBody
from skrytka.rest.pages import Page
from skrytka.services import folders, mailboxes, metadata
from skrytka.settings import Limits

Encoding = Literal["utf-8", "base64"]
InFolder = Annotated[str | None, QueryParameter(description="A folder; without it, the mailbox as a whole")]


class EntryBody(Body, frozen=True):
    """``value`` is text, or octets in base64."""

    STAND_INS: ClassVar[Mapping[str, Any]] = {"value": ""}

    value: str
    encoding: Encoding = "utf-8"

    def faults(self, limits: Limits) -> Iterable[Fault]:
        try:
            self.octets()
        except binascii.Error:
            yield Fault("value", f"is not {self.encoding}")

    def octets(self) -> bytes:
        if self.encoding == "utf-8":
            return self.value.encode()
        return base64.b64decode(self.value.encode(), validate=True)


class EntrySize(msgspec.Struct, frozen=True):
    """``octets`` are those of the value."""

    entry: str
    octets: int


class EntryView(msgspec.Struct, frozen=True):
    """``value`` is text where it is UTF-8, else in base64."""

    entry: str
    value: str
    encoding: Encoding


def view(entry: str, octets: bytes) -> EntryView:
    try:
        return EntryView(entry, octets.decode("utf-8"), "utf-8")
    except UnicodeDecodeError:
        return EntryView(entry, base64.b64encode(octets).decode("ascii"), "base64")


class Metadata(Controller):
    """The names of entries stand in the path as they are: ``/metadata/shared/comment``. Private ones are those of the mailbox's
    own user."""

    path = "/mailboxes/{address:str}/metadata"
    tags = ("Metadata",)

    @get(operation_id="listMetadata", summary="List the entries (a bounded number, on one page)")
    async def list_metadata(
        self, core: NamedDependency[Core], address: FromPath[str], folder: InFolder = None
    ) -> Page[EntrySize]:
        mailbox, place = await _place(core, address, folder)
        sizes = await metadata.sizes(core, mailbox, mailbox.mailbox_id, place)
        return Page([EntrySize(name, octets) for name, octets in sizes.items()])

    @get("/{entry:path}", operation_id="getMetadata", summary="Read an entry")
    async def get_metadata(
        self, core: NamedDependency[Core], address: FromPath[str], entry: FromPath[str], folder: InFolder = None
    ) -> EntryView:
        mailbox, place = await _place(core, address, folder)
        name = metadata.normalised(entry)
        values = await metadata.values(core, mailbox, mailbox.mailbox_id, [place], [name])
        if (place, name) not in values:
            raise NotFound("entry", name)
        return view(name, values[place, name])

    @put("/{entry:path}", operation_id="putMetadata", summary="Set an entry", dto=CheckedBody, return_dto=None)
    async def put_metadata(
        self,
        core: NamedDependency[Core],
        request: Request[Any, Any, Any],
        address: FromPath[str],
        entry: FromPath[str],
        data: JSONBody[EntryBody],
        folder: InFolder = None,
    ) -> Response[EntryView]:
        mailbox, place = await _place(core, address, folder)
        name = metadata.normalised(entry)
        try:
            octets = data.octets()
        except binascii.Error:
            raise Invalid("value", f"is not {data.encoding}") from None
        known = await metadata.sizes(core, mailbox, mailbox.mailbox_id, place)
        await metadata.put(core, request.user, mailbox, mailbox.mailbox_id, place, metadata.Edit({name: octets}))
        return Response(view(name, octets), status_code=200 if name in known else 201)

    @delete("/{entry:path}", operation_id="deleteMetadata", summary="Remove an entry")
    async def delete_metadata(
        self,
        core: NamedDependency[Core],
        request: Request[Any, Any, Any],
        address: FromPath[str],
        entry: FromPath[str],
        folder: InFolder = None,
    ) -> None:
        mailbox, place = await _place(core, address, folder)
        name = metadata.normalised(entry)
        if name not in await metadata.sizes(core, mailbox, mailbox.mailbox_id, place):
            raise NotFound("entry", name)
        await metadata.put(core, request.user, mailbox, mailbox.mailbox_id, place, metadata.Edit({name: None}))


async def _place(core: Core, address: str, folder: str | None) -> tuple[MailboxRef, FolderId]:
    mailbox = (await mailboxes.get(core, address)).ref
    if folder is None:
        return mailbox, metadata.WHOLE_MAILBOX
    return mailbox, (await folders.get(core, mailbox, folder)).folder_id
