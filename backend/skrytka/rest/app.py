"""The REST API as one ASGI application."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.metadata import version

from litestar import Litestar, Router
from litestar.datastructures import State
from litestar.di import Provide
from litestar.middleware import DefineMiddleware
from litestar.openapi import OpenAPIConfig
from litestar.openapi.spec import Components, SecurityScheme

from skrytka.core import Core
from skrytka.rest.access import BearerKeys
from skrytka.rest.acl import Acl
from skrytka.rest.aliases import Aliases
from skrytka.rest.api_keys import Keys
from skrytka.rest.domains import Domains
from skrytka.rest.folders import Folders
from skrytka.rest.health import live, metrics, ready
from skrytka.rest.mailboxes import Mailboxes
from skrytka.rest.messages import Messages
from skrytka.rest.metadata import Metadata
from skrytka.rest.openapi_document import OpenApiJson
from skrytka.rest.problems import HANDLERS
from skrytka.rest.retention_policies import RetentionPolicies
from skrytka.rest.versions import precondition
from skrytka.rest.viewer import Viewer

CONTROLLERS = (Domains, Mailboxes, Aliases, Folders, Acl, Messages, Metadata, RetentionPolicies, Keys)
DESCRIPTION = """Provision domains, mailboxes and retention policies, and read and write mail.

Send the key as `Authorization: Bearer KEY`. PUT creates (201) or updates (200) and may be repeated. Every 4xx and 5xx
is an RFC 9457 problem document with a `code` for machines."""


def create_app(core: Core, routes: Sequence[Router] = ()) -> Litestar:
    """``routes`` are those of plugins, mounted under ``/v1/x``."""
    keys = DefineMiddleware(BearerKeys)
    extensions = [Router("/x", route_handlers=list(routes))] if routes else []
    v1 = Router("/v1", route_handlers=[*CONTROLLERS, *extensions], middleware=[keys], security=[{"bearer": []}])
    return Litestar(
        route_handlers=[v1, live, ready, metrics],
        dependencies={**_dependencies(core), "only_if": Provide(precondition)},
        exception_handlers=HANDLERS,
        state=State({"core": core}),
        request_max_body_size=core.settings.rest.body_octets,
        openapi_config=_openapi(),
        logging_config=None,
        debug=False,
    )


def create_health_app(core: Core) -> Litestar:
    """The probes and the metrics alone: nothing here needs a key, and nothing that needs one is here."""
    return Litestar(
        route_handlers=[live, ready, metrics],
        dependencies=_dependencies(core),
        exception_handlers=HANDLERS,
        openapi_config=None,
        logging_config=None,
        debug=False,
    )


def _dependencies(core: Core) -> dict[str, Provide]:
    async def provide_core() -> Core:
        return core

    return {"core": Provide(provide_core)}


def _openapi() -> OpenAPIConfig:
    return OpenAPIConfig(
        title="Skrytka",
        version=version("skrytka"),
        description=DESCRIPTION,
        path="/docs",
        render_plugins=[OpenApiJson(), Viewer()],
        components=Components(security_schemes={"bearer": SecurityScheme(type="http", scheme="bearer")}),
    )
