"""The interface described for people: one page made of the same document programs read."""

import json
from typing import Any

from aiohttp import web

from meeting_service.web.assets import render_page
from meeting_service.web.errors import ANSWERS
from meeting_service.web.openapi import DOCUMENT, status_title


async def docs(request: web.Request) -> web.Response:
    """GET /docs."""
    document = request.app[DOCUMENT]
    context = {
        "info": document["info"],
        "sections": _sections(document["paths"]),
        "shapes": document["components"]["schemas"],
        "answers": ANSWERS,
        "type_of": type_of,
        "status_title": status_title,
        "origin": f"{request.scheme}://{request.host}",
    }
    return render_page(request, "docs.html", context)


def _sections(paths: dict[str, Any]) -> dict[str, list[dict[str, Any]]]:
    sections: dict[str, list[dict[str, Any]]] = {}
    for path, methods in paths.items():
        for method, operation in methods.items():
            row = {**operation, "method": method.upper(), "path": path}
            sections.setdefault(operation["tags"][0], []).append(row)
    return sections


def type_of(schema: dict[str, Any]) -> str:
    """A schema in a few words: `integer`, `list of Word`, `string or null`."""
    if "$ref" in schema:
        return str(schema["$ref"]).rsplit("/", 1)[-1]
    if "anyOf" in schema:
        return " or ".join(type_of(part) for part in schema["anyOf"])
    if "enum" in schema or "const" in schema:
        return " or ".join(json.dumps(v) for v in schema.get("enum", [schema.get("const")]))
    if schema.get("type") == "array":
        return f"list of {type_of(schema.get('items', {}))}"
    return " ".join(filter(None, (schema.get("type", "anything"), _limits(schema))))


def _limits(schema: dict[str, Any]) -> str:
    if "format" in schema:
        return f"({schema['format']})"
    if "minimum" in schema and "maximum" in schema:
        return f"({schema['minimum']} to {schema['maximum']})"
    return ""
