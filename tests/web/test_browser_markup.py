"""Text from people is text, wherever it is shown: titles, names, notes, corrections, terms, searches."""

from html.parser import HTMLParser
from urllib.parse import quote

import pytest
from markdown_it import MarkdownIt
from playwright.async_api import expect

from meeting_service.meeting import NewMeeting
from tests.web.browser import Window
from tests.web.conftest import Service

pytestmark = pytest.mark.browser

CORPUS = (
    "<img src=x onerror=alert(1)>",
    "<script>alert(1)</script>",
    "</title><svg onload=alert(1)>",
    "\"><iframe srcdoc='<script>alert(1)</script>'>",
    "' onmouseover='alert(1)",
    "javascript:alert(1)//",
    "{{7*7}} ${7*7} {n} {name}",
    "<!--<p>--><style>*{display:none}</style>",
    "&lt;b&gt; &#0; &amp;amp;",
    "\u202e abc \u2066 \u2028 \u00ad \ufeff x",
    "<a href=//evil.example>x</a><base href=//evil.example>",
    "<math><mtext></p><style><!--</style><img title='--&gt;&lt;img src=1 onerror=alert(1)&gt;'>",
    "[x](javascript:alert(1)) ![x](//evil.example) <//evil.example>",
)
"""text that has broken pages of others"""
MADE = """() => {
  const strange = "img, iframe, base, math, object, embed, body style, main script, svg[onload]";
  const handling = "[onerror], [onload], [onmouseover], [srcdoc]";
  const away = [...document.links].filter(({ origin }) => origin !== location.origin);
  return [...document.querySelectorAll(`${strange}, ${handling}`), ...away].map((made) => made.outerHTML);
}"""
"""every element that no template of ours has"""
BLOCKS = {"h1", "h2", "p", "ul", "li", "strong", "em", "code", "br"}
"""what minutes in Markdown are made of"""


async def hold_meetings(service: Service) -> None:
    """One in which names, words, corrections, notes and terms are such; others with such titles."""
    await service.sessions.create_meeting(NewMeeting(id="m", title=CORPUS[0], vocabulary=CORPUS))
    editing = service.sessions.editing
    for n, text in enumerate(CORPUS):
        await service.sessions.create_meeting(NewMeeting(id=f"title{n}", title=text))
        await service.join(f"p{n}", text)
        await service.say(f"p{n}", n * 2_000, n * 2_000 + 900, text)
        await editing.add_bookmark("m", n * 2_000, text)
    for n, sentence in enumerate((await service.sessions.get_transcript("m")).sentences):
        await editing.correct("m", sentence.id, CORPUS[n - 1], 0)


async def test_what_comes_live_is_text(service: Service, window: Window) -> None:
    """As title, name, draft, sentence and caption; a reload shows the same."""
    page = window.page
    await service.open_meeting("ann")
    await page.goto(f"{service.url}/meetings/m")
    for n, text in enumerate(CORPUS):
        await service.sessions.rename_meeting("m", text)
        await service.join(f"p{n}", text)
        service.worker.draft(f"p{n}", n * 2_000, n * 2_000 + 500, text)
        await service.say(f"p{n}", n * 2_000, n * 2_000 + 900, text)
        await service.sessions.editing.add_bookmark("m", n * 2_000, text)
    await expect(page.locator(".sentence")).to_have_count(len(CORPUS))
    await expect(page.locator("#bookmarks .noted")).to_have_count(len(CORPUS))
    service.worker.draft("ann", 80_000, 80_500, CORPUS[0])
    await expect(page.locator(".draft")).to_have_text(CORPUS[0])
    assert CORPUS[-1] == await page.title()
    await page.keyboard.press("c")
    await service.say("ann", 90_000, 90_900, CORPUS[0])
    await expect(page.locator(".captions .lines")).to_contain_text(CORPUS[0])
    await expect(page.locator(".sentence")).to_have_count(len(CORPUS) + 1)
    live, made = await window.said(), await page.evaluate(MADE)
    await page.reload()

    assert [text.strip() for text in CORPUS] == live[: len(CORPUS)]
    assert live == await window.said()
    assert [] == made == await page.evaluate(MADE)


async def test_every_page_shows_it_as_text(service: Service, window: Window) -> None:
    """Also what is searched for, the forms of the list, the dialogs, and an address that leads nowhere."""
    page = window.page
    window.expect_status(404)
    asked: list[str] = []
    page.on("dialog", lambda dialog: asked.append(dialog.message))
    await hold_meetings(service)
    searched = [f"{path}?q={quote(text)}" for path in ("/", "/meetings/m") for text in CORPUS[:4]]
    who = [f"/?q=alert&speaker={quote(text)}" for text in CORPUS[:2]]
    pages = (
        "/",
        "/meetings/m",
        "/meetings/m/talk",
        "/meetings/m/manage",
        f"/meetings/{quote(CORPUS[0], safe='')}",
    )
    found = {}
    for path in (*pages, *searched, *who):
        await page.goto(service.url + path)
        found[path] = await page.evaluate(MADE)
    await page.goto(f"{service.url}/meetings/m")
    await page.locator(".sentence").first.click()
    await page.get_by_role("button", name="Correct").click()
    await expect(page.get_by_role("dialog")).to_contain_text(CORPUS[0])
    await page.keyboard.press("Escape")
    await page.locator("#find-q").fill("alert")
    await expect(page.locator("#find output")).to_contain_text("1 of")
    found["searched in its place"] = await page.evaluate(MADE)

    assert {path: [] for path in found} == found
    assert asked == []


class _Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.add(f"{tag} {attrs}" if attrs else tag)


async def test_minutes_that_become_a_page_are_text(service: Service) -> None:
    """A program that makes HTML of Markdown, and lets HTML in it be, makes none of what people wrote."""
    await hold_meetings(service)
    minutes = await (await service.client.get("/v1/meetings/m/transcript.md")).text()
    tags = _Tags()
    tags.feed(MarkdownIt("commonmark", {"html": True}).render(minutes))

    assert tags.found <= BLOCKS
