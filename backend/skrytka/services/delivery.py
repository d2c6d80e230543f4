"""Delivery: from a recipient's address to a message in a folder, durable when the answer is given."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Coroutine, Sequence
from typing import Any, TypeVar

import msgspec

from skrytka.core import Core
from skrytka.errors import DomainError, Invalid, NotFound, Refused, Suspended, TooLarge, Unavailable
from skrytka.extensions import Delivery
from skrytka.model import Actor, Appended, FolderId, MailboxId, MailboxRef, State
from skrytka.services import counting, room
from skrytka.services.addresses import normalise_address
from skrytka.services.folder_names import canonical
from skrytka.services.preparing import Draft, draft, finish
from skrytka.services.publishing import announce
from skrytka.services.shards import now, shard_of
from skrytka.store.operations import appending, folders
from skrytka.store.operations import routes as routing
from skrytka.store.operations.shard_mailboxes import INBOX_FOLDER_ID

T = TypeVar("T")

_log = logging.getLogger(__name__)


class Route(msgspec.Struct, frozen=True):
    """Where a recipient's mail goes. ``detail`` is what follows the ``+`` of the local part (RFC 5233)."""

    mailbox: MailboxRef
    detail: str | None
    recipient: str


async def resolve(core: Core, recipient: str) -> Route:
    """The mailbox of an address, an alias, or either with ``+detail``. Room for the mail is decided at delivery."""
    try:
        return await _resolve(core, recipient)
    except DomainError as failure:
        counting.delivery(failure)
        raise


async def _resolve(core: Core, recipient: str) -> Route:
    address = normalise_address(recipient)
    local, _, domain = address.rpartition("@")
    plain, plus, detail = local.partition("+")
    target = await core.directory.read(routing.find, routing.Address(address, domain))
    found_detail = None
    if target is None and plus and plain:
        target = await core.directory.read(routing.find, routing.Address(f"{plain}@{domain}", domain))
        found_detail = detail or None
    if target is None:
        raise NotFound("mailbox", recipient)
    if target.suspended:
        raise Suspended("The mailbox is suspended")
    if target.state is not State.ACTIVE:
        raise Unavailable("The mailbox is being set up or moved")
    return Route(target.mailbox, found_detail, address)


async def deliver(
    core: Core, actor: Actor, sender: str, routes: Sequence[Route], octets: bytes
) -> list[DomainError | None]:
    """Deliver to all; result ``i`` belongs to ``routes[i]``, None once the mail is durable.

    A mailbox named several times gets one copy; named without a detail at least once, it is filed as that address says.

    The mail is parsed once. Each mailbox gets its own Return-Path and Delivered-To on top, and renditions are those of the
    first: what a front end derives must not depend on these two fields.
    """
    if len(octets) > core.settings.limits.message_octets:
        return [TooLarge(core.settings.limits.message_octets)] * len(routes)
    chosen: dict[MailboxId, Route] = {}
    for route in routes:
        known = chosen.get(route.mailbox.mailbox_id)
        if known is None or (known.detail is not None and route.detail is None):
            chosen[route.mailbox.mailbox_id] = route
    accepted = await _all([_accepted(core, sender, route, octets) for route in chosen.values()])
    pending = [_Pending(route, one) for route, one in zip(chosen.values(), accepted, strict=True)]
    drafts = await _drafts(core, pending)
    outcomes = await _all([_stored(core, actor, one, drafts) for one in pending])
    for outcome in outcomes:
        counting.delivery(outcome)
    answers = dict(zip(chosen, outcomes, strict=True))
    return [answers[route.mailbox.mailbox_id] for route in routes]


async def _all(steps: Sequence[Coroutine[Any, Any, T]]) -> list[T]:
    """All at the same time. The usual one recipient needs no task of its own."""
    if len(steps) == 1:
        return [await steps[0]]
    return await asyncio.gather(*steps)


class _Pending(msgspec.Struct, frozen=True):
    route: Route
    delivery: Delivery | DomainError


class _Shared(msgspec.Struct, frozen=True):
    """What all recipients of the same octets share: the draft, and the header below the trace fields."""

    draft: Draft
    header: bytes


async def _accepted(core: Core, sender: str, route: Route, octets: bytes) -> Delivery | DomainError:
    """The delivery as it is to be stored. Whether there is room is asked first: a large body is written before its row."""
    try:
        await room.require(core, shard_of(core, route.mailbox))
    except DomainError as error:
        return error
    return await _filtered(core, sender, route, octets)


