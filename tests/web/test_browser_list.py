"""The list and the search of a meeting in a real browser."""

import re

from playwright.async_api import Browser, Page, expect

from tests.web.browser import Window, open_window
from tests.web.conftest import Service


async def test_the_list_is_searched_while_somebody_types(service: Service, window: Window) -> None:
    """Sentences with links to their moments, which the meeting's page then shows."""
    page = window.page
    await service.open_meeting("ann")
    await service.say("ann", 1_000, 2_000, "Is the budget for Zürich done?")
    await page.goto(service.url)

    await page.get_by_role("searchbox").fill("budget zur")
    hit = page.locator(".hits a")
    await expect(hit).to_contain_text("Is the budget for Zürich done?")
    await expect(page.locator("mark")).to_have_text(["budget", "Zürich"])
    assert "q=budget" in page.url
    await page.get_by_role("searchbox").fill("nothing of it")
    await expect(page.locator("#lists")).to_contain_text("Nothing found")
    await page.get_by_role("searchbox").fill("zurich")
    await hit.click()
    await expect(page.locator(".sentence:target")).to_have_text(re.compile("Zürich"))
    await expect(page.locator("#find output")).to_have_text("1 of 1")


async def test_the_list_is_current(service: Service, window: Window) -> None:
    """A meeting that begins appears by itself, and one that ends moves on."""
    page = window.page
    await page.clock.install()
    await service.open_meeting(meeting_id="first")
    await page.goto(service.url)
    await expect(page.locator(".state.live")).to_have_count(1)

    await service.open_meeting(meeting_id="second")
    await page.clock.run_for(6_000)
    await expect(page.locator(".state.live")).to_have_count(2)
    await service.sessions.end_meeting("first")
    await page.clock.run_for(6_000)
    await expect(page.locator(".state.live")).to_have_count(1)
    await expect(page.locator("#past-heading")).to_be_visible()


async def open_dialog(page: Page, title: str, what: str) -> None:
    """With the keyboard alone, from the search on."""
    await page.locator(".meeting", has_text=title).locator("summary").focus()
    await page.keyboard.press("Enter")
    await page.keyboard.press("Tab")
    if what == "Delete":
        await page.keyboard.press("Tab")
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("dialog")).to_be_visible()


async def test_a_meeting_is_renamed_and_deleted_in_the_list(service: Service, window: Window) -> None:
    """By keyboard; nothing is deleted by who changes their mind."""
    page = window.page
    await service.open_meeting()
    await page.goto(service.url)

    await open_dialog(page, "Planning", "Rename")
    await page.keyboard.type("<b>Übersicht</b>")
    await page.keyboard.press("Enter")
    await expect(page.locator(".meeting .title")).to_have_text("<b>Übersicht</b>")
    await open_dialog(page, "Übersicht", "Delete")
    await page.keyboard.press("Escape")
    await expect(page.locator(".meeting summary")).to_be_focused()
    assert await service.sessions.store.find_meeting("m") is not None
    await open_dialog(page, "Übersicht", "Delete")
    await page.get_by_role("button", name="Delete for good").press("Enter")
    await expect(page.locator(".meeting")).to_have_count(0)
    assert await service.sessions.store.find_meeting("m") is None


async def test_a_meeting_is_searched_in_its_place(service: Service, window: Window) -> None:
    """From hit to hit and round, with the moment in the address; what is said meanwhile stays as it is."""
    page = window.page
    await service.open_meeting("ann", "ben")
    for n in range(30):
        await service.say("ann", n * 2_000, n * 2_000 + 900, f"{'Budget' if n % 10 == 3 else 'Other'} {n}.")
    await page.goto(f"{service.url}/meetings/m")

    await page.keyboard.press("/")
    await page.keyboard.type("budget")
    output = page.locator("#find output")
    await expect(output).to_have_text("1 of 3")
    await page.keyboard.press("Enter")
    await expect(output).to_have_text("2 of 3")
    await expect(page.locator(".sentence.here")).to_have_text("Budget 13. ")
    assert "#s-" in page.url
    await page.keyboard.press("Shift+Enter")
    await page.keyboard.press("Shift+Enter")
    await expect(output).to_have_text("3 of 3")
    await service.say("ben", 70_000, 71_000, "Budget again.")
    await expect(page.get_by_text("Budget again.")).to_be_visible()
    await page.keyboard.press("Escape")
    await expect(output).to_be_empty()
    await expect(page.locator(".sentence.here")).to_have_count(0)


async def test_what_one_said_is_found_while_they_say_it(service: Service, window: Window) -> None:
    """The place that was found stays while somebody types on, and while more is said; nobody else counts."""
    page = window.page
    await service.open_meeting("ann", "ben")
    for n, speaker in enumerate(("ann", "ben", "ann", "ben")):
        await service.say(speaker, n * 2_000, n * 2_000 + 900, f"The budget {n}.")
    await page.goto(f"{service.url}/meetings/m")
    output, who, here = page.locator("#find output"), page.get_by_label("Said by"), page.locator(".here")

    await expect(who).to_be_hidden()
    await page.locator("#find-q").fill("bud")
    await expect(output).to_have_text("1 of 4")
    await page.locator("#find-q").press_sequentially("get")
    await expect(page).to_have_url(re.compile(r"q=budget#s-"))
    await expect(output).to_have_text("1 of 4")
    async with page.expect_request("**/v1/search?*participant=ben*"):
        await who.select_option("Ben")
    await expect(output).to_have_text("1 of 2")
    await service.join("carla", "Carla")
    await expect(who.locator("option")).to_have_text(["everybody", "Ann", "Ben", "Carla"])
    await service.say("ben", 30_000, 31_000, "Budget again.")
    await expect(output).to_have_text("1 of 3")
    await expect(here).to_have_text("The budget 1. ")
    await page.reload()
    await expect(output).to_have_text("1 of 3")
    await who.select_option("Carla")
    await expect(output).to_have_text("Not found")
    await page.get_by_role("link", name="Search all meetings").click()
    await expect(page.locator(".hits a").first).to_contain_text("The budget 0.")


