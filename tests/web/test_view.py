from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from meeting_service.meeting import Meeting, MeetingState, Participant
from meeting_service.resources import resource_path
from meeting_service.transcript import Sentence, Transcript, TranscriptGap, Untranscribed
from meeting_service.web.view import (
    GapRow,
    StretchRow,
    TurnRow,
    behind_to_text,
    meeting_to_row,
    ms_to_clock,
    name_to_initials,
    participants_to_speakers,
    transcript_to_view,
)
from meeting_service.web.words import load_words

ENGLISH = load_words(resource_path("templates") / "words")["en"]
START = datetime(2026, 3, 4, 9, 0, tzinfo=UTC)
MEETING = Meeting("m", "Planning", MeetingState.LIVE, START)
ANN, BOB = Participant("m", "ann", "Ann Lee", present=True), Participant("m", "bob", "Bob")


def sentence(participant_id: str, start_ms: int, end_ms: int) -> Sentence:
    """A sentence that says who and when."""
    return Sentence(f"{participant_id}-{start_ms}", participant_id, start_ms, end_ms, "Text.", 0.9, ())


def entries(
    sentences: list[Sentence], gaps: Sequence[TranscriptGap] = (), lost: Sequence[Untranscribed] = ()
) -> list[TurnRow | GapRow]:
    """What the page shows of them."""
    transcript = Transcript(MEETING, (ANN, BOB), sentences, gaps, not_transcribed=lost)
    return list(transcript_to_view(transcript, START, 7).entries)


def test_sentences_become_turns_and_gaps_fall_between() -> None:
    """A turn is what one person says before somebody else does or their audio is missing."""
    shown = entries(
        [sentence("ann", 0, 900), sentence("ann", 1_000, 1_900), sentence("bob", 5_000, 5_900)],
        [TranscriptGap("bob", 1_500, 4_000)],
    )

    turn, gap, other = shown
    assert isinstance(turn, TurnRow)
    assert isinstance(gap, GapRow)
    assert isinstance(other, TurnRow)
    assert [(s.start_ms, s.end_ms) for s in turn.items] == [(0, 900), (1_000, 1_900)]
    assert (turn.speaker.name, turn.start_ms, turn.overlaps) == ("Ann Lee", 0, False)
    assert (gap.speaker.name, gap.start_ms, gap.end_ms) == ("Bob", 1_500, 4_000)


def test_speech_without_text_stands_in_its_turn() -> None:
    """In its place; a turn that has no text at all has nothing to link to."""
    lost = [Untranscribed("ann", 1_000, 3_000), Untranscribed("bob", 5_000, 6_000)]
    turn, other = entries([sentence("ann", 0, 900), sentence("ann", 3_100, 3_900)], lost=lost)

    assert isinstance(turn, TurnRow)
    assert isinstance(other, TurnRow)
    assert ["SentenceRow", "StretchRow", "SentenceRow"] == [type(item).__name__ for item in turn.items]
    assert [StretchRow(5_000, 6_000)] == list(other.items)
    assert ("ann-0", None) == (turn.anchor, other.anchor)


def test_a_turn_that_is_talked_over_is_marked() -> None:
    """Both sides of an overlap are."""
    shown = entries(
        [sentence("ann", 0, 2_000), sentence("bob", 1_500, 2_500), sentence("ann", 3_000, 4_000)], []
    )

    assert [turn.overlaps for turn in shown if isinstance(turn, TurnRow)] == [True, True, False]


def test_text_of_somebody_unknown_is_shown_under_the_id() -> None:
    """Nothing that was said is left out."""
    (turn,) = entries([sentence("eve", 0, 900)], [])

    assert turn.speaker.name == "eve"


def test_colours_follow_the_order_people_came() -> None:
    """Twelve, then from the beginning again."""
    people = [Participant("m", f"p{n}", f"P{n}") for n in range(14)]
    speakers = participants_to_speakers(people)

    assert [s.colour for s in speakers.values()] == [*range(12), 0, 1]


