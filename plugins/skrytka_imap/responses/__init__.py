"""What a server says: pure functions from values to the exact octets of RFC 3501 section 7.

Whole responses end with CRLF. Octets that are not ASCII are sent unchanged, in literals, to every client: a departure from
RFC 6855, which wants them hidden from clients that did not enable UTF8=ACCEPT. Those that did have folder names in UTF-8.
"""

from skrytka_imap.responses.acl import acl_line, list_rights_line, my_rights_line
from skrytka_imap.responses.esearch import (
    ESEARCH_END,
    esearch_begin,
    esearch_folder_begin,
    esearch_number,
    esearch_partial_begin,
    esearch_update_begin,
)
from skrytka_imap.responses.fetch import (
    BODY_ITEM,
    BODYSTRUCTURE_ITEM,
    DATE_ITEM,
    EMAILID_ITEM,
    ENVELOPE_ITEM,
    FLAGS_ITEM,
    MODSEQ_ITEM,
    PREVIEW_ITEM,
    SAVE_DATE_ITEM,
    SIZE_ITEM,
    THREADID_ITEM,
    UID_ITEM,
    fetch_line,
    fetch_lines,
    flag_lines,
    flag_octets,
    flags_item,
    internal_date,
    literal8_head,
    literal_head,
    modseq_item,
    uid_item,
)
from skrytka_imap.responses.flags import flag_list, flags_lines
from skrytka_imap.responses.folders import list_line, lsub_line, namespace_line, separator_line, status_line
from skrytka_imap.responses.quota import quota_line, quota_root_line
from skrytka_imap.responses.session import SEARCH, enabled_line, id_line, search_end, search_numbers
from skrytka_imap.responses.sets import Run, add_to_runs, number_set, runs_of, set_of_runs, vanished_line
from skrytka_imap.responses.strings import literal_prefix, nstring, string
from skrytka_imap.responses.uid_batches import uid_batch, uid_batches_head

__all__ = [
    "BODYSTRUCTURE_ITEM",
    "BODY_ITEM",
    "DATE_ITEM",
    "EMAILID_ITEM",
    "ENVELOPE_ITEM",
    "ESEARCH_END",
    "FLAGS_ITEM",
    "MODSEQ_ITEM",
    "PREVIEW_ITEM",
    "SAVE_DATE_ITEM",
    "SEARCH",
    "SIZE_ITEM",
    "THREADID_ITEM",
    "UID_ITEM",
    "Run",
    "acl_line",
    "add_to_runs",
    "enabled_line",
    "esearch_begin",
    "esearch_folder_begin",
    "esearch_number",
    "esearch_partial_begin",
    "esearch_update_begin",
    "fetch_line",
    "fetch_lines",
    "flag_lines",
    "flag_list",
    "flag_octets",
    "flags_item",
    "flags_lines",
    "id_line",
    "internal_date",
    "list_line",
    "list_rights_line",
    "literal8_head",
    "literal_head",
    "literal_prefix",
    "lsub_line",
    "modseq_item",
    "my_rights_line",
    "namespace_line",
    "nstring",
    "number_set",
    "quota_line",
    "quota_root_line",
    "runs_of",
    "search_end",
    "search_numbers",
    "separator_line",
    "set_of_runs",
    "status_line",
    "string",
    "uid_batch",
    "uid_batches_head",
    "uid_item",
    "vanished_line",
]
