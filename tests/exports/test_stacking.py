"""Captions one after another."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from meeting_service.exports.breaks import Token
from meeting_service.exports.cues import Piece
from meeting_service.exports.rules import PRESETS, Preset
from meeting_service.exports.stacking import MAX_DELAY_MS, stack

RULES = PRESETS[Preset.NETFLIX]


def piece(who: str, start_ms: int, end_ms: int, *, crowded: bool = True, text: str = "word") -> Piece:
    """What somebody says in one caption."""
    return Piece(who, (Token(text, start_ms, end_ms),), start_ms, end_ms, crowded)


_pieces = st.lists(
    st.builds(
        lambda who, start, length, crowded: piece(who, start, start + length, crowded=crowded),
        st.sampled_from("abc"),
        st.integers(0, 20_000),
        st.integers(1, 7_000),
        st.booleans(),
    ),
    max_size=30,
).map(lambda pieces: sorted(pieces, key=lambda p: p.start_ms))


@given(_pieces)
def test_captions_follow_each_other(pieces: list[Piece]) -> None:
    """None overlaps another, none is lost, none is gone before the eye has seen it and the next may come."""
    shown = stack(pieces, RULES)

    assert all(a.end_ms <= b.start_ms and b.start_ms - a.start_ms >= RULES.min_ms for a, b in pairwise(shown))
    assert all(cue.start_ms < cue.end_ms for cue in shown)
    assert sorted(map(id, pieces)) == sorted(id(p) for cue in shown for p in cue.pieces)
    for who in "abc":
        said = [p for cue in shown for p in cue.pieces if p.participant_id == who]
        assert [p for p in pieces if p.participant_id == who] == said


def test_two_who_start_together_share() -> None:
    """Their lines are in the order of their ids, whoever was first; a third takes over."""
    [both, third] = stack([piece("b", 0, 2_000), piece("a", 300, 2_500), piece("c", 400, 3_000)], RULES)

    assert ["a", "b"] == [p.participant_id for p in both.pieces]
    assert (0, RULES.min_ms) == (both.start_ms, both.end_ms)
    assert (RULES.min_ms, 3_000) == (third.start_ms, third.end_ms)


def test_who_starts_later_waits_until_the_other_is_read() -> None:
    """But no longer than two seconds."""
    slow = piece("a", 0, 7_000, text="x" * 120)

    [_, brief] = stack([slow, piece("b", 1_500, 4_000)], RULES)
    [_, late] = stack([slow, piece("b", 3_900, 4_000)], RULES)

    assert brief.start_ms == 1_500 + MAX_DELAY_MS
    assert late.start_ms == 4_000


def test_one_person_alone_never_shares() -> None:
    """Sentences of one participant, and those nobody else speaks into, keep captions of their own."""
    assert len(stack([piece("a", 0, 900), piece("a", 100, 900)], RULES)) == 2
    assert len(stack([piece("a", 0, 900, crowded=False), piece("b", 100, 900)], RULES)) == 2
