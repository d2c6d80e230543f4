"""``/v1/keys``: the keys of this API."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Annotated, Any, ClassVar

import msgspec
from litestar import Controller, Request, Response, delete, get, post
from litestar.di import NamedDependency
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import FromPath, JSONBody

from skrytka.core import Core
from skrytka.errors import Fault
from skrytka.model import ApiKey
from skrytka.rest.bodies import Body, CheckedBody
from skrytka.rest.pages import Page
from skrytka.services import keys
from skrytka.settings import Limits


class KeyBody(Body, frozen=True):
    name: Annotated[str, msgspec.Meta(min_length=1, max_length=keys.NAME_LENGTH)]

    STAND_INS: ClassVar[Mapping[str, Any]] = {"name": "-"}

    def faults(self, limits: Limits) -> Iterable[Fault]:
        return keys.faults(self.name)


class KeyView(msgspec.Struct, frozen=True):
    """A key without its secret; ``last_used_at`` is null for one that was never used."""

    key_id: str
    name: str
    created_at: datetime
    last_used_at: datetime | None


class NewKeyView(msgspec.Struct, frozen=True):
    """The only answer that ever shows the secret."""

    key: KeyView
    secret: str


def view(key: ApiKey) -> KeyView:
    used = None if key.last_used_at is None else datetime.fromtimestamp(key.last_used_at, UTC)
    return KeyView(key.key_id, key.name, datetime.fromtimestamp(key.created_at, UTC), used)


class Keys(Controller):
    """No ``Idempotency-Key`` here: to repeat the answer, the secret would have to be stored."""

    path = "/keys"
    tags = ("Keys",)

    @get(operation_id="listKeys", summary="List the keys, without their secrets")
    async def list_keys(self, core: NamedDependency[Core]) -> Page[KeyView]:
        return Page([view(key) for key in await keys.list_all(core)])

    @post(
        operation_id="createKey",
        summary="Make a key; its secret is shown this once",
        dto=CheckedBody,
        return_dto=None,
        responses={201: ResponseSpec(NewKeyView, description="The key and its secret")},
    )
    async def create_key(
        self, core: NamedDependency[Core], request: Request[Any, Any, Any], data: JSONBody[KeyBody]
    ) -> Response[NewKeyView]:
        made, secret = await keys.create(core, request.user, data.name)
        return Response(NewKeyView(view(made), secret), status_code=201)

    @delete("/{key_id:str}", operation_id="deleteKey", summary="Revoke a key")
    async def delete_key(
        self, core: NamedDependency[Core], request: Request[Any, Any, Any], key_id: FromPath[str]
    ) -> None:
        await keys.delete(core, request.user, key_id)
