"""All commands: the name on the wire, its parser, its handler, the states it is for, and whether EXPUNGE may end it.

RFC 3501 section 7.4.1: EXPUNGE is not sent in answer to FETCH, STORE and SEARCH, for the client's numbers would shift under
its next command; their UID forms may, since no number is in them. The parsers are those of ``grammar.PARSERS``.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import msgspec

from skrytka_imap import commands
from skrytka_imap.grammar import PARSERS, Parser
from skrytka_imap.handlers import (
    appending,
    capability,
    changing_folders,
    choosing_language,
    comparing,
    compressing,
    contexts,
    copying,
    enabling,
    expunging,
    fetching,
    getting_metadata,
    identify,
    idling,
    listing,
    logging_in,
    logging_out,
    logout,
    multisearching,
    noop,
    notify,
    quotas,
    replacing,
    searching,
    selecting,
    setting_metadata,
    sharing,
    sorting,
    starttls,
    storing,
    telling_status,
    threading,
    uid_batches,
)
from skrytka_imap.replies import Reply
from skrytka_imap.session import ANY_STATE, LOGGED_IN, Session, State

Handler = Callable[[Session, Any], Awaitable[Reply]]
"""Takes the session and the command's own Struct, which the table pairs with it."""

NOT_AUTHENTICATED, SELECTED = State.NOT_AUTHENTICATED, State.SELECTED
YES, NO = True, False


class Entry(msgspec.Struct, frozen=True):
    """One command by its name; a UID form has an entry of its own: its answers carry the UID (RFC 3501 section 6.4.8)."""

    name: str
    parser: Parser
    command: type[commands.Command]
    handle: Handler
    states: State
    may_expunge: bool
    is_uid: bool
    takes_numbers: bool
    """Its other form takes UIDs in their place; EXPUNGE takes none in this one."""


def _entry(name: str, command: type[commands.Command], handle: Handler, states: State, may_expunge: bool) -> Entry:
    takes_numbers = f"UID {name}" in PARSERS and name != "EXPUNGE"
    return Entry(name, PARSERS[name], command, handle, states, may_expunge, name.startswith("UID "), takes_numbers)


