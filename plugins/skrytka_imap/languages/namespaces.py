"""The names of namespaces in other languages, by the names that they have unless the operator gives them others, which have no
translations (RFC 5255 section 3.4)."""

from __future__ import annotations

from collections.abc import Mapping

NAMESPACES: Mapping[str, Mapping[str, str]] = {
    "de": {"Other users": "Andere Benutzer", "Shared": "Gemeinsam"},
    "pl": {"Other users": "Inni użytkownicy", "Shared": "Wspólne"},
}