@pytest.mark.parametrize(
    ("name", "initials"),
    [
        ("Ann Lee", "AL"),
        ("ann", "A"),
        ("Ann Maria van der Lee", "AL"),
        ("(guest) Bob", "B"),
        ("Эмма Иванова", "ЭИ"),
        ("ß", "SS"),
        ("🙂", "?"),
        ("<b>", "?"),
    ],
)
def test_initials_stand_for_a_name(name: str, initials: str) -> None:
    """At most two letters, of any script; a question mark where there is none."""
    assert name_to_initials(name) == initials


@pytest.mark.parametrize(
    ("ms", "shown"),
    [
        (0, "0:00"),
        (999, "0:00"),
        (61_000, "1:01"),
        (3_599_999, "59:59"),
        (3_600_000, "1:00:00"),
        (36_061_000, "10:01:01"),
    ],
)
def test_offsets_are_written_as_a_clock(ms: int, shown: str) -> None:
    """Hours only where there are any."""
    assert ms_to_clock(ms) == shown


def test_a_meeting_is_as_long_as_it_runs() -> None:
    """Until now while it is live, then what can be heard; a clock that went back gives no negative."""
    ended = Meeting("m", "Planning", MeetingState.ENDED, START, START + timedelta(minutes=5))
    heard = [Participant("m", "ann", "Ann", until_ms=162_000), Participant("m", "bob", "Bob", until_ms=9)]

    assert meeting_to_row(MEETING, heard, START + timedelta(minutes=1)).length_ms == 60_000
    assert meeting_to_row(ended, heard, START + timedelta(days=1)).length_ms == 162_000
    assert meeting_to_row(ended, (), START + timedelta(days=1)).length_ms == 300_000
    assert meeting_to_row(MEETING, (), START - timedelta(minutes=1)).length_ms == 0


@pytest.mark.parametrize(
    ("ms", "text"),
    [
        (0, ""),
        (499, ""),
        (1_500, "Catching up, 2 s behind"),
        (119_000, "Catching up, 119 s behind"),
        (600_000, "Catching up, 10 min behind"),
    ],
)
def test_a_lag_is_told_in_seconds_then_minutes(ms: int, text: str) -> None:
    """Rounded; nothing is said of none."""
    assert text == behind_to_text(ms, ENGLISH)


@pytest.mark.parametrize(
    ("figures", "expected"),
    [
        ({}, ""),
        ({"received_ms": 724_000}, "12:04 received"),
        (
            {"received_ms": 724_000, "speech_ms": 271_000, "transcribed_ms": 271_000, "gap_ms": 7_000},
            "12:04 received, 4:31 spoken, all transcribed, 7.0 s missing",
        ),
        (
            {"received_ms": 60_000, "speech_ms": 9_000, "not_transcribed_ms": 1, "gap_ms": 10_000},
            "1:00 received, 0:09 spoken, 0.1 s not transcribed, 0:10 missing",
        ),
        (
            {"received_ms": 60_000, "speech_ms": 9_000, "waiting_ms": 5_000},
            "1:00 received, 0:09 spoken, 0:05 being transcribed",
        ),
        (
            {"received_ms": 60_000, "speech_ms": 9_000, "waiting_ms": 1_000},
            "1:00 received, 0:09 spoken",
        ),
    ],
)
def test_an_account_is_one_line(figures: dict[str, Any], expected: str) -> None:
    """What is out of the ordinary is added; nothing that is there shows as nothing, no part is broken."""
    (speaker,) = participants_to_speakers([Participant("m", "ann", "Ann", **figures)]).values()

    assert expected == speaker.account(ENGLISH).replace("\N{NO-BREAK SPACE}", " ")
    assert "spoken" not in speaker.account(ENGLISH, spoken=False)
    assert "" == speaker.unaccounted(ENGLISH)


def test_what_is_not_accounted_for_is_a_warning() -> None:
    """One ms shows too."""
    (speaker,) = participants_to_speakers([Participant("m", "ann", "Ann", unaccounted_ms=1)]).values()

    assert "0.1 s not accounted for" == speaker.unaccounted(ENGLISH)
