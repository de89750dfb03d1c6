"""Search over HTTP and on the pages without scripts; a meeting renamed and deleted there."""

import pytest

from tests.web.conftest import Client, Service
from tests.web.test_pages import read


@pytest.fixture
async def said(service: Service) -> Service:
    """Two meetings in which something was said."""
    await service.open_meeting("ann", "ben")
    await service.say("ann", 1_000, 2_000, "Is the budget for Zürich done?")
    await service.say("ben", 3_000, 4_000, "The budget is done.")
    await service.open_meeting("carla", meeting_id="other")
    await service.say("carla", 5_000, 6_000, "No money at all.")
    return service


async def test_hits_say_where_and_what(said: Service) -> None:
    """Meeting, person, times, and the sentence in pieces with those that match."""
    answer = await said.client.get("/v1/search", params={"q": "zurich bud"})
    found = await answer.json()
    (hit,) = found["hits"]

    assert (hit["meeting_id"], hit["title"], hit["participant"]) == ("m", "Planning", "Ann")
    assert (hit["start_ms"], hit["end_ms"], found["next_cursor"]) == (1_000, 2_000, None)
    assert [part["text"] for part in hit["snippet"] if part["match"]] == ["budget", "Zürich"]
    assert "".join(part["text"] for part in hit["snippet"]) == "Is the budget for Zürich done?"


async def test_a_search_is_narrowed_and_goes_on(said: Service) -> None:
    """To a meeting, a speaker, a time; page by page."""

    async def find(**asked: str) -> list[str]:
        answer = await said.client.get("/v1/search", params={"q": "budget", **asked})
        assert answer.status == 200
        return [hit["participant"] for hit in (await answer.json())["hits"]]

    assert await find() == await find(meeting="m") == ["Ann", "Ben"]
    assert await find(meeting="other") == await find(**{"from": "2099-01-01T00:00:00Z"}) == []
    assert await find(speaker="BEN") == ["Ben"]
    first = await (await said.client.get("/v1/search?q=budget&limit=1")).json()
    assert await find(cursor=first["next_cursor"]) == ["Ben"]


async def test_one_participant_is_searched_by_id(said: Service) -> None:
    """Under every id of theirs, and nobody whose name begins like it."""
    await said.join("b", "Ben")
    await said.say("b", 5_000, 6_000, "Which budget?")
    await said.sessions.editing.merge("m", "b", "ben", None)

    async def find(participant: str) -> list[int]:
        asked = {"q": "budget", "meeting": "m", "participant": participant}
        answer = await said.client.get("/v1/search", params=asked)
        return [hit["start_ms"] for hit in (await answer.json())["hits"]]

    assert await find("ben") == await find("b") == [3_000, 5_000]
    assert await find("ann") == [1_000]


@pytest.mark.parametrize(
    ("asked", "status", "detail"),
    [
        ("participant=ann", 422, "give `meeting` too"),
        ("participant=ann&meeting=m&speaker=ann", 422, "either `participant` or `speaker`"),
        ("participant=an&meeting=m", 404, "no participant an in meeting m"),
        ("participant=ann&meeting=other", 404, "no participant ann in meeting other"),
    ],
)
async def test_a_participant_is_one_of_a_meeting(said: Service, asked: str, status: int, detail: str) -> None:
    """Whoever is asked for otherwise is told what is amiss."""
    answer = await said.client.get(f"/v1/search?q=budget&{asked}")

    assert answer.status == status
    assert detail in (await answer.json())["detail"]


@pytest.mark.parametrize(
    ("asked", "status"),
    [
        ("", 422),
        ("q=a&cursor=x", 422),
        ("q=a&limit=0", 422),
        ("q=a&from=yesterday", 422),
        ("q=a&from=2026-01-01T00:00:00", 422),
        ("q=a&since=2026-01-01T00:00:00Z", 422),
        (f"q={'a' * 501}", 422),
        ("q=a&meeting=none", 404),
        ("q=%22%27%28%2A%00", 200),
        ("q=%FF%FE", 200),
    ],
)
async def test_wrong_questions(client: Client, asked: str, status: int) -> None:
    """What cannot be meant is refused and says why; whatever is typed is not."""
    answer = await client.get(f"/v1/search?{asked}")

    assert answer.status == status


