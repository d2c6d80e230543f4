"""What a client may ask: one frozen Struct per command, named by the RFC's word, free of protocol text.

The tag stands apart, in ``Tagged``. Folder names are Unicode (modified UTF-7 is undone), system flags are
``model.Flags``, dates are numbers, macros of FETCH are expanded. What only the session can know (what ``*`` means) is
left as it was written.
"""

from __future__ import annotations

import msgspec

from skrytka_imap.commands.acl import DeleteAcl, GetAcl, ListRights, MyRights, SetAcl
from skrytka_imap.commands.any_state import Capability, Id, Language, Logout, Noop
from skrytka_imap.commands.append import Append, AppendMessage, Catenate, Replace, Url
from skrytka_imap.commands.authenticated import (
    Comparator,
    Compress,
    Create,
    Delete,
    Enable,
    Examine,
    GetQuota,
    GetQuotaRoot,
    Idle,
    Lsub,
    Namespace,
    Rename,
    Resync,
    Select,
    SetQuota,
    Status,
    StatusItem,
    Subscribe,
    Unauthenticate,
    Unsubscribe,
)
from skrytka_imap.commands.binary import BinarySection, BinarySize
from skrytka_imap.commands.fetch import (
    BODY_TEXTS,
    BodySection,
    EmailId,
    Fetch,
    FetchAttribute,
    FetchItem,
    Section,
    SectionText,
)
from skrytka_imap.commands.listing import List, Selection
from skrytka_imap.commands.metadata import Depth, GetMetadata, SetMetadata
from skrytka_imap.commands.not_authenticated import Authenticate, Login, StartTls
from skrytka_imap.commands.notify import EventGroup, Notify, NotifyEvent, SelectedEvents
from skrytka_imap.commands.partial import Partial
from skrytka_imap.commands.partial_range import PartialRange
from skrytka_imap.commands.return_options import ReturnOption, Returns
from skrytka_imap.commands.search import CancelUpdate, Criteria, MultiSearch, Search
from skrytka_imap.commands.selected import Check, Close, Copy, Expunge, Move, Store, UidBatches, Unselect
from skrytka_imap.commands.sequence_set import SequenceSet
from skrytka_imap.commands.sort import Sort, SortCriterion, SortKey, Thread, ThreadAlgorithm
from skrytka_imap.commands.sources import Source, SourceKind

Command = (
    Append
    | Authenticate
    | CancelUpdate
    | Capability
    | Check
    | Close
    | Comparator
    | Compress
    | Copy
    | Create
    | Delete
    | DeleteAcl
    | Enable
    | Examine
    | Expunge
    | Fetch
    | GetMetadata
    | GetAcl
    | GetQuota
    | GetQuotaRoot
    | Id
    | Idle
    | Language
    | List
    | ListRights
    | Login
    | Logout
    | Lsub
    | Move
    | MultiSearch
    | MyRights
    | Namespace
    | Noop
    | Notify
    | Rename
    | Replace
    | Search
    | Select
    | SetMetadata
    | SetAcl
    | SetQuota
    | Sort
    | StartTls
    | Status
    | Store
    | Subscribe
    | Thread
    | UidBatches
    | Unauthenticate
    | Unselect
    | Unsubscribe
)


class Tagged(msgspec.Struct, frozen=True):
    """A command with the tag that its completion repeats (RFC 3501 section 2.2.1)."""

    tag: bytes
    command: Command


def enables_condstore(command: Command) -> bool:
    """Whether a command enables CONDSTORE (RFC 7162 section 3.1); NOTIFY that wants MODSEQ fetched does as FETCH."""
    match command:
        case Select(condstore=True) | Examine(condstore=True):
            return True
        case Status(items=items):
            return StatusItem.HIGHESTMODSEQ in items
        case Fetch(items=items) | Notify(selected=SelectedEvents(items=items)):
            return FetchAttribute.MODSEQ in items
        case Store(unchanged_since=since):
            return since is not None
        case Search(mentions_modseq=mentioned):
            return mentioned
        case MultiSearch(search=search) | Sort(search=search) | Thread(search=search):
            return search.mentions_modseq
        case Enable(names=names):
            return "CONDSTORE" in names or "QRESYNC" in names
        case _:
            return False


__all__ = [
    "BODY_TEXTS",
    "Append",
    "AppendMessage",
    "Authenticate",
    "BinarySection",
    "BinarySize",
    "BodySection",
    "CancelUpdate",
    "Capability",
    "Catenate",
    "Check",
    "Close",
    "Command",
    "Comparator",
    "Compress",
    "Copy",
    "Create",
    "Criteria",
    "Delete",
    "DeleteAcl",
    "Depth",
    "EmailId",
    "Enable",
    "EventGroup",
    "Examine",
    "Expunge",
    "Fetch",
    "FetchAttribute",
    "FetchItem",
    "GetAcl",
    "GetMetadata",
    "GetQuota",
    "GetQuotaRoot",
    "Id",
    "Idle",
    "Language",
    "List",
    "ListRights",
    "Login",
    "Logout",
    "Lsub",
    "Move",
    "MultiSearch",
    "MyRights",
    "Namespace",
    "Noop",
    "Notify",
    "NotifyEvent",
    "Partial",
    "PartialRange",
    "Rename",
    "Replace",
    "Resync",
    "ReturnOption",
    "Returns",
    "Search",
    "Section",
    "SectionText",
    "Select",
    "SelectedEvents",
    "Selection",
    "SequenceSet",
    "SetAcl",
    "SetMetadata",
    "SetQuota",
    "Sort",
    "SortCriterion",
    "SortKey",
    "Source",
    "SourceKind",
    "StartTls",
    "Status",
    "StatusItem",
    "Store",
    "Subscribe",
    "Tagged",
    "Thread",
    "ThreadAlgorithm",
    "UidBatches",
    "Unauthenticate",
    "Unselect",
    "Unsubscribe",
    "Url",
    "enables_condstore",
]
