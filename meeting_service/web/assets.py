"""Templates and static files, all read once at start. A static address holds the hash of what it names."""

import gzip
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

import aiohttp_jinja2
import jinja2
from aiohttp import web

from meeting_service.resources import resource_path
from meeting_service.web.shapes import time_to_text
from meeting_service.web.view import ms_to_clock
from meeting_service.web.words import DEFAULT_LANGUAGE, WORDS, Words, choose_words, load_words

CONTENT_TYPES = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}


@dataclass(frozen=True, slots=True)
class Assets:
    """Every static file. Modules import each other by relative address, so all share one hash."""

    version: str
    files: dict[str, bytes]
    """by path below `templates/static`"""
    compressed: dict[str, bytes]
    """the same with gzip"""

    def url(self, path: str) -> str:
        """Where a file is served; raises `KeyError` for one that is not there."""
        self.files[path]
        return f"/static/{self.version}/{path}"


ASSETS: web.AppKey[Assets] = web.AppKey("assets", Assets)


def load_assets(folder: Path) -> Assets:
    """Read every file of the known kinds below `folder`."""
    paths = sorted(path for path in folder.rglob("*") if path.suffix in CONTENT_TYPES)
    files = {path.relative_to(folder).as_posix(): path.read_bytes() for path in paths}
    digest = hashlib.sha256()
    for name, data in files.items():
        digest.update(f"{name}\0{len(data)}\0".encode() + data)
    compressed = {name: gzip.compress(data, mtime=0) for name, data in files.items()}
    return Assets(digest.hexdigest()[:16], files, compressed)


def setup_templates(app: web.Application) -> None:
    """Give an application its pages, files and words; no request waits for the disk."""
    environment, assets, catalogues = _read_templates()
    app[aiohttp_jinja2.APP_KEY], app[ASSETS], app[WORDS] = environment, assets, dict(catalogues)


@cache
def _read_templates() -> tuple[jinja2.Environment, Assets, Mapping[str, Words]]:
    """Read and compile everything, once in a process however many applications it makes."""
    folder = resource_path("templates")
    assets, catalogues = load_assets(folder / "static"), load_words(folder / "words")
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(folder),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        auto_reload=False,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals["asset"] = assets.url
    environment.globals["words"] = catalogues[DEFAULT_LANGUAGE]
    environment.filters["clock"] = ms_to_clock
    environment.filters["rfc3339"] = time_to_text
    environment.filters["day_and_time"] = _day_and_time
    for name in environment.list_templates(extensions=["html"]):
        environment.get_template(name)
    return environment, assets, catalogues


def render_page(request: web.Request, name: str, context: dict[str, Any]) -> web.Response:
    """A template as an answer, in the language that the reader wants most."""
    words = choose_words(request.app[WORDS], request.headers.get("Accept-Language", ""))
    return aiohttp_jinja2.render_template(name, request, {**context, "words": words})


def _day_and_time(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M}"


async def asset(request: web.Request) -> web.Response:
    """GET /static/{version}/{path}: kept for ever under its own hash, and not at all under another."""
    assets = request.app[ASSETS]
    path = request.match_info["path"]
    if path not in assets.files:
        raise web.HTTPNotFound
    current = request.match_info["version"] == assets.version
    headers = {
        "Cache-Control": "public, max-age=31536000, immutable" if current else "no-store",
        "Vary": "Accept-Encoding",
    }
    zipped = _takes_gzip(request)
    if zipped:
        headers["Content-Encoding"] = "gzip"
    return web.Response(
        body=(assets.compressed if zipped else assets.files)[path],
        content_type=CONTENT_TYPES[Path(path).suffix],
        charset="utf-8",
        headers=headers,
    )


def _takes_gzip(request: web.Request) -> bool:
    told = request.headers.get("Accept-Encoding", "").lower().replace(" ", "").split(",")
    return "gzip" in told