async def test_meetings_are_listed_by_the_same_words(said: Service) -> None:
    """`q` of the list, with a speaker and times."""

    async def find(**asked: str) -> list[str]:
        answer = await said.client.get("/v1/meetings", params=asked)
        return [meeting["id"] for meeting in (await answer.json())["meetings"]]

    assert await find(q="zurich") == ["m"]
    assert await find(speaker="carla") == ["other"]
    assert await find(q="budget", to="2001-01-01T00:00:00Z") == []


async def test_the_list_shows_what_was_found(said: Service) -> None:
    """Sentences with links to their moments, without a script; filters make sense of whatever is there."""
    page = await read(said.client, "/?q=budget&from=nonsense&zone=Nowhere/Atall")
    hits = [href for href in page.values("href") if href and "#s-" in href]

    assert len(hits) == 2
    assert all(href.startswith("/meetings/m?q=budget#s-") for href in hits)
    assert ("mark", {}) in page.elements
    assert "Carla" not in (await read(said.client, "/?q=budget&speaker=ann")).text
    assert "No money" not in (await read(said.client, "/?from=2099-01-01")).text


async def test_who_finds_nothing_is_told_what_to_do(said: Service) -> None:
    """Without quotation marks, without filters, all meetings: whatever may help."""
    nothing = await read(said.client, "/?q=money+no&speaker=zoe")
    quoted = await read(said.client, "/?q=%22money+no%22")

    assert "Fewer or shorter words may help" in nothing.text
    assert {"/", "/?q=money+no"} <= set(nothing.values("href"))
    assert "Without quotation marks" in quoted.text
    assert "/?q=%22money+no%22" not in quoted.values("href")


async def test_a_meeting_is_searched_on_its_page(said: Service) -> None:
    """What was found is listed and marked in its place."""
    page = await read(said.client, "/meetings/m?q=budget")
    found = [href for href in page.values("href") if href and href.startswith("#s-")]

    assert "Found: 2" in page.text
    assert len([href for href in found if f"s-{href[3:]}" in page.values("id")]) >= 2
    assert len([1 for tag, _ in page.elements if tag == "mark"]) == 4
    assert "Not found" in (await read(said.client, "/meetings/m?q=%3Cscript%3E")).text
    assert "Found: 1" in (await read(said.client, "/meetings/m?q=budget&speaker=ann")).text


async def test_a_meeting_is_renamed_and_deleted_without_scripts(said: Service) -> None:
    """The page asks, its forms do it, and lead back to the list."""
    page = await read(said.client, "/meetings/m/manage")
    assert [a["action"] for tag, a in page.elements if tag == "form"] == [
        "/meetings/m/rename",
        "/meetings/m/delete",
    ]

    renamed = await said.client.post("/meetings/m/rename", data={"title": " Übersicht "})
    assert (renamed.status, renamed.url.path) == (200, "/")
    assert "Übersicht" in await renamed.text()
    deleted = await said.client.post("/meetings/m/delete", data={})
    assert "Übersicht" not in await deleted.text()
    assert (await said.client.get("/meetings/m/manage")).status == 404


async def test_another_sites_form_deletes_nothing(said: Service) -> None:
    """Nor does following a link."""
    foreign = {"Origin": "https://evil.example", "Sec-Fetch-Site": "cross-site"}

    assert (await said.client.post("/meetings/m/delete", data={}, headers=foreign)).status == 403
    assert (await said.client.get("/meetings/m/delete")).status == 405
    assert (await said.client.get("/v1/meetings/m")).status == 200