# fmt: off
ENTRIES = (
    #      name            command                handler                          states           EXPUNGE
    _entry("CAPABILITY",   commands.Capability,   capability.capability,           ANY_STATE,         YES),
    _entry("NOOP",         commands.Noop,         noop.noop,                       ANY_STATE,         YES),
    _entry("LOGOUT",       commands.Logout,       logout.logout,                   ANY_STATE,         YES),
    _entry("ID",           commands.Id,           identify.identify,               ANY_STATE,         YES),
    _entry("LANGUAGE",     commands.Language,     choosing_language.language,      ANY_STATE,         YES),
    _entry("STARTTLS",     commands.StartTls,     starttls.start_tls,              NOT_AUTHENTICATED, NO),
    _entry("AUTHENTICATE", commands.Authenticate, logging_in.authenticate,         NOT_AUTHENTICATED, NO),
    _entry("LOGIN",        commands.Login,        logging_in.login,                NOT_AUTHENTICATED, NO),
    _entry("SELECT",       commands.Select,       selecting.select,                LOGGED_IN,         NO),
    _entry("EXAMINE",      commands.Examine,      selecting.examine,               LOGGED_IN,         NO),
    _entry("CREATE",       commands.Create,       changing_folders.create,         LOGGED_IN,         YES),
    _entry("DELETE",       commands.Delete,       changing_folders.delete,         LOGGED_IN,         YES),
    _entry("RENAME",       commands.Rename,       changing_folders.rename,         LOGGED_IN,         YES),
    _entry("SUBSCRIBE",    commands.Subscribe,    changing_folders.subscribe,      LOGGED_IN,         YES),
    _entry("UNSUBSCRIBE",  commands.Unsubscribe,  changing_folders.unsubscribe,    LOGGED_IN,         YES),
    _entry("LIST",         commands.List,         listing.list_folders,            LOGGED_IN,         YES),
    _entry("LSUB",         commands.Lsub,         listing.list_subscribed,         LOGGED_IN,         YES),
    _entry("STATUS",       commands.Status,       telling_status.status,           LOGGED_IN,         YES),
    _entry("APPEND",       commands.Append,       appending.append,                LOGGED_IN,         YES),
    _entry("IDLE",         commands.Idle,         idling.idle,                     LOGGED_IN,         YES),
    _entry("NOTIFY",       commands.Notify,       notify.notify,                   LOGGED_IN,         YES),
    _entry("NAMESPACE",    commands.Namespace,    enabling.namespace,              LOGGED_IN,         YES),
    _entry("ENABLE",       commands.Enable,       enabling.enable,                 LOGGED_IN,         YES),
    _entry("COMPARATOR",   commands.Comparator,   comparing.comparator,            LOGGED_IN,         YES),
    _entry("COMPRESS",     commands.Compress,     compressing.compress,            LOGGED_IN,         YES),
    _entry("UNAUTHENTICATE", commands.Unauthenticate, logging_out.unauthenticate,  LOGGED_IN,         NO),
    _entry("GETMETADATA",  commands.GetMetadata,  getting_metadata.get_metadata,   LOGGED_IN,         YES),
    _entry("SETMETADATA",  commands.SetMetadata,  setting_metadata.set_metadata,   LOGGED_IN,         YES),
    _entry("GETQUOTA",     commands.GetQuota,     quotas.get_quota,                LOGGED_IN,         YES),
    _entry("GETQUOTAROOT", commands.GetQuotaRoot, quotas.get_quota_root,           LOGGED_IN,         YES),
    _entry("SETQUOTA",     commands.SetQuota,     quotas.set_quota,                LOGGED_IN,         YES),
    _entry("SETACL",       commands.SetAcl,       sharing.set_acl,                 LOGGED_IN,         YES),
    _entry("DELETEACL",    commands.DeleteAcl,    sharing.delete_acl,              LOGGED_IN,         YES),
    _entry("GETACL",       commands.GetAcl,       sharing.get_acl,                 LOGGED_IN,         YES),
    _entry("LISTRIGHTS",   commands.ListRights,   sharing.list_rights,             LOGGED_IN,         YES),
    _entry("MYRIGHTS",     commands.MyRights,     sharing.my_rights,               LOGGED_IN,         YES),
    _entry("ESEARCH",      commands.MultiSearch,  multisearching.multisearch,      LOGGED_IN,         YES),
    _entry("CHECK",        commands.Check,        noop.check,                      SELECTED,          YES),
    _entry("CLOSE",        commands.Close,        selecting.close,                 SELECTED,          NO),
    _entry("UNSELECT",     commands.Unselect,     selecting.unselect,              SELECTED,          NO),
    _entry("CANCELUPDATE", commands.CancelUpdate, contexts.cancel_update,          SELECTED,          YES),
    _entry("EXPUNGE",      commands.Expunge,      expunging.expunge,               SELECTED,          YES),
    _entry("SEARCH",       commands.Search,       searching.search,                SELECTED,          NO),
    _entry("SORT",         commands.Sort,         sorting.sort,                    SELECTED,          NO),
    _entry("THREAD",       commands.Thread,       threading.thread,                SELECTED,          NO),
    _entry("FETCH",        commands.Fetch,        fetching.fetch,                  SELECTED,          NO),
    _entry("STORE",        commands.Store,        storing.store,                   SELECTED,          NO),
    _entry("COPY",         commands.Copy,         copying.copy,                    SELECTED,          YES),
    _entry("MOVE",         commands.Move,         copying.move,                    SELECTED,          YES),
    _entry("REPLACE",      commands.Replace,      replacing.replace,               SELECTED,          YES),
    _entry("UIDBATCHES",   commands.UidBatches,   uid_batches.uid_batches,         SELECTED,          YES),
    _entry("UID EXPUNGE",  commands.Expunge,      expunging.expunge,               SELECTED,          YES),
    _entry("UID SEARCH",   commands.Search,       searching.search,                SELECTED,          YES),
    _entry("UID SORT",     commands.Sort,         sorting.sort,                    SELECTED,          YES),
    _entry("UID THREAD",   commands.Thread,       threading.thread,                SELECTED,          YES),
    _entry("UID FETCH",    commands.Fetch,        fetching.fetch,                  SELECTED,          YES),
    _entry("UID REPLACE",  commands.Replace,      replacing.replace,               SELECTED,          YES),
    _entry("UID STORE",    commands.Store,        storing.store,                   SELECTED,          YES),
    _entry("UID COPY",     commands.Copy,         copying.copy,                    SELECTED,          YES),
    _entry("UID MOVE",     commands.Move,         copying.move,                    SELECTED,          YES),
)
# fmt: on

_BY_COMMAND = {(entry.command, entry.is_uid): entry for entry in ENTRIES}


def entry_of(command: commands.Command) -> Entry:
    """The entry of a parsed command."""
    match command:
        case (
            commands.Fetch()
            | commands.Store()
            | commands.Search()
            | commands.Copy()
            | commands.Move()
            | commands.Replace()
            | commands.Sort()
            | commands.Thread()
        ):
            return _BY_COMMAND[type(command), command.uid]
        case commands.Expunge():
            return _BY_COMMAND[commands.Expunge, command.uids is not None]
        case _:
            return _BY_COMMAND[type(command), False]
