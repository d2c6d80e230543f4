"""IMAP part numbers (RFC 3501 section 6.4.5)."""

from __future__ import annotations

from collections.abc import Sequence

from skrytka.mime.structure import Part


def find(part: Part, numbers: Sequence[int]) -> Part | None:
    """The part that ``1.2`` means below the mail ``part``; no numbers mean the mail itself, None is no such part.

    The parts of an embedded mail are numbered as if it stood alone; part 1 of a mail that is no multipart is its body.
    """
    is_mail = True
    for number in numbers:
        if not is_mail and part.is_embedding_mail:
            part, is_mail = part.children[0], True
        if part.media_type == "multipart":
            if not 1 <= number <= len(part.children):
                return None
            part, is_mail = part.children[number - 1], False
        elif is_mail and number == 1:
            is_mail = False
        else:
            return None
    return part
