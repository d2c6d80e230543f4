"""Asks the issuer of tokens over HTTP, within bounds of time and octets and with so many questions at once.

What does not answer as it should is ``Unavailable``: nobody is refused, nor let in, for that.
"""

from __future__ import annotations

import asyncio
import logging
import ssl
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

import httpx
import msgspec

from skrytka.core import Core
from skrytka.errors import Unavailable

log = logging.getLogger(__name__)

_OK = 200


class _Trust:
    """Reading the authorities of the system takes longer than a question."""

    def __init__(self) -> None:
        self.context = ssl.create_default_context()


def prepare(core: Core) -> None:
    """Read the authorities of the system."""
    core.state(_Trust)


async def ask(core: Core, url: str, form: Mapping[str, str] | None = None, authorization: str = "") -> dict[str, Any]:
    """The JSON object that GET, or POST of a form, is answered with."""
    try:
        async with asyncio.timeout(core.settings.oauth.timeout_s):
            octets = await _octets(core, url, form, authorization)
        answer = msgspec.json.decode(octets, type=dict[str, Any])
    except (TimeoutError, OSError, RecursionError, httpx.HTTPError, httpx.InvalidURL, msgspec.MsgspecError) as error:
        log.warning("the issuer of tokens does not answer at %s: %s", url, error or type(error).__name__)
        raise Unavailable("The issuer of the tokens does not answer, try again later") from None
    return answer


async def _octets(core: Core, url: str, form: Mapping[str, str] | None, authorization: str) -> bytes:
    async with _answer(core, url, form, authorization) as response:
        if response.status_code != _OK or "Content-Encoding" in response.headers:
            raise httpx.HTTPError(f"status {response.status_code}")
        octets = b""
        async for chunk in response.aiter_raw():
            octets += chunk
            if len(octets) > core.settings.oauth.answer_octets:
                raise httpx.HTTPError("the answer is too long")
        return octets


@asynccontextmanager
async def _answer(
    core: Core, url: str, form: Mapping[str, str] | None, authorization: str
) -> AsyncIterator[httpx.Response]:
    headers = {"Accept": "application/json", "Accept-Encoding": "identity"}
    if authorization:
        headers["Authorization"] = authorization
    async with (
        httpx.AsyncClient(verify=core.state(_Trust).context, timeout=core.settings.oauth.timeout_s) as client,
        client.stream("POST" if form else "GET", url, data=form, headers=headers) as response,
    ):
        yield response
