"""Which bytes of a file a request is for (RFC 9110, section 14). No I/O."""

import re

from aiohttp import web

from meeting_service.errors import NotInFile

_ONE_RANGE = re.compile(r"bytes=(?:(\d{1,19})-(\d{0,19})|-(\d{1,19}))", re.ASCII | re.IGNORECASE)


def read_range(request: web.Request, size_bytes: int, tag: str) -> tuple[int, int] | None:
    """The bytes `[first, last)` that are asked for; None for all of them.

    What cannot be read, several ranges, and a range of a file that has changed since are answered with all.

    Raises:
        NotInFile: there are no such bytes.
    """
    told = request.headers.get("Range", "").replace(" ", "")
    match = _ONE_RANGE.fullmatch(told) if request.method == "GET" else None
    if match is None or request.headers.get("If-Range", tag) != tag:
        return None
    first, last, suffix = (int(part) if part else None for part in match.groups())
    if suffix is not None:
        start, end = max(size_bytes - suffix, 0), size_bytes
    else:
        start, end = first or 0, size_bytes if last is None else min(last + 1, size_bytes)
        if last is not None and first is not None and last < first:
            return None
    if start >= end:
        raise NotInFile(size_bytes)
    return start, end
