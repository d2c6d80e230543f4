"""The API's documentation as one page that needs no script, no font and no other host."""

from __future__ import annotations

import json
from collections.abc import Iterator
from html import escape
from typing import Any

from litestar import Request
from litestar.openapi.plugins import OpenAPIRenderPlugin

from skrytka.rest.openapi_document import complete

STYLE = """
body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color:#222;background:#fff}
summary{cursor:pointer;padding:.4rem .6rem;border:1px solid #ccc;border-radius:.3rem;margin:.3rem 0}
code,pre{font:14px ui-monospace,monospace}pre{background:#f4f4f4;padding:.7rem;overflow:auto}
b{display:inline-block;min-width:4.5rem;text-transform:uppercase}table{border-collapse:collapse}
td,th{border:1px solid #ccc;padding:.2rem .5rem;text-align:left}h2{margin-top:2rem}
"""


class Viewer(OpenAPIRenderPlugin):
    """Renders the OpenAPI document on the server: tags, operations, parameters, bodies, answers, schemas."""

    def __init__(self) -> None:
        super().__init__(path="/", favicon="<link rel='icon' href='data:,'>", style="")

    def render(self, request: Request[Any, Any, Any], openapi_schema: dict[str, Any]) -> bytes:
        return "".join(_page(complete(openapi_schema))).encode("utf-8")


def _page(schema: dict[str, Any]) -> Iterator[str]:
    info = schema["info"]
    title = f"{escape(info['title'])} {escape(info['version'])}"
    yield f"<!DOCTYPE html><html lang='en'><meta charset='utf-8'><title>{title}</title><style>{STYLE}</style>"
    yield "<link rel='icon' href='data:,'>"
    yield f"<h1>{title}</h1><p>{escape(info.get('description') or '')}</p>"
    yield "<p>The same as data: <a href='/docs/openapi.json'>openapi.json</a></p>"
    by_tag: dict[str, list[tuple[str, str, dict[str, Any]]]] = {}
    for path, item in schema["paths"].items():
        for method, operation in item.items():
            if isinstance(operation, dict) and "operationId" in operation:
                by_tag.setdefault((operation.get("tags") or ["Other"])[0], []).append((method, path, operation))
    for tag, operations in by_tag.items():
        yield f"<h2>{escape(tag)}</h2>"
        for method, path, operation in operations:
            yield from _operation(method, path, operation)
    yield "<h2>Schemas</h2>"
    for name, body in schema.get("components", {}).get("schemas", {}).items():
        yield f"<details id='{escape(name)}'><summary><code>{escape(name)}</code></summary>{_code(body)}</details>"


def _operation(method: str, path: str, operation: dict[str, Any]) -> Iterator[str]:
    summary = escape(operation.get("summary") or "")
    yield f"<details><summary><b>{method}</b> <code>{escape(path)}</code> {summary}</summary>"
    if parameters := operation.get("parameters"):
        yield "<table><tr><th>parameter</th><th>in</th><th>required</th><th>about</th></tr>"
        for each in parameters:
            cells = (each["name"], each["in"], "yes" if each.get("required") else "no", each.get("description") or "")
            yield "<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in cells) + "</tr>"
        yield "</table>"
    if body := operation.get("requestBody"):
        yield "<h4>Body</h4>" + _content(body)
    for status, answer in operation.get("responses", {}).items():
        yield f"<h4>{escape(status)} {escape(answer.get('description') or '')}</h4>" + _content(answer)
    yield "</details>"


def _content(holder: dict[str, Any]) -> str:
    return "".join(
        f"<p><code>{escape(media_type)}</code></p>{_code(media.get('schema', {}))}"
        for media_type, media in (holder.get("content") or {}).items()
    )


def _code(schema: dict[str, Any]) -> str:
    return f"<pre>{escape(json.dumps(schema, indent=2, ensure_ascii=False))}</pre>"
