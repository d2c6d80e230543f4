"""What is derived once from a mail so that FETCH only copies: ENVELOPE and BODYSTRUCTURE (RFC 3501 section 7.4.2).

BODY without brackets is BODYSTRUCTURE without its extension data, which ``body_from`` takes off: a third rendition would cost
its space in every mail for an item that few clients ask for.

A parameter that is not ASCII is written as RFC 2231 section 4 would write it in the header (``filename*``, in UTF-8), however
the sender did: clients know that form from the header, and it fits into a quoted string. Dovecot passes such names on too.

Many renditions are in memory together, so they are bounded, however much a sender puts into the headers of embedded mails:
a text is cut at ``FIELD_OCTETS``, and a structure over ``STRUCTURE_OCTETS`` is told as one opaque part. The header and the
sections have everything.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from urllib.parse import quote

from skrytka.plugin_api import Part, Rendition, mime
from skrytka_imap import sort_keys
from skrytka_imap.responses.strings import nstring, string

ENVELOPE = "imap.envelope"
BODYSTRUCTURE = "imap.bodystructure"
PREVIEW = "preview"

PREVIEW_CHARACTERS = 200
FIELD_OCTETS = 16_384
STRUCTURE_OCTETS = 1_048_576

_SHORT_CHARACTERS = 40
"""Types, charsets, encodings and the names of parameters come again in all mails: how they are written is remembered."""

NO_ENVELOPE = b"(NIL NIL NIL NIL NIL NIL NIL NIL NIL NIL)"


def opaque_structure(size_octets: int) -> bytes:
    """The BODYSTRUCTURE of a mail that is not told in parts."""
    return b'("application" "octet-stream" NIL NIL NIL "binary" %d NIL NIL NIL NIL)' % size_octets


def derive_envelope(octets: bytes, part: Part) -> bytes:
    """RFC 3501 section 9.

    envelope = "(" env-date SP env-subject SP env-from SP env-sender SP env-reply-to SP env-to SP env-cc SP env-bcc SP
               env-in-reply-to SP env-message-id ")"
    """
    fields = mime.envelope(octets, part)
    people = (fields.from_, fields.sender, fields.reply_to, fields.to, fields.cc, fields.bcc)
    return b"(%b %b %b %b %b)" % (
        _nstring(fields.date),
        _nstring(fields.subject),
        b" ".join([_addresses(addresses) for addresses in people]),
        _nstring(fields.in_reply_to),
        _nstring(fields.message_id),
    )


def _addresses(addresses: tuple[mime.Address, ...]) -> bytes:
    """env-from = "(" 1*address ")" / nil"""
    return b"(%b)" % b"".join([_address(address) for address in addresses]) if addresses else b"NIL"


def _address(address: mime.Address) -> bytes:
    """address = "(" addr-name SP addr-adl SP addr-mailbox SP addr-host ")" ; each an nstring"""
    return b"(%b %b %b %b)" % (
        _nstring(address.name),
        _nstring(address.route),
        _nstring(address.mailbox),
        _nstring(address.host),
    )


def derive_preview(octets: bytes, part: Part) -> bytes:
    """RFC 8970 section 3.1: at most 200 characters in UTF-8, without markup and line ends; nothing where there is no text."""
    return mime.preview(octets, part, PREVIEW_CHARACTERS).encode("utf-8", "replace")


def derive_bodystructure(octets: bytes, part: Part) -> bytes:
    """The structure of a whole mail."""
    structure = _body(octets, part)
    return structure if len(structure) <= STRUCTURE_OCTETS else opaque_structure(part.end - part.body_start)


def _body(octets: bytes, part: Part) -> bytes:
    """RFC 3501 section 9.

    body            = "(" (body-type-1part / body-type-mpart) ")"
    body-type-mpart = 1*body SP media-subtype [SP body-ext-mpart]
    body-ext-mpart  = body-fld-param [SP body-fld-dsp [SP body-fld-lang [SP body-fld-loc *(SP body-extension)]]]
    """
    if not _is_multipart(part):
        return _single_part(octets, part)
    parts = b"".join([_body(octets, child) for child in part.children])
    return b"(%b %b %b %b)" % (parts, _text(part.subtype), _parameters(part.parameters), _extension(part))


def _single_part(octets: bytes, part: Part) -> bytes:
    """RFC 3501 section 9.

    body-type-1part  = (body-type-basic / body-type-msg / body-type-text) [SP body-ext-1part]
    body-type-basic  = media-basic SP body-fields
    body-type-msg    = media-message SP body-fields SP envelope SP body SP body-fld-lines
    body-type-text   = media-text SP body-fields SP body-fld-lines
    body-ext-1part   = body-fld-md5 [SP body-fld-dsp [SP body-fld-lang [SP body-fld-loc *(SP body-extension)]]]
    """
    items = [_text(part.media_type), _text(part.subtype), *_body_fields(part)]
    if part.is_embedding_mail:
        mail = part.children[0]
        items += [derive_envelope(octets, mail), _body(octets, mail), b"%d" % part.lines]
    elif part.media_type == "text":
        items.append(b"%d" % part.lines)
    return b"(%b %b %b)" % (b" ".join(items), _ntext(part.md5), _extension(part))


def _body_fields(part: Part) -> tuple[bytes, ...]:
    """body-fields = body-fld-param SP body-fld-id SP body-fld-desc SP body-fld-enc SP body-fld-octets"""
    return (
        _parameters(_with_charset(part)),
        _ntext(part.content_id),
        _ntext(part.description),
        _text(part.encoding),
        b"%d" % (part.end - part.body_start),
    )


def _with_charset(part: Part) -> tuple[tuple[str, str], ...]:
    """The parameters of a part; a text that names no charset is in US-ASCII (RFC 2046 section 4.1.2), as Dovecot spells out."""
    if part.media_type != "text" or any(name == "charset" for name, _ in part.parameters):
        return part.parameters
    return (*part.parameters, ("charset", "us-ascii"))


def _extension(part: Part) -> bytes:
    """RFC 3501 section 9.

    body-fld-dsp  = "(" string SP body-fld-param ")" / nil
    body-fld-lang = nstring / "(" string *(SP string) ")"
    body-fld-loc  = nstring
    """
    disposition = language = b"NIL"
    if part.disposition is not None:
        disposition = b"(%b %b)" % (_text(part.disposition), _parameters(part.disposition_parameters))
    if part.language:
        language = b"(%b)" % b" ".join([_text(tag) for tag in part.language])
    return b"%b %b %b" % (disposition, language, _ntext(part.location))


def _parameters(parameters: Iterable[tuple[str, str]]) -> bytes:
    """body-fld-param = "(" string SP string *(SP string SP string) ")" / nil"""
    listed = b" ".join([_parameter(name, value) for name, value in parameters])
    return b"(%b)" % listed if listed else b"NIL"


def _parameter(name: str, value: str) -> bytes:
    if value.isascii():
        return b"%b %b" % (_text(name), _text(value))
    return b"%b %b" % (_text(name + "*"), _text("utf-8''" + quote(value, safe="")))


def _nstring(octets: bytes | None) -> bytes:
    return nstring(octets if octets is None or len(octets) <= FIELD_OCTETS else octets[:FIELD_OCTETS])


def _text(text: str) -> bytes:
    return _written(text) if len(text) > _SHORT_CHARACTERS else _short(text)


def _written(text: str) -> bytes:
    return string(text.encode("utf-8", "replace")[:FIELD_OCTETS])


_short = lru_cache(maxsize=2_048)(_written)


def _ntext(text: str | None) -> bytes:
    return b"NIL" if text is None else _text(text)


def _is_multipart(part: Part) -> bool:
    return part.media_type == "multipart" and bool(part.children)


RENDITIONS = (
    Rendition(ENVELOPE, 4, derive_envelope),
    Rendition(BODYSTRUCTURE, 4, derive_bodystructure),
    Rendition(PREVIEW, 1, derive_preview, at_delivery=False),
    sort_keys.RENDITION,
)
"""For the hook ``skrytka_renditions``. Raise a version when its octets change: stored ones are then derived again."""
