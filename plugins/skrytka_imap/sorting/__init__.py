"""SORT (RFC 5256 section 3): the order of messages by criteria, as octets that compare as the messages do."""

from skrytka_imap.sorting.order_keys import Facts, needs_keys, order_key, sent_at, uid_of
from skrytka_imap.sorting.positions import Update, inserted, removed
from skrytka_imap.sorting.slowly import in_order

__all__ = ["Facts", "Update", "in_order", "inserted", "needs_keys", "order_key", "removed", "sent_at", "uid_of"]
