import pytest

from meeting_service.meeting import NewMeeting
from meeting_service.web.security import HEADERS, TALKING
from tests.web.conftest import Client, Service
from tests.web.test_pages import read


async def test_a_meeting_begins_by_a_click(client: Client) -> None:
    """The form makes a meeting and leads to where one takes part in it."""
    await read(client, "/talk")
    answer = await client.post("/talk", data={"title": " Weekly "}, allow_redirects=False)
    page = await read(client, answer.headers["Location"])
    (meeting,) = (await (await client.get("/v1/meetings")).json())["meetings"]

    assert answer.status == 303
    assert meeting["title"] == "Weekly"
    assert answer.headers["Location"] == f"/meetings/{meeting['id']}/talk"
    assert f"{client.make_url(answer.headers['Location'])}" in page.values("value")


async def test_a_button_pressed_twice_begins_one_meeting(client: Client) -> None:
    """The same form is the same meeting, until that is over or another title is meant; then another one."""
    page = await read(client, "/talk")
    (given,) = [value for value in page.values("value") if value]

    async def begin(title: str) -> str:
        answer = await client.post("/talk", data={"id": given, "title": title}, allow_redirects=False)
        assert answer.status == 303
        return answer.headers["Location"]

    first = await begin("Weekly")
    assert (first, await begin("Weekly")) == (f"/meetings/{given}/talk", first)
    other = await begin("Other")
    assert other != first
    assert await begin("Other") == other
    await client.post(f"/v1/meetings/{given}/end")
    later = await begin("Weekly")
    assert later not in (first, other)
    assert await begin("Weekly") == later


@pytest.mark.parametrize("data", [None, {"title": ""}, {"title": " \n "}])
async def test_a_meeting_needs_no_title(client: Client, data: dict[str, str] | None) -> None:
    """It gets one of its own."""
    answer = await client.post("/talk", data=data, allow_redirects=False)
    (meeting,) = (await (await client.get("/v1/meetings")).json())["meetings"]

    assert answer.status == 303
    assert meeting["title"].startswith("Meeting of")


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ("title=" + "a" * 201, 422),
        ("colour=red", 422),
        ("title", 422),
        ("title=%ff", 422),
        ("id=a/b", 422),
        ("title=" + "a" * 70_000, 413),
    ],
)
async def test_what_is_no_title_makes_no_meeting(client: Client, body: str, status: int) -> None:
    """Too long, not the form's, not text."""
    headers = {"Content-Type": "application/x-www-form-urlencoded"}

    assert (await client.post("/talk", data=body, headers=headers)).status == status
    assert (await client.post("/talk", json={"title": "A"})).status == 415
    assert (await (await client.get("/v1/meetings")).json())["meetings"] == []


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "cross-site", "Origin": "null"},
        {"Sec-Fetch-Site": "same-origin", "Origin": "null"},
        {"Origin": "null"},
    ],
)
async def test_another_sites_form_begins_no_meeting(client: Client, headers: dict[str, str]) -> None:
    """Pages of ours tell their origin: one that is not told is another's."""
    assert (await client.post("/talk", headers=headers)).status == 403
    assert (await (await client.get("/v1/meetings")).json())["meetings"] == []


async def test_only_this_page_may_listen(service: Service) -> None:
    """The browser gives a microphone or a tab's sound to no other page, and to this one for itself alone."""
    await service.open_meeting()
    policies = {
        path: (await service.client.get(path)).headers["Permissions-Policy"]
        for path in ("/meetings/m/talk", "/meetings/m", "/", "/talk", "/meetings/none/talk")
    }

    assert policies.pop("/meetings/m/talk") == TALKING
    assert "microphone=(self)" in TALKING
    assert set(policies.values()) == {HEADERS["Permissions-Policy"]}
    assert "microphone=()" in HEADERS["Permissions-Policy"]


async def test_the_page_is_the_meetings_with_a_form(service: Service) -> None:
    """What was said so far can be read there, without scripts too; the meeting's own page leads there."""
    await service.open_meeting("ann")
    await service.say("ann", 0, 900, "Shall we begin?")

    assert "Shall we begin?" in (await read(service.client, "/meetings/m/talk")).text
    assert "/meetings/m/talk" in (await read(service.client, "/meetings/m")).values("href")


async def test_who_comes_too_late_reads(service: Service) -> None:
    """A meeting that is over has only its page, and one that never was has none."""
    await service.sessions.create_meeting(NewMeeting(id="m"))
    await service.sessions.end_meeting("m")
    answer = await service.client.get("/meetings/m/talk", allow_redirects=False)

    assert (answer.status, answer.headers["Location"]) == (303, "/meetings/m")
    assert "/meetings/m/talk" not in (await read(service.client, "/meetings/m")).values("href")
    assert (await service.client.get("/meetings/none/talk")).status == 404
