"""The interface described for programs: OpenAPI 3.1 from the route table, nothing written twice."""

import re
from collections.abc import Iterable, Mapping, Sequence
from http import HTTPStatus
from typing import Any

from aiohttp import web
from pydantic import BaseModel
from pydantic.json_schema import JsonSchemaMode, models_json_schema

from meeting_service import __version__
from meeting_service.errors import (
    AudioHole,
    BodyStalled,
    Corrupted,
    Forbidden,
    InvalidRequest,
    MeetingServiceError,
    Overloaded,
    TooLarge,
    UnsupportedMedia,
)
from meeting_service.web import shapes
from meeting_service.web.errors import ANSWERS, PROBLEM_TYPE
from meeting_service.web.operations import Header, Operation, Reply, Route

Schema = dict[str, Any]

DOCUMENT: web.AppKey[Schema] = web.AppKey("openapi document", dict)
TITLE = "Meeting service"
DESCRIPTION = (
    "One audio stream per participant in, one live transcript out. Times in JSON are integer milliseconds "
    "from the meeting's start unless the name says otherwise; wall times are RFC 3339 in UTC; positions of "
    "audio are samples of that participant's stream at the rate it is sent in. Parameters and fields that "
    "are not listed are refused (422), and so are methods (405, with Allow)."
)
_PATH_PARAMETERS = {
    "meeting": "the meeting's id",
    "participant": "the caller's own id of a participant, 1 to 128 characters",
    "format": "what the file is",
    "revision": "a revision's number",
    "sentence": "a sentence's id",
    "bookmark": "a bookmark's id",
}
_REF = "#/components/schemas/{model}"


async def openapi(request: web.Request) -> web.Response:
    """GET /openapi.json."""
    return web.json_response(request.app[DOCUMENT])


def describe(routes: Sequence[Route]) -> Schema:
    """The whole document."""
    described = [route for route in routes if route.operation is not None]
    paths: dict[str, Schema] = {}
    for route in described:
        paths.setdefault(route.path, {})[route.method.lower()] = _operation(route)
    return {
        "openapi": "3.1.0",
        "info": {"title": TITLE, "version": __version__, "description": DESCRIPTION},
        "paths": paths,
        "components": {"schemas": _schemas(described)},
    }


def _operation(route: Route) -> Schema:
    operation = route.operation
    assert operation is not None  # noqa: S101 - narrows for the type checker
    described: Schema = {
        "operationId": _operation_id(route),
        "summary": operation.summary,
        "tags": [operation.tag],
        "parameters": [*_path_parameters(route.path), *_other_parameters(operation)],
        "responses": {**_replies(operation.replies), **_errors((*operation.errors, *_implied(route)))},
    }
    if operation.detail:
        described["description"] = operation.detail
    if operation.events:
        # OpenAPI 3.1 has no words for what an event stream carries.
        described["x-events"] = {name: _ref(shape) for name, shape in operation.events.items()}
    if body := _request_body(operation):
        described["requestBody"] = body
    return described


def _operation_id(route: Route) -> str:
    module = route.handler.__module__.rsplit(".", 1)[-1]
    return f"{module}_{route.handler.__name__}_{route.method.lower()}"


def _path_parameters(path: str) -> list[Schema]:
    return [
        {
            "name": name,
            "in": "path",
            "required": True,
            "description": _PATH_PARAMETERS[name],
            "schema": {"type": "string"},
        }
        for name in re.findall(r"{(\w+)}", path)
    ]


def _other_parameters(operation: Operation) -> list[Schema]:
    headers = [
        {"name": h.name, "in": "header", "description": h.detail, "schema": dict(h.schema)}
        for h in operation.headers
    ]
    if operation.query is None:
        return headers
    properties = operation.query.model_json_schema(ref_template=_REF)["properties"]
    return [{"name": name, "in": "query", "schema": schema} for name, schema in properties.items()] + headers


def _request_body(operation: Operation) -> Schema | None:
    if operation.body is not None:
        return {"content": {"application/json": {"schema": _ref(operation.body)}}}
    if operation.body_media:
        return {"required": True, "content": {media: {} for media in operation.body_media}}
    return None


def _replies(replies: Mapping[int, Reply]) -> Schema:
    described: Schema = {}
    for status, reply in replies.items():
        answer: Schema = {"description": reply.detail}
        if reply.media is not None:
            answer["content"] = {reply.media: {"schema": {"type": "string"}}}
        elif reply.shape is not None:
            answer["content"] = {"application/json": {"schema": _ref(reply.shape)}}
        if reply.headers:
            answer["headers"] = {h.name: _header(h) for h in reply.headers}
        described[str(status)] = answer
    return described


def _implied(route: Route) -> Iterable[type[MeetingServiceError]]:
    """Errors of what is looked at before any handler, and of reading a body."""
    yield Forbidden
    if route.in_api:
        yield from (InvalidRequest, Corrupted)
    if route.takes_json:
        yield from (BodyStalled, TooLarge, UnsupportedMedia, Overloaded)


def _errors(errors: Iterable[type[MeetingServiceError]]) -> Schema:
    described: Schema = {}
    for error in dict.fromkeys(errors):
        answer = ANSWERS[error.code]
        known = described.setdefault(str(answer.status), _problem())
        known["description"] = "; ".join(
            filter(None, (known["description"], f"`{error.code}`: {answer.title}"))
        )
        if issubclass(error, Overloaded):
            known["headers"] = {"Retry-After": _header(Header("Retry-After", "seconds", {"type": "integer"}))}
        if issubclass(error, AudioHole):
            position = Header("Upload-Offset", "where to send from", {"type": "integer"})
            known["headers"] = {"Upload-Offset": _header(position)}
    return dict(sorted(described.items()))


def _problem() -> Schema:
    return {"description": "", "content": {PROBLEM_TYPE: {"schema": _ref(shapes.Problem)}}}


def _header(header: Header) -> Schema:
    return {"description": header.detail, "schema": dict(header.schema)}


def _ref(model: type[BaseModel]) -> Schema:
    return {"$ref": _REF.format(model=model.__name__)}


def _schemas(routes: Iterable[Route]) -> Schema:
    models: dict[tuple[type[BaseModel], JsonSchemaMode], None] = {(shapes.Problem, "serialization"): None}
    for operation in (route.operation for route in routes if route.operation):
        for model in filter(None, (operation.body, operation.query)):
            models[model, "validation"] = None
        sent = (reply.shape for reply in operation.replies.values())
        for shape in filter(None, (*sent, *operation.events.values())):
            models[shape, "serialization"] = None
    _, document = models_json_schema(list(models), ref_template=_REF)
    return dict(document["$defs"])


def status_title(status: str) -> str:
    """A status as people read it: `404 Not Found`."""
    return f"{status} {HTTPStatus(int(status)).phrase}"
