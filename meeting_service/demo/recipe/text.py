"""
Sentences for training and for the bundled meeting, written by a small grammar.

`grammar/words.txt` holds word classes, the other files templates: `{a|b}` chooses, `<class>` takes an entry
of a class, `<class.form>` inflects it.  The same seed gives the same sentences on every machine.
"""

import hashlib
import random
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from itertools import chain
from pathlib import Path

from meeting_service.demo.recipe.inflect import FORMS

_FOLDER = Path(__file__).parent / "grammar"
_MAX_CHARACTERS = 150
_MARKUP = re.compile(r"[{|}]|<[a-z_]+(?:\.[a-z]+)?>|[^{|}<]+")
_ASKS = re.compile(r"(Can|Could|Shall|Would|Do|Does|Did|Is|Are|Was|Why|Where|Who|What) ")
_AN = re.compile(r"\b([Aa]) (?=(?:[aeio]|honest|hour|u(?!ni|s[eu]|su))(?!ne\b|nce\b|u))", re.IGNORECASE)

MIX = {"meeting": 0.53, "everyday": 0.37, "short": 0.10}
"""Share of the sentences that each template file gives."""


@dataclass(frozen=True)
class _Choice:
    options: tuple[tuple["_Part", ...], ...]


@dataclass(frozen=True)
class _Word:
    name: str
    form: str


_Part = str | _Choice | _Word


def is_held_out(text: str) -> bool:
    """Whether a sentence is kept for evaluation: about 3 of 100, by its own hash, so no list is needed."""
    return hashlib.sha1(text.lower().encode(), usedforsecurity=False).digest()[0] < 8


def _parse(template: str) -> _Choice:
    stack: list[list[list[_Part]]] = [[[]]]
    for piece in _MARKUP.findall(template):
        if piece == "{":
            stack.append([[]])
        elif piece == "|" and len(stack) > 1:
            stack[-1].append([])
        elif piece == "}":
            options = stack.pop()
            stack[-1][-1].append(_Choice(tuple(map(tuple, options))))
        elif piece.startswith("<"):
            name, _, form = piece[1:-1].partition(".")
            stack[-1][-1].append(_Word(name, form))
        else:
            stack[-1][-1].append(piece)
    (whole,) = stack
    return _Choice(tuple(map(tuple, whole)))


def _lines(name: str) -> list[str]:
    lines = (_FOLDER / f"{name}.txt").read_text(encoding="utf-8").splitlines()
    return [line for line in lines if line and not line.startswith("#")]


@cache
def _classes() -> dict[str, tuple[_Choice, ...]]:
    pairs = (line.split(":", 1) for line in _lines("words"))
    return {name: tuple(_parse(entry.strip()) for entry in entries.split(",")) for name, entries in pairs}


@cache
def templates(name: str) -> tuple[_Choice, ...]:
    """The parsed templates of one grammar file: `meeting`, `everyday` or `short`."""
    return tuple(_parse(line) for line in _lines(name))


def _expand(part: _Part, rng: random.Random) -> str:
    if isinstance(part, str):
        return part
    if isinstance(part, _Word):
        word = _expand(rng.choice(_classes()[part.name]), rng)
        return FORMS[part.form](word) if part.form else word
    return "".join(_expand(inner, rng) for inner in rng.choice(part.options))


def _polish(text: str) -> str:
    text = re.sub(r"\s+", " ", text).strip()
    text = re.sub(r" ([,.?])", r"\1", text)
    asks = "?" in text
    text = _AN.sub(r"\1n ", text).rstrip(".?")
    text = text[0].upper() + text[1:]
    return text + ("?" if asks or _ASKS.match(text) else ".")


def sentence_kinds() -> list[str]:
    """
    The names of the template files, once all that they refer to was found.

    Raises:
        KeyError: a template or an entry names a class or a form that does not exist.
    """
    parsed = [choice for kind in MIX for choice in templates(kind)]
    parsed += [entry for entries in _classes().values() for entry in entries]
    for word in (word for choice in parsed for word in _words(choice)):
        _ = _classes()[word.name], FORMS[word.form] if word.form else None
    return list(MIX)


def _words(part: _Part) -> Iterator[_Word]:
    if isinstance(part, _Word):
        yield part
    elif isinstance(part, _Choice):
        for inner in chain.from_iterable(part.options):
            yield from _words(inner)


def expand(template: str, rng: random.Random) -> str:
    """One sentence of a single template."""
    return _polish(_expand(_parse(template), rng))


def sentence(kind: str, rng: random.Random) -> str:
    """One cased and punctuated sentence of a template file, with numbers in words."""
    while True:
        text = _polish(_expand(rng.choice(templates(kind)), rng))
        if len(text) <= _MAX_CHARACTERS:
            return text


def sentences(seed: int, *, held_out: bool, mix: dict[str, float] | None = None) -> Iterator[str]:
    """
    Endless different sentences of one side of the held-out split; short ones may come back.

    Args:
        mix: share of each template file; `MIX` if not given.
    """
    rng, mix, seen = random.Random(seed), mix or MIX, set[str]()
    while True:
        (kind,) = rng.choices(list(mix), list(mix.values()))
        text = sentence(kind, rng)
        if is_held_out(text) != held_out or (text in seen and kind != "short"):
            continue
        seen.add(text)
        yield text
