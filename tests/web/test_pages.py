import re
from html.parser import HTMLParser

from meeting_service.meeting import MeetingState, NewMeeting
from meeting_service.web.listing import MAX_LIVE, PER_PAGE
from tests.web.conftest import Client, Service

VOID = {"br", "hr", "img", "input", "link", "meta"}


class Page(HTMLParser):
    """A strict reading of a page: elements, ids and text; what is opened must be closed."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note an element."""
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        """Elements close in order."""
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        """Note text."""
        self.text += data

    def values(self, name: str) -> list[str | None]:
        """Every value of an attribute."""
        return [attributes[name] for _, attributes in self.elements if name in attributes]


async def read(client: Client, path: str) -> Page:
    """A page that must be there, and clean: nothing inline, nothing from elsewhere, no id twice."""
    response = await client.get(path)
    assert (response.status, response.content_type, response.charset) == (200, "text/html", "utf-8")
    page = Page(await response.text())
    for tag, attributes in page.elements:
        assert not any(name.startswith("on") or name == "style" for name in attributes)
        assert tag != "style"
        assert tag != "script" or attributes.get("src") or attributes["type"] == "application/json"
    for address in page.values("src") + page.values("href"):
        assert re.match(r"[/#](?!/)", address or "")
    ids = page.values("id")
    assert len(ids) == len(set(ids))
    return page


def list_meetings(page: Page) -> list[str]:
    """The addresses of the meetings in a list."""
    return [href for href in page.values("href") if href and re.fullmatch(r"/meetings/[^/]+", href)]


async def test_a_meetings_page_holds_all_that_was_said(service: Service) -> None:
    """Sentences with their times and people, where live events go on, and the files."""
    await service.open_meeting("ann", "bob")
    await service.say("ann", 61_000, 62_000, "Shall we begin?")
    await service.say("bob", 63_000, 64_000, "Yes.")
    page = await read(service.client, "/meetings/m")
    (after,) = page.values("data-after")

    assert "Shall we begin?" in page.text
    assert "1:01" in page.text
    assert page.values("data-start") == ["61000", "63000"]
    assert after == str(await service.sessions.store.last_seq("m"))
    assert "/v1/meetings/m/transcript.srt" in page.values("href")


async def test_names_titles_and_text_are_escaped(service: Service) -> None:
    """Markup from anybody is text everywhere."""
    markup = "</title><script>alert(1)</script>\"'&"
    await service.sessions.create_meeting(NewMeeting(id="m", title=markup))
    await service.join("eve", markup)
    await service.say("eve", 0, 900, markup)
    for path in ("/", "/meetings/m"):
        page = await read(service.client, path)

        assert page.text.count("<script>") >= 2


async def test_the_list_shows_live_meetings_first(service: Service) -> None:
    """However old they are; then the others, with a way to older ones."""
    await service.open_meeting(meeting_id="live")
    for n in range(35):
        await service.sessions.create_meeting(NewMeeting(id=f"past{n}", title=f"Past {n}"))
        await service.sessions.store.set_meeting_state(f"past{n}", MeetingState.ENDED)
    page = await read(service.client, "/")
    meetings = list_meetings(page)
    (older,) = [href for href in page.values("href") if href and "cursor=" in href]
    rest = await read(service.client, older or "")

    assert meetings[:2] == ["/meetings/live", "/meetings/past34"]
    others = list_meetings(rest)
    assert len({*meetings, *others}) == 36


async def test_every_live_meeting_is_on_some_page(service: Service) -> None:
    """Also when more are live than are shown first."""
    ids = {f"live{n}" for n in range(MAX_LIVE + PER_PAGE)}
    for meeting_id in ids:
        await service.sessions.store.create_meeting(NewMeeting(id=meeting_id))
    found: set[str] = set()
    path: str | None = "/"
    while path:
        page = await read(service.client, path)
        found |= {href.removeprefix("/meetings/") for href in list_meetings(page)}
        path = next((href for href in page.values("href") if href and "cursor=" in href), None)

    assert ids == found


async def test_the_list_can_be_searched(service: Service) -> None:
    """By title or text; nothing found is said, with a way back."""
    await service.open_meeting("ann")
    await service.say("ann", 0, 900, "We ship on Friday.")

    assert "Planning" in (await read(service.client, "/?q=friday")).text
    nothing = await read(service.client, "/?q=%3Cb%3E")
    assert "Nothing found" in nothing.text
    assert "<b>" in nothing.values("value")


async def test_a_meeting_that_is_over_has_one_length(service: Service) -> None:
    """That of its audio: on its page, in the list and where it is renamed, whatever time it took."""
    await service.open_meeting("ann", "bob")
    await service.send_silence("ann", 162_000)
    await service.sessions.end_meeting("m")

    for path in ("/", "/meetings/m", "/meetings/m/manage"):
        assert re.search(r"\b2:42\b", (await read(service.client, path)).text)


async def test_an_ended_meeting_needs_nothing_live(service: Service) -> None:
    """It says that it ended, and its page does not reload by itself."""
    await service.open_meeting()
    await service.sessions.end_meeting("m")
    page = await read(service.client, "/meetings/m")

    assert "Ended" in page.text
    assert "Nothing was said in this meeting." in page.text
    assert "refresh" not in page.values("http-equiv")


async def test_every_page_is_clean(service: Service) -> None:
    """The list, the interface, an empty service."""
    for path in ("/", "/docs"):
        await read(service.client, path)
