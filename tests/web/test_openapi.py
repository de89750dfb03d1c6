import asyncio
import re
from html import unescape

from openapi_spec_validator import validate

from meeting_service.web.errors import ANSWERS
from meeting_service.web.openapi import describe
from meeting_service.web.routes import ROUTES
from tests.web.conftest import Client


async def test_the_document_is_valid(client: Client) -> None:
    """OpenAPI 3.1 by the validator, as served."""
    document = await (await client.get("/openapi.json")).json()
    await asyncio.to_thread(validate, document)

    assert document["openapi"].startswith("3.1")
    assert document == describe(ROUTES)


async def test_every_route_of_the_interface_is_described(client: Client) -> None:
    """What the router answers under /v1 is in the document with its method, and nothing else is."""
    document = await (await client.get("/openapi.json")).json()
    described = {(method.upper(), path) for path, methods in document["paths"].items() for method in methods}
    registered = {
        (route.method, route.resource.canonical)
        for route in client.app.router.routes()
        if route.resource is not None
    }
    api = {(method, path) for method, path in registered if path.startswith("/v1/") and method != "HEAD"}

    assert api <= described
    assert described <= registered


async def test_answers_that_every_route_may_give_are_described(client: Client) -> None:
    """What is refused before a handler has it, and what may be wrong with a body."""
    paths = (await (await client.get("/openapi.json")).json())["paths"]
    meeting = "/v1/meetings/{meeting}"
    expected = {
        ("post", "/v1/meetings"): {"403", "408", "413", "415", "422"},
        ("patch", meeting): {"413", "415"},
        ("put", f"{meeting}/participants/{{participant}}"): {"409", "415"},
        ("post", f"{meeting}/end"): {"413", "422"},
        ("get", f"{meeting}/audio"): {"403", "422", "426"},
    }

    for (method, path), statuses in expected.items():
        assert statuses <= paths[path][method]["responses"].keys()


async def test_every_reference_leads_somewhere(client: Client) -> None:
    """No schema is named that is not there, and every operation has an id of its own."""
    text = await (await client.get("/openapi.json")).text()
    document = await (await client.get("/openapi.json")).json()
    ids = re.findall(r'"operationId": "(\w+)"', text)

    assert set(re.findall(r"#/components/schemas/(\w+)", text)) <= document["components"]["schemas"].keys()
    assert len(ids) == len(set(ids))


async def test_the_page_describes_everything(client: Client) -> None:
    """Every path, shape and error code can be read on /docs, which needs nothing from elsewhere."""
    document = await (await client.get("/openapi.json")).json()
    page = unescape(await (await client.get("/docs")).text())

    for path, methods in document["paths"].items():
        assert path in page
        for operation in methods.values():
            assert operation["summary"] in page
    for name in (*document["components"]["schemas"], *ANSWERS):
        assert name in page
    assert not re.search(r'(src|href)="(https?:)?//', page)
