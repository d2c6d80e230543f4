"""``/v1/mailboxes/{address}/messages``: list, upload, read, flag and delete mail."""

from __future__ import annotations

from asyncio import get_running_loop
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AsyncExitStack
from functools import partial
from typing import Annotated, Any, Literal, TypeVar

import msgspec
from litestar import Controller, Request, Response, delete, get, patch, post
from litestar.background_tasks import BackgroundTask
from litestar.di import NamedDependency
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import FromPath, JSONBody, QueryParameter
from litestar.response import Stream

from skrytka import errors
from skrytka.core import Core
from skrytka.model import FlagChange, Flags, FolderId, MailboxRef, MessageRow, NewMessage, Uid
from skrytka.rest.bodies import Body, CheckedBody
from skrytka.rest.idempotent import IdempotencyKey, OnceOnly, once
from skrytka.rest.message_views import (
    FLAGS_BY_NAME,
    FullMessageView,
    MessageView,
    full_view,
    message_view,
)
from skrytka.rest.pages import DEFAULT_LIMIT, Cursor, Limit, Page, after_number, page_of
from skrytka.rest.uploads import received
from skrytka.services import contents, folders, mailboxes, messages, outgoing
from skrytka.services.faults import faults_of, refuse
from skrytka.services.keyword_rules import check_keywords
from skrytka.settings import Limits

CHUNK_OCTETS = 65_536
"""Of a mail on its way out: the server waits after each for a client that is behind."""

GROUP_OCTETS = 1_048_576
"""Headers of a listing that are read and looked at together."""

T = TypeVar("T")

FlagName = Literal["seen", "answered", "flagged", "deleted", "draft"]


class FlagsBody(Body, frozen=True):
    """Flags and keywords to remove, then those to add; all others stay as they are. All is done, or nothing."""

    add: tuple[FlagName, ...] = ()
    remove: tuple[FlagName, ...] = ()
    add_keywords: tuple[str, ...] = ()
    remove_keywords: tuple[str, ...] = ()

    def faults(self, limits: Limits) -> Iterable[errors.Fault]:
        for field in ("add_keywords", "remove_keywords"):
            found = faults_of(check_keywords, getattr(self, field), limits)
            yield from (errors.Fault(field, fault.reason) for fault in found)


def parse_id(message: str) -> tuple[FolderId, Uid]:
    folder, dash, uid = message.partition("-")
    if not (dash and folder.isascii() and folder.isdigit() and uid.isascii() and uid.isdigit()):
        raise errors.NotFound("message", message)
    if len(folder) > 18 or len(uid) > 10:
        raise errors.NotFound("message", message)
    return FolderId(int(folder)), Uid(int(uid))


async def find(core: Core, address: str, message: str) -> tuple[MailboxRef, FolderId, MessageRow]:
    mailbox = (await mailboxes.get(core, address)).ref
    folder_id, uid = parse_id(message)
    # Not messages.row: that one still finds a mail that was expunged a moment ago, for sessions that were not told yet.
    rows = await messages.page(core, mailbox, folder_id, uid - 1, 1)
    if not rows or rows[0].uid != uid:
        raise errors.NotFound("message", message)
    return mailbox, folder_id, rows[0]


async def _views(core: Core, mailbox: MailboxRef, folder_id: FolderId, rows: Sequence[MessageRow]) -> list[MessageView]:
    views: list[MessageView] = []
    for group in _groups(rows, core.settings.limits.header_octets):
        headers = await contents.header(core, mailbox, [row.content_id for row in group])
        pairs = [(row, headers.get(row.content_id, b"")) for row in group]
        views += await _compute(core, partial(_message_views, folder_id, pairs))
    return views


def _message_views(folder_id: FolderId, pairs: Sequence[tuple[MessageRow, bytes]]) -> list[MessageView]:
    return [message_view(folder_id, row, header) for row, header in pairs]


def _groups(rows: Sequence[MessageRow], header_octets: int) -> Iterator[list[MessageRow]]:
    """Rows whose headers may be in memory together."""
    group: list[MessageRow] = []
    octets = 0
    for row in rows:
        if group and octets >= GROUP_OCTETS:
            yield group
            group, octets = [], 0
        group.append(row)
        octets += min(row.size_octets, header_octets)
    if group:
        yield group


async def _view(core: Core, mailbox: MailboxRef, folder_id: FolderId, row: MessageRow) -> MessageView:
    return (await _views(core, mailbox, folder_id, [row]))[0]


async def _compute(core: Core, work: Callable[[], T]) -> T:
    return await get_running_loop().run_in_executor(core.compute, work)