async def test_searches_need_no_script(service: Service, browser: Browser) -> None:
    """A form, marks, and links to the moments; by everybody or one."""
    page = (await open_window(browser, scripts=False)).page
    await service.open_meeting("ann", "ben")
    await service.say("ann", 1_000, 2_000, "Is the budget done?")
    await service.say("ben", 3_000, 4_000, "What budget?")
    await page.goto(f"{service.url}/meetings/m")

    await page.locator("#find-q").fill("budget")
    await page.get_by_label("Said by").select_option("Ann")
    await page.locator("#find-q").press("Enter")
    await expect(page.locator("#log mark")).to_have_text("budget")
    await page.locator(".found a").click()
    await expect(page.locator(".sentence:target")).to_have_count(1)


async def test_the_list_says_that_a_search_failed(service: Service, window: Window) -> None:
    """And shows nothing of another question meanwhile; the next answer is shown again."""
    page = window.page
    window.expect_status(503)
    await service.open_meeting("ann")
    await page.goto(service.url)
    told = page.get_by_role("alert")

    await page.route("**/?q=*", lambda route: route.fulfill(status=503, body="too slow"))
    await page.get_by_role("searchbox").fill("budget")
    await expect(told).to_contain_text("took too long")
    await expect(page.locator("#lists")).to_be_hidden()
    await page.unroute("**/?q=*")
    await page.route("**/?q=*", lambda route: route.abort())
    await page.get_by_role("searchbox").fill("plan")
    await expect(told).to_contain_text("could not be read")
    await page.unroute("**/?q=*")
    await page.get_by_role("searchbox").press("Enter")
    await expect(page.locator(".meeting")).to_have_count(1)
    await expect(told).to_be_hidden()


async def test_a_meeting_says_that_a_search_failed(service: Service, window: Window) -> None:
    """No count of another search stays, and Enter asks again."""
    page = window.page
    window.expect_status(503)
    await service.open_meeting("ann")
    await service.say("ann", 1_000, 2_000, "Is the budget done?")
    await page.goto(f"{service.url}/meetings/m")
    await page.locator("#find-q").fill("budget")
    output = page.locator("#find output")
    await expect(output).to_have_text("1 of 1")

    await page.route("**/v1/search*", lambda route: route.fulfill(status=503, body="{}"))
    await page.locator("#find-q").fill("done")
    await expect(output).to_have_text("The search took too long")
    await page.unroute("**/v1/search*")
    await page.keyboard.press("Enter")
    await expect(output).to_have_text("1 of 1")


async def test_menus_close_by_themselves(service: Service, window: Window) -> None:
    """Also those that came with another page of the list: by a click elsewhere and by Escape."""
    page = window.page
    await service.open_meeting("ann")
    await page.goto(service.url)
    await page.get_by_role("searchbox").fill("plan")
    await expect(page.locator("#past-heading")).to_have_text("Found")
    menu = page.locator(".meeting summary")

    await menu.click()
    await expect(page.locator(".menu[open]")).to_have_count(1)
    await page.get_by_role("heading", level=1).click()
    await expect(page.locator(".menu[open]")).to_have_count(0)
    await menu.click()
    await page.keyboard.press("Escape")
    await expect(page.locator(".menu[open]")).to_have_count(0)
    await expect(menu).to_be_focused()


async def test_a_first_step_can_be_copied(service: Service, window: Window) -> None:
    """The list that is empty has commands, each with a button."""
    await window.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    await window.page.goto(service.url)
    button = window.page.get_by_role("button", name="Copy").last
    await button.click()
    await expect(window.page.get_by_role("button", name="Copied")).to_have_count(1)
    copied = await window.page.evaluate("() => navigator.clipboard.readText()")

    assert copied == f"meeting-service send {service.url} ann.wav ben.wav"


async def test_any_title_and_any_name_has_its_place(service: Service, window: Window) -> None:
    """On a phone, too: the longest title leaves room for what is live; names stay in order."""
    page = window.page
    await page.set_viewport_size({"width": 390, "height": 844})
    await service.open_meeting("ann")
    await service.join("dana", "דנה כהן")
    await service.join("bob", "Bob")
    await service.sessions.rename_meeting("m", "W" * 200)
    await page.goto(service.url)
    state = await page.locator(".meeting .state").bounding_box()
    names = [await name.bounding_box() for name in await page.locator(".names bdi").all()]
    title = await page.locator(".meeting h3").bounding_box()

    assert state is not None
    assert title is not None
    assert (state["height"] < 30, title["height"] < 100) == (True, True)
    assert sorted(names, key=lambda box: (box["y"], box["x"]) if box else (0, 0)) == names
    assert await page.evaluate("() => document.documentElement.scrollWidth <= innerWidth")
