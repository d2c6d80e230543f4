"""Mail as octets to mail as parts, headers and text. Pure: no I/O and no state. Nothing in here fails on any input."""

from skrytka.mime.addresses import Address, parse_addresses
from skrytka.mime.dates import sent_date
from skrytka.mime.encoded_words import decode_header
from skrytka.mime.envelope import Envelope, envelope
from skrytka.mime.headers import header_value, header_values, unfold
from skrytka.mime.numbers import find
from skrytka.mime.preview import preview
from skrytka.mime.scanner import scan
from skrytka.mime.structure import Header, Parameters, Part
from skrytka.mime.text import decode_body, decode_text, knows_encoding

__all__ = [
    "Address",
    "Envelope",
    "Header",
    "Parameters",
    "Part",
    "decode_body",
    "decode_header",
    "decode_text",
    "envelope",
    "find",
    "header_value",
    "header_values",
    "knows_encoding",
    "parse_addresses",
    "preview",
    "scan",
    "sent_date",
    "unfold",
]
