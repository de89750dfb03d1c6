"""The words of the pages: in one place, complete in every language, and none outside."""

import re
from pathlib import Path
from typing import cast

import pytest
from playwright.async_api import Browser, Page, expect

from meeting_service.resources import resource_path
from meeting_service.web.words import WORDS, Words, choose_words, load_words
from tests.web.browser import open_window
from tests.web.conftest import Service

FOLDER = resource_path("templates")
CATALOGUES = load_words(FOLDER / "words")
ENGLISH = CATALOGUES["en"]
OUTSIDE = """() => {
  const people = "[lang=en], script, noscript, .name, .names, .sentence, .draft, #title, .title, .chip, "
    + "time, kbd, .model, code, a[download] span, .captions .lines, "
    + "select:not([name=preset]) option:not([value=''])";
  const told = (text) => !/\\p{L}/u.test(text) || /[⟦⟧]/.test(text);
  const found = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    if (!told(node.data) && !node.parentElement.closest(people)) found.push(node.data.trim());
  }
  for (const name of ["title", "aria-label", "placeholder", "alt"]) {
    for (const element of document.body.querySelectorAll(`[${name}]`)) {
      if (!told(element.getAttribute(name))) found.push(`${name}: ${element.getAttribute(name)}`);
    }
  }
  return found;
}"""
"""every text on a page that comes neither from people nor from the catalogue of brackets"""


def slots(phrase: str) -> set[str]:
    """The values that a phrase holds."""
    return set(re.findall(r"\{(\w+)\}", phrase))


@pytest.mark.parametrize("language", CATALOGUES)
def test_every_language_says_everything(language: str) -> None:
    """The keys of English, and in each phrase the same values."""
    own = CATALOGUES[language].phrases

    assert {key: slots(text) for key, text in ENGLISH.phrases.items()} == {
        k: slots(t) for k, t in own.items()
    }
    assert all(own.values())


def sources() -> list[Path]:
    """Whatever asks for a phrase by its name."""
    return [
        *FOLDER.rglob("*.html"),
        *FOLDER.rglob("*.js"),
        *Path(__file__, "../../../meeting_service/web").resolve().glob("*.py"),
    ]


def test_every_phrase_that_is_asked_for_is_there() -> None:
    """Those whose name is written out; others show where they are missing when they are asked for."""
    asked = {
        key
        for path in sources()
        for key in re.findall(
            r"""\b(?:words|around)\(\s*["']([a-z]+\.\w+)["']""", path.read_text(encoding="utf-8")
        )
    }

    assert len(asked) > 50
    assert asked - set(ENGLISH.phrases) == set()


def test_values_take_their_places() -> None:
    """Also such as look like a place, and around an element; a value that is missing is an error."""
    words = Words("en", "ltr", {"a.b": "{who} and {what}"})

    assert words("a.b", who="{what}", what="$&") == "{what} and $&"
    assert words.around("a.b", "what", who="Ann") == ("Ann and ", "")
    with pytest.raises(KeyError):
        words("a.b", who="Ann")


@pytest.mark.parametrize(
    ("accepted", "language"),
    [
        ("", "en"),
        ("de", "de"),
        ("de-CH, en;q=0.5", "de"),
        ("fr, de;q=0.3, en;q=0.8", "en"),
        ("de;q=0, fr", "en"),
        ("de;q=x, *;q=0.1, ;;", "en"),
    ],
)
def test_a_reader_gets_the_language_that_is_wanted_most(accepted: str, language: str) -> None:
    """Of those there are; English otherwise."""
    catalogues = {code: Words(code, "ltr", {}) for code in ("en", "de")}

    assert choose_words(catalogues, accepted).language == language


async def open_pseudo(service: Service, browser: Browser) -> Page:
    """A page in a language whose every phrase stands in brackets and runs from right to left."""
    phrases = {key: f"⟦{text}⟧" for key, text in ENGLISH.phrases.items()}
    cast("dict[str, Words]", service.client.app[WORDS])["qps"] = Words("qps", "rtl", phrases)
    window = await open_window(browser)
    await window.page.set_extra_http_headers({"Accept-Language": "qps"})
    return window.page


@pytest.mark.browser
async def test_no_word_is_outside(service: Service, browser: Browser) -> None:
    """On a live meeting's page with all that can be on it, when it has ended, and on the others."""
    await service.open_meeting("ann", "bob")
    await service.say("ann", 0, 2_000, "Shall we begin?")
    page = await open_pseudo(service, browser)
    await page.goto(f"{service.url}/meetings/m")
    await expect(page.locator("#health")).to_have_text("⟦Live⟧")
    await service.say("bob", 1_500, 3_000, "Yes, please.")
    await service.give_up("ann", 4_000, 6_000)
    service.worker.fall_behind("ann", 7_400)
    bob = await service.sessions.open_input("m", ["bob"], 16_000)
    await bob.declare_gap(1_600, 16_000 * 4)
    await service.sessions.end_participant("m", "bob")
    service.worker.draft("ann", 7_000, 8_000, "and then we")
    await expect(page.locator(".draft")).to_be_visible()
    await expect(page.locator("#behind")).to_be_visible()
    await page.locator("#download > summary").click()
    await page.locator("#pause").click()

    assert await page.evaluate(OUTSIDE) == []
    assert await page.locator("html").get_attribute("dir") == "rtl"
    for path in ("/", "/?q=zzz", "/talk", "/meetings/m/talk", "/meetings/none"):
        await page.goto(service.url + path)
        assert await page.evaluate(OUTSIDE) == [], path
    await service.sessions.end_meeting("m")
    await page.goto(f"{service.url}/meetings/m")
    await expect(page.locator("#health")).to_have_text("⟦Ended⟧")
    assert await page.evaluate(OUTSIDE) == []
