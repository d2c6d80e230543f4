"""Request bodies: JSON checked field by field, so that one answer names every wrong field."""

from __future__ import annotations

import types
from collections.abc import Generator, Iterable, Iterator, Mapping
from typing import Any, ClassVar, TypeVar, Union, get_args, get_origin

import msgspec
from litestar.dto import AbstractDTO, DTOFieldDefinition
from litestar.openapi.spec import Reference, Schema
from litestar.typing import FieldDefinition

from skrytka.core import Core
from skrytka.errors import Fault
from skrytka.rest.problems import MalformedBody
from skrytka.services.faults import refuse
from skrytka.settings import Limits


class Body(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True, omit_defaults=True):
    """Base of request bodies. A field that may be left out has the default ``msgspec.UNSET``.

    The service has the last word on a body. Where the types are wrong it is not called, so ``faults`` tells what it would
    refuse in the fields that are right; ``STAND_INS`` are harmless values of the required fields that are wrong.
    """

    STAND_INS: ClassVar[Mapping[str, Any]] = {}

    def faults(self, limits: Limits) -> Iterable[Fault]:
        return ()


B = TypeVar("B", bound=Body)


class CheckedBody(AbstractDTO[Body]):
    """Decodes a request body with ``decode``; the OpenAPI schema is that of the Struct itself."""

    @classmethod
    def create_for_field_definition(
        cls, field_definition: FieldDefinition, handler_id: str, backend_cls: Any = None
    ) -> None:
        cls._bodies[handler_id] = _body_type(field_definition.annotation)

    _bodies: ClassVar[dict[str, type[Body]]] = {}

    def decode_bytes(self, value: bytes) -> Body:
        core: Core = self.asgi_connection.app.state.core
        return decode(value, self._bodies[self.asgi_connection.route_handler.handler_id], core.settings.limits)

    @classmethod
    def create_openapi_schema(
        cls, field_definition: FieldDefinition, handler_id: str, schema_creator: Any
    ) -> Reference | Schema:
        schema: Reference | Schema = schema_creator.for_field_definition(
            FieldDefinition.from_annotation(cls._bodies[handler_id])
        )
        return schema

    @classmethod
    def generate_field_definitions(cls, model_type: type[Any]) -> Generator[DTOFieldDefinition, None, None]:
        yield from ()

    @classmethod
    def detect_nested_field(cls, field_definition: FieldDefinition) -> bool:
        return False


def _body_type(annotation: Any) -> type[Body]:
    """``MailboxBody | None`` is a body that may be left out."""
    candidates = [annotation, *get_args(annotation)]
    found: type[Body] = next(each for each in candidates if isinstance(each, type) and issubclass(each, Body))
    return found


def decode(octets: bytes, body_type: type[B], limits: Limits) -> B:
    """The body, or ``MalformedBody`` (not JSON) or ``Invalid`` (every field that is wrong, by its dotted name)."""
    try:
        raw = msgspec.json.decode(octets)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise MalformedBody(f"The body is not JSON: {error}") from None
    faults = list(_struct_faults(raw, body_type, ""))
    if faults and isinstance(raw, dict):
        faults += _rule_faults(raw, body_type, {fault.field.partition(".")[0] for fault in faults}, limits)
    refuse(faults)
    return msgspec.convert(raw, body_type)


def _rule_faults(raw: dict[str, Any], body_type: type[Body], wrong: set[str], limits: Limits) -> Iterable[Fault]:
    sound = {name: value for name, value in raw.items() if name not in wrong}
    return msgspec.convert({**body_type.STAND_INS, **sound}, body_type).faults(limits)


def _struct_faults(raw: Any, struct: type[msgspec.Struct], prefix: str) -> Iterator[Fault]:
    if not isinstance(raw, dict):
        yield Fault(prefix.rstrip(".") or "body", "must be an object")
        return
    fields = {field.encode_name: field for field in msgspec.structs.fields(struct)}
    yield from (Fault(f"{prefix}{name}", "is not a known field") for name in raw if name not in fields)
    for name, field in fields.items():
        if name in raw:
            yield from _value_faults(raw[name], field.type, f"{prefix}{name}")
        elif field.required:
            yield Fault(f"{prefix}{name}", "is required")


def _value_faults(raw: Any, field_type: Any, name: str) -> Iterator[Fault]:
    nested = _nested_struct(field_type)
    if nested is not None and isinstance(raw, dict):
        yield from _struct_faults(raw, nested, f"{name}.")
        return
    try:
        msgspec.convert(raw, field_type)
    except msgspec.ValidationError as error:
        yield Fault(name, str(error).removesuffix(" - at `$`"))


def _nested_struct(field_type: Any) -> type[msgspec.Struct] | None:
    members = get_args(field_type) if get_origin(field_type) in (Union, types.UnionType) else (field_type,)
    return next((each for each in members if isinstance(each, type) and issubclass(each, msgspec.Struct)), None)
