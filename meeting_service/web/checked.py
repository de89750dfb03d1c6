"""Requests held to their `Checksum`, and their answers given one; nothing changes for who sends none."""

import zlib

from aiohttp import web
from aiohttp.typedefs import Handler
from aiohttp_sse import EventSourceResponse

from meeting_service.checksums import CHECKSUM, answer_checksum, request_checksum
from meeting_service.errors import Corrupted


@web.middleware
async def seal_answers(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Answer a request that has a checksum with one; outside of what turns errors into answers."""
    response = await handler(request)
    if CHECKSUM in request.headers and isinstance(response, web.Response) and not response.prepared:
        body = b"" if request.method == "HEAD" else response.body
        if body is None or isinstance(body, bytes | bytearray):
            position = response.headers.get("Upload-Offset", "")
            response.headers[CHECKSUM] = answer_checksum(response.status, position, bytes(body or b""))
    return response


@web.middleware
async def check_requests(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Refuse a request whose head is not what was sent, before anything is read into it.

    Raises:
        Corrupted: method, path or a header was changed on the way.
    """
    told = request.headers.get(CHECKSUM)
    if told is not None and told != request_checksum(request.method, request.raw_path, request.headers):
        raise Corrupted("the request's Checksum is not that of its method, path and headers")
    return await handler(request)


class CheckedEvents(EventSourceResponse):
    """An event stream in which each event begins with the CRC-32 of the rest of its bytes."""

    async def write(self, data: bytes | bytearray | memoryview) -> None:
        """Send what `send` has made of one event."""
        await super().write(b"check: %08x\n" % zlib.crc32(data) + data)