class Messages(Controller):
    path = "/mailboxes/{address:str}/messages"
    tags = ("Messages",)

    @get(operation_id="listMessages", summary="List the messages of a folder, oldest first")
    async def list_messages(
        self,
        core: NamedDependency[Core],
        address: FromPath[str],
        folder: Annotated[str, QueryParameter(description="Name of the folder")] = "INBOX",
        cursor: Cursor = None,
        limit: Limit = DEFAULT_LIMIT,
    ) -> Page[MessageView]:
        mailbox = (await mailboxes.get(core, address)).ref
        found = await folders.get(core, mailbox, folder)
        rows = await messages.page(core, mailbox, found.folder_id, after_number(cursor), limit + 1)
        kept, next_cursor = page_of(rows, limit, lambda row: str(row.uid))
        return Page(await _views(core, mailbox, found.folder_id, kept), next_cursor)

    @post(
        request_max_body_size=None,
        operation_id="uploadMessage",
        summary="Store a mail (message/rfc822) in a folder",
        media_type="application/json",
        responses={201: ResponseSpec(MessageView, description="The message as it was stored")},
    )
    async def upload(
        self,
        core: NamedDependency[Core],
        request: Request[Any, Any, Any],
        address: FromPath[str],
        folder: Annotated[str, QueryParameter(description="Name of the folder")] = "INBOX",
        flag: Annotated[list[FlagName] | None, QueryParameter(description="May be repeated")] = None,
        keyword: Annotated[list[str] | None, QueryParameter(description="May be repeated")] = None,
        key: IdempotencyKey = None,
    ) -> Response[bytes]:
        mailbox = (await mailboxes.get(core, address)).ref
        target = await folders.get(core, mailbox, folder)
        flags = _flags(tuple(flag or ()))
        async with received(core, request) as octets:

            async def store() -> Uid:
                mail = NewMessage(octets, flags, tuple(keyword or ()))
                return (await messages.append(core, request.user, mailbox, target.folder_id, [mail])).uids[0]

            async def answer(uid: Uid) -> tuple[int, bytes]:
                row = await messages.row(core, mailbox, target.folder_id, uid)
                return 201, msgspec.json.encode(await _view(core, mailbox, target.folder_id, row))

            return await once(core, request, OnceOnly(key, octets, store, answer))

    @get("/{message:str}", operation_id="getMessage", summary="Read a message as JSON, its text decoded")
    async def get_message(
        self, core: NamedDependency[Core], address: FromPath[str], message: FromPath[str]
    ) -> FullMessageView:
        mailbox, folder_id, row = await find(core, address, message)
        async with outgoing.sending(core, mailbox, row.size_octets):
            octets = await contents.octets(core, mailbox, row.content_id)
            return await _compute(core, lambda: full_view(folder_id, row, octets))

    @get(
        "/{message:str}/raw",
        operation_id="getRawMessage",
        summary="Read a message exactly as it came in",
        media_type="message/rfc822",
    )
    async def get_raw(self, core: NamedDependency[Core], address: FromPath[str], message: FromPath[str]) -> Stream:
        mailbox, _, row = await find(core, address, message)
        async with AsyncExitStack() as stack:
            await stack.enter_async_context(outgoing.sending(core, mailbox, row.size_octets))
            octets = await contents.octets(core, mailbox, row.content_id)
            sent = BackgroundTask(stack.pop_all().aclose)
        chunks = (octets[start : start + CHUNK_OCTETS] for start in range(0, len(octets), CHUNK_OCTETS))
        headers = {"Content-Length": str(len(octets))}
        return Stream(chunks, media_type="message/rfc822", headers=headers, background=sent)

    @patch(
        "/{message:str}/flags",
        operation_id="changeFlags",
        summary="Add and remove flags and keywords",
        dto=CheckedBody,
        return_dto=None,
    )
    async def change_flags(
        self,
        core: NamedDependency[Core],
        request: Request[Any, Any, Any],
        address: FromPath[str],
        message: FromPath[str],
        data: JSONBody[FlagsBody],
    ) -> MessageView:
        mailbox, folder_id, row = await find(core, address, message)
        refuse(data.faults(core.settings.limits))
        added = FlagChange("add", _flags(data.add), data.add_keywords)
        change = FlagChange("remove", _flags(data.remove), data.remove_keywords, then=added)
        await messages.store_flags(core, request.user, mailbox, folder_id, [row.uid], change)
        return await _view(core, mailbox, folder_id, await messages.row(core, mailbox, folder_id, row.uid))

    @delete("/{message:str}", operation_id="deleteMessage", summary="Delete a message")
    async def delete_message(
        self,
        core: NamedDependency[Core],
        request: Request[Any, Any, Any],
        address: FromPath[str],
        message: FromPath[str],
    ) -> None:
        mailbox, folder_id, row = await find(core, address, message)
        await messages.expunge(core, request.user, mailbox, folder_id, [row.uid], deleted_only=False)


def _flags(names: tuple[str, ...]) -> Flags:
    flags = Flags.NONE
    for name in names:
        flags |= FLAGS_BY_NAME[name]
    return flags
