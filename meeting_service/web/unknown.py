"""What a route has no use for is refused, not overlooked: parameters of its address, and a body."""

from functools import wraps

from aiohttp import web

from meeting_service.web.bodies import Body, Query, read_body, read_query
from meeting_service.web.operations import Handler, Route


def refuse_unknown(route: Route) -> Handler:
    """The route's handler; before it, what is not the handler's own to read is read as nothing.

    Raises:
        InvalidRequest: there is something.
    """
    operation, handler = route.operation, route.handler
    if operation is None or not route.in_api:
        return handler

    @wraps(handler)
    async def handle(request: web.Request) -> web.StreamResponse:
        if operation.query is None:
            read_query(request, Query)
        if route.takes_json and operation.body is None:
            await read_body(request, Body)
        return await handler(request)

    return handle
