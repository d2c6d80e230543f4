"""Mail as octets to mail as parts, headers and text. Pure: no I/O and no state. Nothing in here fails on any input."""

from skrytka.mime.addresses import Address, parse_addresses
from skrytka.mime.casemap import unicode_casemap
from skrytka.mime.dates import sent_date
from skrytka.mime.encoded_words import decode_header
from skrytka.mime.envelope import Envelope, envelope
from skrytka.mime.headers import WHOLE_FIELD, header_value, header_values, unfold
from skrytka.mime.normal_form import nfc
from skrytka.mime.numbers import find
from skrytka.mime.preview import preview
from skrytka.mime.scanner import scan
from skrytka.mime.structure import Header, Parameters, Part
from skrytka.mime.text import decode_body, decode_text, knows_encoding
from skrytka.mime.texts import (
    SearchTexts,
    body_texts,
    field_values,
    header_text,
    part_header_texts,
    search_texts,
    text_octets,
    values_in,
)

__all__ = [
    "WHOLE_FIELD",
    "Address",
    "Envelope",
    "Header",
    "Parameters",
    "Part",
    "SearchTexts",
    "body_texts",
    "decode_body",
    "decode_header",
    "decode_text",
    "envelope",
    "field_values",
    "find",
    "header_text",
    "header_value",
    "header_values",
    "knows_encoding",
    "nfc",
    "parse_addresses",
    "part_header_texts",
    "preview",
    "scan",
    "search_texts",
    "sent_date",
    "text_octets",
    "unfold",
    "unicode_casemap",
    "values_in",
]
