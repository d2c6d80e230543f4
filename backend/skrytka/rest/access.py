"""Bearer keys: every route under ``/v1`` wants one."""

from __future__ import annotations

from typing import Any

from litestar.connection import ASGIConnection
from litestar.middleware import AbstractAuthenticationMiddleware, AuthenticationResult

from skrytka.core import Core
from skrytka.errors import AuthenticationFailed
from skrytka.services import keys


class BearerKeys(AbstractAuthenticationMiddleware):
    """Puts the ``Actor`` of the key into ``request.user``."""

    async def authenticate_request(self, connection: ASGIConnection[Any, Any, Any, Any]) -> AuthenticationResult:
        scheme, _, secret = connection.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not secret:
            raise AuthenticationFailed
        core: Core = connection.app.state.core
        client = connection.client.host if connection.client else ""
        actor = await keys.verify_key(core, secret.strip(), client)
        return AuthenticationResult(user=actor, auth=None)
