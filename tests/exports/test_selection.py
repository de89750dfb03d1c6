"""How much of a transcript is taken away."""

from dataclasses import replace

import pytest

from meeting_service.errors import InvalidRequest, NotFound
from meeting_service.exports import ExportOptions
from meeting_service.exports.selection import select
from tests.exports.meetings import PLAIN, make_transcript


def test_nothing_chosen_is_everything() -> None:
    """The transcript as it is."""
    assert replace(PLAIN, bookmarks=[]) == select(PLAIN, ExportOptions())


@pytest.mark.parametrize("called", ["bob", "Bob"])
def test_one_participant(called: str) -> None:
    """By id or name: what they say, their gaps, and nobody else in the head."""
    chosen = select(PLAIN, ExportOptions(participant=called))

    assert ["Yes."] == [sentence.text for sentence in chosen.sentences]
    assert (["bob"], 1) == ([p.id for p in chosen.participants], len(chosen.gaps))
    assert not select(PLAIN, ExportOptions(participant="ann")).gaps


def test_a_name_must_be_ones_own() -> None:
    """Nobody, or more than one, is told; an id goes before a name."""
    alike = make_transcript([("1", 0, "One."), ("2", 500, "Two.")], {"1": "2", "2": "Ann", "3": "Ann"})

    assert ["Two."] == [s.text for s in select(alike, ExportOptions(participant="2")).sentences]
    for called, reason in (("Ann", "more than one"), ("Carla", "nobody")):
        with pytest.raises(NotFound, match=reason):
            select(alike, ExportOptions(participant=called))


@pytest.mark.parametrize(
    ("from_ms", "to_ms", "said"),
    [
        (14_170, None, ["Yes.", "Then let us begin."]),
        (14_500, 21_000, ["Yes."]),
        (14_770, 21_000, []),
        (None, 14_500, ["Good morning", "Is that all"]),
        (14_600, 14_700, ["Yes."]),
    ],
)
def test_a_span_of_time(from_ms: int | None, to_ms: int | None, said: list[str]) -> None:
    """Sentences that are spoken within it, whole, at their times in the meeting."""
    chosen = select(PLAIN, ExportOptions(from_ms=from_ms, to_ms=to_ms))

    assert len(said) == len(chosen.sentences)
    assert all(s.text.startswith(begins) for s, begins in zip(chosen.sentences, said, strict=True))
    assert all(sentence in PLAIN.sentences for sentence in chosen.sentences)
    assert 2 == len(chosen.participants)


def test_a_span_ends_after_it_begins() -> None:
    """Else it is the caller's error."""
    with pytest.raises(InvalidRequest):
        ExportOptions(from_ms=1_000, to_ms=1_000)
