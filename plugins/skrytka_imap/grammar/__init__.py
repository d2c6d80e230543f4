"""From a framed command to its Struct: for any input a ``Tagged`` command or one ``SyntaxFault``, never anything else.

One module per state, as in ``commands``; above each parser stands the ABNF that it reads. Departures from the letter, all of
them to read what real clients send: octets above 127 in quoted strings, spaces before the end of a line, names of commands
and items in any case.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

from skrytka_imap.commands import Command, Tagged
from skrytka_imap.faults import SyntaxFault
from skrytka_imap.grammar import (
    acl,
    any_state,
    append,
    authenticated,
    fetch,
    listing,
    metadata,
    not_authenticated,
    notify,
    search,
    selected,
    sort,
)
from skrytka_imap.grammar.cursor import Cursor

Parser = Callable[[Cursor], Command]

PARSERS: Mapping[str, Parser] = MappingProxyType(
    {
        "APPEND": append.append,
        "AUTHENTICATE": not_authenticated.authenticate,
        "CANCELUPDATE": search.cancel_update,
        "CAPABILITY": any_state.capability,
        "CHECK": selected.check,
        "CLOSE": selected.close,
        "COMPARATOR": authenticated.comparator,
        "COMPRESS": authenticated.compress,
        "COPY": selected.copy,
        "CREATE": authenticated.create,
        "DELETE": authenticated.delete,
        "DELETEACL": acl.delete_acl,
        "ENABLE": authenticated.enable,
        "ESEARCH": search.multisearch,
        "EXAMINE": authenticated.examine,
        "EXPUNGE": selected.expunge,
        "FETCH": fetch.fetch,
        "GETMETADATA": metadata.get_metadata,
        "GETACL": acl.get_acl,
        "GETQUOTA": authenticated.get_quota,
        "GETQUOTAROOT": authenticated.get_quota_root,
        "ID": any_state.identify,
        "IDLE": authenticated.idle,
        "LANGUAGE": any_state.language,
        "LIST": listing.list_folders,
        "LISTRIGHTS": acl.list_rights,
        "LOGIN": not_authenticated.login,
        "LOGOUT": any_state.logout,
        "LSUB": authenticated.lsub,
        "MOVE": selected.move,
        "MYRIGHTS": acl.my_rights,
        "NAMESPACE": authenticated.namespace,
        "NOOP": any_state.noop,
        "NOTIFY": notify.notify,
        "RENAME": authenticated.rename,
        "REPLACE": append.replace,
        "SEARCH": search.search,
        "SELECT": authenticated.select,
        "SETMETADATA": metadata.set_metadata,
        "SETACL": acl.set_acl,
        "SETQUOTA": authenticated.set_quota,
        "SORT": sort.sort,
        "STARTTLS": not_authenticated.start_tls,
        "STATUS": authenticated.status,
        "STORE": selected.store,
        "SUBSCRIBE": authenticated.subscribe,
        "THREAD": sort.thread,
        "UID COPY": selected.uid_copy,
        "UID EXPUNGE": selected.uid_expunge,
        "UID FETCH": fetch.uid_fetch,
        "UID MOVE": selected.uid_move,
        "UID REPLACE": append.uid_replace,
        "UID SEARCH": search.uid_search,
        "UID SORT": sort.uid_sort,
        "UID STORE": selected.uid_store,
        "UID THREAD": sort.uid_thread,
        "UIDBATCHES": selected.uid_batches,
        "UNAUTHENTICATE": authenticated.unauthenticate,
        "UNSELECT": selected.unselect,
        "UNSUBSCRIBE": authenticated.unsubscribe,
    }
)


def parse(pieces: tuple[bytes, ...], *, utf8: bool = False) -> Tagged:
    """Read one command, as ``framing.CommandReceived`` has it; ``utf8`` after ENABLE UTF8=ACCEPT. RFC 3501 section 9.

    command = tag SP (command-any / command-auth / command-nonauth / command-select) CRLF
    """
    cursor = Cursor(pieces, utf8=utf8)
    tag = cursor.read_tag()
    name = cursor.name("a command")
    if name == "UID":
        cursor.space()
        name = f"UID {cursor.name('COPY, EXPUNGE, FETCH, MOVE, REPLACE, SEARCH, SORT, STORE or THREAD')}"
    parser = PARSERS.get(name)
    if parser is None:
        raise cursor.fault(f"There is no command {name[:40]}")
    command = parser(cursor)
    cursor.end()
    return Tagged(tag, command)


__all__ = ["PARSERS", "Parser", "SyntaxFault", "parse"]
