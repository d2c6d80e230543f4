"""The answers to FETCH for many messages at a time, item by item and not mail by mail: a listing takes a few us a message."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from skrytka.plugin_api import contents
from skrytka_imap import responses
from skrytka_imap.commands import FetchAttribute, FetchItem
from skrytka_imap.flag_telling import flag_lines
from skrytka_imap.handlers.fetch_plan import Cut, Mail, Plan, row_item
from skrytka_imap.message_names import begin, names_at
from skrytka_imap.selected import Selected, at
from skrytka_imap.session import Session

Column = tuple[bytes, Iterable[object]]
"""An item as it is formatted, and its values."""

SECTION_ITEM = b"%b"
"""Its octets are formatted already: how it begins says how many there are."""


def lines_from_view(session: Session, plan: Plan, places: Sequence[int]) -> bytes:
    """Lines of what the view has: nothing is read."""
    if FetchAttribute.FLAGS in plan.items and not session.uid_only:
        return flag_lines(session, places, with_uid=plan.with_uid, with_modseq=plan.with_modseq)
    return lines_from_rows(session, plan, places, ())


def lines_from_rows(session: Session, plan: Plan, places: Sequence[int], listings: Sequence[contents.Listing]) -> bytes:
    """Lines of what the view, rows and renditions have; ``listings`` are of the messages at ``places``, one each."""
    selected = session.selected
    columns = [_view_column(selected, item, places) or _row_column(item, listings) for item, _ in plan.writers]
    return responses.fetch_lines(names_at(session, places), columns, begin(session))


def lines_from_headers(session: Session, plan: Plan, places: Sequence[int], mails: Sequence[Mail]) -> bytes:
    """The same where sections of headers are among it; ``mails`` are of the messages at ``places``, one each."""
    selected = session.selected
    columns = [
        (SECTION_ITEM, [writer.item(mail) for mail in mails])
        if isinstance(writer, Cut)
        else _view_column(selected, item, places) or _row_column(item, mails)
        for item, writer in plan.writers
    ]
    return responses.fetch_lines(names_at(session, places), columns, begin(session))


def _view_column(selected: Selected, item: FetchItem, places: Sequence[int]) -> Column | None:
    view = selected.view
    match item:
        case FetchAttribute.UID:
            return responses.UID_ITEM, at(view.uids, places)
        case FetchAttribute.FLAGS:
            uids, flags = at(view.uids, places), at(view.flags, places)
            return responses.FLAGS_ITEM, responses.flag_octets(uids, flags, view.keywords, selected.recent)
        case FetchAttribute.MODSEQ:
            return responses.MODSEQ_ITEM, at(view.modseqs, places)
        case _:
            return None


def _row_column(item: FetchItem, listings: Sequence[contents.Listing | Mail]) -> Column:
    written = row_item(item)
    value_of = written.value_of
    return written.form, [value_of(listing) for listing in listings]
