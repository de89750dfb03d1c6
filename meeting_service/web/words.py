"""The words of the pages: one catalogue a language in `templates/words`, for templates and scripts alike.

A phrase holds its values as `{name}`; numbers stand so that no phrase has a plural. A new language is a file
beside the others with the same keys.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from aiohttp import web

DEFAULT_LANGUAGE = "en"
_VALUE = re.compile(r"\{(\w+)\}")
_WANTED = re.compile(r"\s*([A-Za-z]+)(?:-[\w-]+)?\s*(?:;\s*q=([\d.]+)\s*)?")


@dataclass(frozen=True, slots=True)
class Words:
    """A language's phrases by `section.key`; called with a key it gives the phrase with its values."""

    language: str
    """the language's code, for `lang`"""
    direction: str
    """ltr or rtl, for `dir`"""
    phrases: Mapping[str, str] = field(repr=False)

    def __call__(self, key: str, **values: object) -> str:
        """The phrase; raises `KeyError` for one that is not there, and for a value it lacks."""
        return _VALUE.sub(lambda found: str(values[found[1]]), self.phrases[key])

    def around(self, key: str, slot: str, **values: object) -> tuple[str, str]:
        """What stands before and after the place of one value, which a template fills with an element."""
        before, after = self(key, **values, **{slot: "\0"}).split("\0")
        return before, after

    def of(self, *sections: str) -> dict[str, str]:
        """The phrases that a page's scripts need."""
        return {key: text for key, text in self.phrases.items() if key.partition(".")[0] in sections}


WORDS: web.AppKey[Mapping[str, Words]] = web.AppKey("words", Mapping[str, Words])
"""by language"""


def load_words(folder: Path) -> dict[str, Words]:
    """Every catalogue in `folder`, by its language's code."""
    found = [_read(path) for path in sorted(folder.glob("*.json"))]
    return {words.language: words for words in found}


def choose_words(catalogues: Mapping[str, Words], accepted: str) -> Words:
    """The catalogue a reader wants most, by the header `Accept-Language`; English where there is none."""
    wanted = [found for part in accepted.split(",") if (found := _WANTED.fullmatch(part))]
    wanted.sort(key=lambda found: -_quality(found[2]))
    codes = (found[1].lower() for found in wanted if _quality(found[2]) > 0)
    return next((catalogues[code] for code in codes if code in catalogues), catalogues[DEFAULT_LANGUAGE])


def _quality(text: str | None) -> float:
    try:
        return 1.0 if text is None else float(text)
    except ValueError:
        return 0.0


def _read(path: Path) -> Words:
    sections = json.loads(path.read_text(encoding="utf-8"))
    told = sections.pop("language")
    phrases = {
        f"{section}.{key}": text for section, listed in sections.items() for key, text in listed.items()
    }
    return Words(told["code"], told["direction"], phrases)
