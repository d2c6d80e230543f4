"""THREAD (RFC 5256 section 3): messages as trees. Pure; ``breathe`` is called so that others may run meanwhile."""

from skrytka_imap.threads.by_references import by_references, by_refs
from skrytka_imap.threads.by_subject import by_subject
from skrytka_imap.threads.forest import Forest
from skrytka_imap.threads.links import Links, TooMany
from skrytka_imap.threads.mails import Mails

__all__ = ["Forest", "Links", "Mails", "TooMany", "by_references", "by_refs", "by_subject"]
