"""ETags of configurations: a strong tag that is the version number (RFC 9110 section 8.8.3)."""

from __future__ import annotations

from typing import Annotated

from litestar.params import HeaderParameter

from skrytka.rest.problems import PreconditionFailed

IfMatch = Annotated[str | None, HeaderParameter(name="If-Match", description="ETag of the version to change")]


def etag(version: int) -> dict[str, str]:
    return {"ETag": f'"{version}"'}


def if_match(header: str | None) -> int | None:
    """The version that ``If-Match`` asks for; None where the header is missing or ``*``."""
    if header is None or header.strip() == "*":
        return None
    tag = header.strip()
    if len(tag) > 2 and tag[0] == tag[-1] == '"' and tag[1:-1].isascii() and tag[1:-1].isdigit():
        return int(tag[1:-1])
    raise PreconditionFailed(f"If-Match {tag} is not an ETag of this resource")
