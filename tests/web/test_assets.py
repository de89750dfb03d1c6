import re
from pathlib import Path

import pytest

from meeting_service.resources import resource_path
from meeting_service.web.assets import ASSETS, load_assets
from meeting_service.web.view import COLOURS
from tests.web.conftest import Client

STATIC = resource_path("templates") / "static"
ENOUGH = 4.5
"""WCAG 1.4.3 for text"""


async def test_files_are_kept_for_ever_under_their_hash(client: Client) -> None:
    """Another hash is answered too, and not kept: a page may be older than the service."""
    assets = client.app[ASSETS]
    kept = await client.get(assets.url("app.css"))
    other = await client.get("/static/0123456789abcdef/app.css")

    assert (kept.status, kept.content_type) == (200, "text/css")
    assert "immutable" in kept.headers["Cache-Control"]
    assert other.headers["Cache-Control"] == "no-store"
    assert await kept.read() == await other.read()


@pytest.mark.parametrize(
    ("accepted", "coding"), [("gzip, br", "gzip"), ("identity", None), ("gzip;q=0", None), ("", None)]
)
async def test_files_come_packed_to_who_takes_that(client: Client, accepted: str, coding: str | None) -> None:
    """The content is the same, and a cache between keeps them apart."""
    url = client.app[ASSETS].url("app.css")
    answer = await client.get(url, headers={"Accept-Encoding": accepted})

    assert answer.headers.get("Content-Encoding") == coding
    assert answer.headers["Vary"] == "Accept-Encoding"
    assert await answer.read() == client.app[ASSETS].files["app.css"]
    size = int(answer.headers["Content-Length"])
    assert size == len((client.app[ASSETS].compressed if coding else client.app[ASSETS].files)["app.css"])


@pytest.mark.parametrize(
    "path", ["x/nothing.css", "x/..%2F..%2Fmeetings.html", "x/../../meetings.html", "x/", "x"]
)
async def test_nothing_else_is_served(client: Client, path: str) -> None:
    """Only what was found at start; a path leads nowhere else."""
    assert (await client.get(f"/static/{path}")).status == 404


async def test_modules_come_as_scripts(client: Client) -> None:
    """Every module a module imports is there, with a type that browsers accept."""
    assets = client.app[ASSETS]
    for name in filter(lambda name: name.endswith(".js"), assets.files):
        response = await client.get(assets.url(name))
        assert response.content_type == "text/javascript"
        for imported in re.findall(r'from "\./([\w.]+)"', await response.text()):
            assert f"js/{imported}" in assets.files


def test_another_content_is_another_version(tmp_path: Path) -> None:
    """Also where only a name changed."""
    (tmp_path / "a.css").write_text("x")
    first = load_assets(tmp_path).version
    (tmp_path / "a.css").rename(tmp_path / "b.css")

    assert load_assets(tmp_path).version != first


def luminance(colour: str) -> float:
    """Relative luminance as WCAG 2 defines it."""
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    """From 1 to 21."""
    darker, lighter = sorted((luminance(one), luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_every_colour_of_text_is_legible(theme: str) -> None:
    """People, drafts, links and states against what lies behind them; initials on their chips."""
    style = (STATIC / "app.css").read_text(encoding="utf-8")
    named = re.sub(r"\.(speaker-\d+) { --speaker:", r"--\1:", style)
    pairs = re.findall(r"--([\w-]+): light-dark\((#[0-9a-f]{6}), (#[0-9a-f]{6})\);", named)
    colours = {name: dark if theme == "dark" else light for name, light, dark in pairs}
    inks = ["ink", "soft", "accent", "live", "warn", *(f"speaker-{n}" for n in range(COLOURS))]

    for ink in inks:
        assert contrast(colours[ink], colours["paper"]) >= ENOUGH, ink
    for ink, behind in (("ink", "mark"), ("soft", "raised"), ("ink", "raised"), ("on-accent", "accent")):
        assert contrast(colours[ink], colours[behind]) >= ENOUGH, (ink, behind)
