"""Commands about the rights to folders: RFC 4314 section 3."""

from __future__ import annotations

from typing import Literal

import msgspec

from skrytka.plugin_api import rights


class SetAcl(msgspec.Struct, frozen=True):
    """RFC 4314 section 3.1. Obsolete rights are those that they stand for."""

    name: str
    identifier: str
    mode: Literal["replace", "add", "remove"]
    rights: rights.Rights


class DeleteAcl(msgspec.Struct, frozen=True):
    """RFC 4314 section 3.2."""

    name: str
    identifier: str


class GetAcl(msgspec.Struct, frozen=True):
    """RFC 4314 section 3.3."""

    name: str


class ListRights(msgspec.Struct, frozen=True):
    """RFC 4314 section 3.4."""

    name: str
    identifier: str


class MyRights(msgspec.Struct, frozen=True):
    """RFC 4314 section 3.5."""

    name: str
