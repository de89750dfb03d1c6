"""JSON in and out: bodies and query strings held to a pydantic model, answers made of one."""

import asyncio
from collections.abc import Sequence
from typing import TypeVar
from urllib.parse import parse_qsl

from aiohttp import web
from pydantic import BaseModel, ConfigDict, ValidationError
from pydantic_core import ErrorDetails

from meeting_service.checksums import CONTENT_DIGEST, check_content, parse_content_digest
from meeting_service.errors import BodyStalled, InvalidRequest, TooLarge, UnsupportedMedia
from meeting_service.ingest.timestamps import EXPECTED
from meeting_service.web.keys import SETTINGS
from meeting_service.web.stopping import until_stopping

_FORM = "application/x-www-form-urlencoded"


class Body(BaseModel):
    """A JSON body; a field it does not know is an error."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, use_attribute_docstrings=True)


class Query(BaseModel):
    """The parameters after the question mark."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)


class WaitQuery(Query):
    """Whether to wait until all text is final."""

    wait: bool = True


B = TypeVar("B", bound=Body)
Q = TypeVar("Q", bound=Query)


async def read_body(request: web.Request, model: type[B]) -> B:
    """Read the whole JSON body; no body at all counts as `{}`.

    Raises:
        BodyStalled: it did not end in time.
        Overloaded: the service stops.
        Corrupted: its `Content-Digest` is of another body.
        InvalidRequest: not UTF-8, not JSON, or not what `model` says; names the field.
        TooLarge: over `limits.body_bytes`.
        UnsupportedMedia: another content type, or compressed.
    """
    data = await until_stopping(request.app, _read_bytes(request))
    if (digest := request.headers.get(CONTENT_DIGEST)) is not None:
        check_content(data, parse_content_digest(digest))
    if data and request.content_type != "application/json":
        raise UnsupportedMedia(f"the body is {request.content_type}; send application/json")
    _check_utf8(data)
    try:
        return model.model_validate_json(data or b"{}")
    except ValidationError as error:
        raise InvalidRequest(_explain(error, model, "field")) from None


async def read_form(request: web.Request, model: type[B]) -> B:
    """Read the body that a page's form sends; each field once.

    Raises:
        As `read_body` does.
    """
    data = await until_stopping(request.app, _read_bytes(request))
    if data and request.content_type != _FORM:
        raise UnsupportedMedia(f"the body is {request.content_type}; send {_FORM}")
    _check_utf8(data)
    try:
        return model.model_validate(dict(_parse_form(data.decode())))
    except ValidationError as error:
        raise InvalidRequest(_explain(error, model, "field")) from None
    except ValueError:
        raise InvalidRequest("the body is not a form") from None


def _parse_form(text: str) -> list[tuple[str, str]]:
    return parse_qsl(
        text, keep_blank_values=True, strict_parsing=bool(text), errors="strict", max_num_fields=20
    )


def read_query(request: web.Request, model: type[Q]) -> Q:
    """Read the query string.

    Raises:
        InvalidRequest: names the parameter.
    """
    try:
        return model.model_validate(dict(request.query))
    except ValidationError as error:
        raise InvalidRequest(_explain(error, model, "parameter")) from None


def json_reply(shape: BaseModel, status: int = 200, headers: dict[str, str] | None = None) -> web.Response:
    """Answer with a shape of the interface."""
    return web.json_response(text=shape.model_dump_json(), status=status, headers=headers)


async def _read_bytes(request: web.Request) -> bytes:
    limits = request.app[SETTINGS].limits
    if request.headers.get("Content-Encoding", "identity") != "identity":
        raise UnsupportedMedia("compressed bodies are not taken; leave out Content-Encoding")
    data = bytearray()
    try:
        async with asyncio.timeout(limits.body_idle_s):
            async for piece in request.content.iter_any():
                data += piece
                if len(data) > limits.body_bytes:
                    raise TooLarge(f"the body is larger than {limits.body_bytes} bytes")
    except TimeoutError:
        raise BodyStalled(f"the body did not end within {limits.body_idle_s:g} s") from None
    except ConnectionError as error:
        raise InvalidRequest("the connection broke before the body was over") from error
    return bytes(data)


def _check_utf8(data: bytes) -> None:
    try:
        data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise InvalidRequest(f"the body is not UTF-8 at byte {error.start}") from None


def _explain(error: ValidationError, model: type[BaseModel], noun: str) -> str:
    found = error.errors(include_url=False, include_input=False)
    first = next((one for one in found if one["type"] == "extra_forbidden"), found[0])
    name = _dotted(first["loc"])
    if first["type"] == "extra_forbidden":
        return f"there is no {noun} {name!r} here; known: {', '.join(_names(model)) or 'none'}"
    if first["type"] == "json_invalid":
        return f"the body is not valid JSON: {_reason(first)}"
    if not name:
        return f"the body must be a JSON object with: {', '.join(_names(model)) or 'nothing in it'}"
    return f"{noun} {name!r}: {_reason(first)}"


def _names(model: type[BaseModel]) -> list[str]:
    return [field.alias or name for name, field in model.model_fields.items()]


def _reason(details: ErrorDetails) -> str:
    if details["type"].startswith(("datetime_", "timezone_")):
        return f"this is no {EXPECTED}"
    reason = details.get("ctx", {}).get("error") or details["msg"]
    text = str(reason).removeprefix("Invalid JSON: ")
    return text if text[:2].isupper() else text[:1].lower() + text[1:]


def _dotted(location: Sequence[int | str]) -> str:
    return ".".join(str(part) for part in location)
