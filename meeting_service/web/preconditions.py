"""Of which version a change is: `If-Match` in, `ETag` out (RFC 9110), so that nobody overwrites another."""

import re

from aiohttp import web

from meeting_service.errors import InvalidRequest, Unconditional
from meeting_service.web.numbers import MAX_DIGITS
from meeting_service.web.operations import Header

# A proxy that compresses makes a tag weak on its way.
_TAG = re.compile(rf'(?:W/)?"([0-9]{{1,{MAX_DIGITS}}})"')

IF_MATCH = Header("If-Match", "the `version` that the change is of, in quotes, or `*` for whatever there is")
ETAG = Header("ETag", "its `version`, in quotes")


def read_expected(request: web.Request) -> int | None:
    """The version that a change is of; None for whatever there is.

    Raises:
        Unconditional: the request says of none.
        InvalidRequest: what it says is no version.
    """
    if "If-Match" not in request.headers:
        raise Unconditional(
            'say of which version the change is: If-Match: "VERSION", or * for whatever there is'
        )
    return find_expected(request)


def find_expected(request: web.Request) -> int | None:
    """The same of a change that may be asked for without saying of which version.

    Raises:
        InvalidRequest: what the request says is no version.
    """
    told = request.headers.get("If-Match", "*")
    if told.strip() == "*":
        return None
    found = _TAG.fullmatch(told.strip())
    if found is None:
        raise InvalidRequest('If-Match is not a version in quotes, such as "2", nor *')
    return int(found[1])


def etag(version: int) -> dict[str, str]:
    """The header that names a version."""
    return {"ETag": f'"{version}"'}
