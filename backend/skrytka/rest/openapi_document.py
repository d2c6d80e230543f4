"""The OpenAPI document: what Litestar reads off the handlers, completed with what holds for every operation."""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Iterator
from typing import Any

from litestar import Request
from litestar.openapi.plugins import JsonRenderPlugin

Json = dict[str, Any]

_PROBLEM: Json = {
    "description": "An RFC 9457 problem document; `code` is for machines",
    "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}},
}
_PROBLEM_SCHEMAS: Json = {
    "FieldError": {
        "type": "object",
        "required": ["field", "message"],
        "properties": {
            "field": {"type": "string", "description": "Dotted: `quota.storage_octets`"},
            "message": {"type": "string"},
        },
    },
    "Problem": {
        "type": "object",
        "required": ["type", "title", "status", "code"],
        "properties": {
            "type": {"type": "string"},
            "title": {"type": "string"},
            "status": {"type": "integer"},
            "code": {"type": "string"},
            "detail": {"type": "string"},
            "errors": {"type": "array", "items": {"$ref": "#/components/schemas/FieldError"}},
        },
    },
}
_MAIL: Json = {"message/rfc822": {"schema": {"type": "string", "format": "binary"}}}


class OpenApiJson(JsonRenderPlugin):
    """Serves the completed document."""

    def render(self, request: Request[Any, Any, Any], openapi_schema: Json) -> bytes:
        return json.dumps(complete(openapi_schema), ensure_ascii=False).encode("utf-8")


def complete(schema: Json) -> Json:
    """A copy of the document with problem answers, 201 of PUT, mail as octets, closed bodies and short names."""
    done: Json = _with_short_names(copy.deepcopy(schema))
    done["components"]["schemas"] |= _PROBLEM_SCHEMAS
    for name, body in done["components"]["schemas"].items():
        if name.endswith("Body"):
            body["additionalProperties"] = False
    for method, operation in _operations(done):
        _complete_operation(method, operation)
    return done


def _operations(schema: Json) -> Iterator[tuple[str, Json]]:
    for item in schema["paths"].values():
        yield from ((method, each) for method, each in item.items() if isinstance(each, dict) and "responses" in each)


def _complete_operation(method: str, operation: Json) -> None:
    responses: Json = operation["responses"]
    responses.pop("400", None)
    for status, answer in responses.items():
        if status == "200":
            answer["description"] = "Done"
        elif status == "204":
            answer["description"] = "Deleted"
    if method == "put":
        operation.get("requestBody", {})["required"] = False
    if method == "put" and operation["operationId"] != "putQuota":
        responses["201"] = responses["200"] | {"description": "Created"}
    if operation["operationId"] == "uploadMessage":
        operation["requestBody"] = {"required": True, "content": _MAIL}
    if operation["operationId"] == "getRawMessage":
        responses["200"]["content"] = _MAIL
    if operation["operationId"] == "metrics":
        responses["200"]["content"] = {"text/plain": {"schema": {"type": "string"}}}
    responses["default"] = _PROBLEM


def _with_short_names(schema: Json) -> Json:
    """``Page_skrytka.rest.domains.DomainView_`` becomes ``DomainViewPage``."""
    text = re.sub(r"Page_[\w.]*?(\w+)_(?=\")", r"\1Page", json.dumps(schema))
    renamed: Json = json.loads(text)
    for name, body in renamed["components"]["schemas"].items():
        if name.endswith("Page"):
            body["title"] = name
    return renamed