async def _filtered(core: Core, sender: str, route: Route, octets: bytes) -> Delivery | DomainError:
    """The delivery after all filters. Only ``Refused`` is final: any other failure defers the mail."""
    delivery = Delivery(sender, route.recipient, octets)
    for one in core.extensions.delivery_filters:
        try:
            async with asyncio.timeout(core.settings.limits.filter_timeout_s):
                delivery = await one.filter(route.mailbox, delivery)
        except Refused as refused:
            return refused
        except (DomainError, TimeoutError) as error:
            _log.warning("delivery filter %r deferred a mail to %s: %r", one, route.recipient, error)
            return Unavailable("A delivery filter does not answer now")
        except Exception:
            _log.exception("delivery filter %r failed on a mail to %s", one, route.recipient)
            return Unavailable("A delivery filter failed")
    return delivery


class _Drafts(list[tuple[bytes, _Shared | DomainError]]):
    """By mail. No dict: a mail is hashed in one go, 50 MiB of it on the event loop; comparing ends at the first difference."""

    def of(self, octets: bytes) -> _Shared | DomainError | None:
        return next((made for known, made in self if known is octets or known == octets), None)


async def _drafts(core: Core, pending: Sequence[_Pending]) -> _Drafts:
    """One draft for each distinct mail that the filters left."""
    drafts = _Drafts()
    for one in pending:
        if isinstance(one.delivery, DomainError) or drafts.of(one.delivery.octets) is not None:
            continue
        drafts.append((one.delivery.octets, await _shared(core, one.delivery)))
    return drafts


async def _shared(core: Core, delivery: Delivery) -> _Shared | DomainError:
    try:
        trace = _trace(delivery)
        made = await draft(core, trace + delivery.octets)
    except DomainError as error:
        return error
    return _Shared(made, made.header[len(trace) :])


def _trace(delivery: Delivery) -> bytes:
    """Return-Path (RFC 5321 section 4.4) and Delivered-To."""
    for field, value in (("sender", delivery.sender), ("recipient", delivery.recipient)):
        if not value.isprintable():
            raise Invalid(field, "an address has no control characters")
    return f"Return-Path: <{delivery.sender}>\r\nDelivered-To: {delivery.recipient}\r\n".encode()


async def _stored(core: Core, actor: Actor, pending: _Pending, drafts: _Drafts) -> DomainError | None:
    """Store for one mailbox. A bug must not take the answers of the other recipients with it, so it is logged here."""
    delivery = pending.delivery
    if isinstance(delivery, DomainError):
        return delivery
    shared = drafts.of(delivery.octets)
    assert shared is not None, "every delivery was drafted"
    if isinstance(shared, DomainError):
        return shared
    try:
        prepared = await finish(core, shared.draft, _trace(delivery) + shared.header)
        arrival = appending.Arrival(prepared, 0, (), now(core))
        await _append(core, actor, pending.route, delivery, arrival)
    except DomainError as error:
        return error
    except Exception:
        _log.exception("delivery to %s failed", delivery.recipient)
        return Unavailable("The mail cannot be stored now")
    return None


async def _append(core: Core, actor: Actor, route: Route, delivery: Delivery, arrival: appending.Arrival) -> None:
    """File the mail; a folder that goes away meanwhile leaves it to INBOX, which is always there."""

    def committed(done: Appended) -> None:
        announce(core, actor, route.mailbox, "delivered", done.modseq, (done.folder_id,), done.uids)

    shard = shard_of(core, route.mailbox)
    folder_id = await _folder(core, route, delivery)
    values = appending.Append(route.mailbox.mailbox_id, folder_id, (arrival,), arrival.internal_date)
    try:
        await shard.write(appending.append, values, committed)
    except NotFound as missing:
        if missing.kind != "folder" or folder_id == INBOX_FOLDER_ID:
            raise
        values = appending.Append(route.mailbox.mailbox_id, INBOX_FOLDER_ID, (arrival,), arrival.internal_date)
        await shard.write(appending.append, values, committed)


async def _folder(core: Core, route: Route, delivery: Delivery) -> FolderId:
    """The folder that a filter named, else the one that the detail names in any case of its letters, else INBOX."""
    wanted = delivery.folder or route.detail
    if wanted is None:
        return INBOX_FOLDER_ID
    wanted = canonical(wanted)
    present = await shard_of(core, route.mailbox).read(folders.names, route.mailbox.mailbox_id)
    if wanted in present:
        return present[wanted]
    folded = {name.casefold(): folder_id for name, folder_id in sorted(present.items())}
    return folded.get(wanted.casefold(), INBOX_FOLDER_ID)
