"""English inflection for the grammar: spelling rules, and `grammar/irregular.txt` for the rest."""

from collections.abc import Callable
from pathlib import Path

_IRREGULAR = Path(__file__).parent / "grammar" / "irregular.txt"


def _rows(kind: str) -> list[list[str]]:
    lines = _IRREGULAR.read_text(encoding="utf-8").splitlines()
    entries = [line.removeprefix(f"{kind}:") for line in lines if line.startswith(f"{kind}:")]
    return [entry.split() for line in entries for entry in line.split(",")]


_PAST = {row[0]: (row[1], row[-1]) for row in _rows("verb")}
_PLURAL = {row[0]: row[1] for row in _rows("plural")}
_DOUBLING = frozenset(verb for (verb,) in _rows("double"))


def _doubled(verb: str) -> str:
    return verb + verb[-1] if verb in _DOUBLING else verb


def past(verb: str) -> str:
    """The simple past of a base form: "stop" gives "stopped"."""
    if verb in _PAST:
        return _PAST[verb][0]
    if verb.endswith("e"):
        return verb + "d"
    if verb.endswith("y") and verb[-2] not in "aeiou":
        return verb[:-1] + "ied"
    return _doubled(verb) + "ed"


def participle(verb: str) -> str:
    """The past participle of a base form: "write" gives "written"."""
    return _PAST[verb][1] if verb in _PAST else past(verb)


def ing(verb: str) -> str:
    """The present participle of a base form: "lie" gives "lying"."""
    if verb.endswith("ie"):
        return verb[:-2] + "ying"
    if verb.endswith("e") and not verb.endswith(("ee", "be")):
        return verb[:-1] + "ing"
    return _doubled(verb) + "ing"


def add_s(word: str) -> str:
    """The third person of a verb, or the regular plural of a noun."""
    if word in _PLURAL:
        return _PLURAL[word]
    if word == "have":
        return "has"
    if word.endswith(("s", "sh", "ch", "x", "z")) or word in ("go", "do", "echo"):
        return word + "es"
    if word.endswith("y") and word[-2] not in "aeiou":
        return word[:-1] + "ies"
    return word + "s"


def plural(noun: str) -> str:
    """The plural of a noun of one or more words, of which the last is inflected."""
    head, _, last = noun.rpartition(" ")
    return f"{head} {add_s(last)}".strip()


def _first_word(rule: Callable[[str], str]) -> Callable[[str], str]:
    def inflect(verb: str) -> str:
        first, space, rest = verb.partition(" ")
        return rule(first) + space + rest

    return inflect


FORMS: dict[str, Callable[[str], str]] = {
    "past": _first_word(past),
    "part": _first_word(participle),
    "ing": _first_word(ing),
    "s": _first_word(add_s),
    "pl": plural,
}
"""What may follow the dot in `<class.form>`."""
