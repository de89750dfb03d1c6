"""Meetings that are hard to write down, and their golden files.

`python -m tests.exports.meetings` writes the golden files anew; look at what changed before keeping it.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from meeting_service.exports import formats, make_download
from meeting_service.meeting import Meeting, MeetingState, Participant
from meeting_service.transcript import Sentence, Transcript, TranscriptGap, Untranscribed, Word, reading_order

GOLDEN = Path(__file__).parent / "golden"
START = datetime(2026, 3, 4, 9, 0, tzinfo=UTC)
SPOKEN_FORMATS = [name for name in formats if name != "chapters"]
"""which say what was said"""
GOLDEN_FORMATS = [name for name in SPOKEN_FORMATS if name != "docx"]
"""of those that are text"""
HOUR_MS = 3_600_000

Said = tuple[str, int, str]
"""participant, start in ms, text"""


def make_sentence(number: int, said: Said, word_ms: int = 300) -> Sentence:
    """A sentence spoken evenly."""
    participant_id, start_ms, text = said
    words = tuple(
        Word(word, start_ms + n * word_ms, start_ms + n * word_ms + word_ms * 9 // 10, 0.9)
        for n, word in enumerate(text.split())
    )
    end_ms = words[-1].end_ms if words else start_ms
    return Sentence(f"1-{number}", participant_id, start_ms, end_ms, text, 0.9, words, seq=number)


def make_transcript(
    said: Sequence[Said],
    names: dict[str, str],
    *,
    title: str = "Weekly",
    gaps: Sequence[TranscriptGap] = (),
    live: bool = False,
    word_ms: int = 300,
) -> Transcript:
    """A transcript in reading order."""
    state, ended_at = (
        (MeetingState.LIVE, None) if live else (MeetingState.ENDED, START + timedelta(minutes=62))
    )
    sentences = [make_sentence(n, s, word_ms) for n, s in enumerate(said, 1)]
    people = [
        Participant("m1", i, name, 60_000, 30_000, 30_000, until_ms=60_000) for i, name in names.items()
    ]
    return Transcript(
        meeting=Meeting("m1", title, state, START, ended_at, "en", ("MLX",)),
        participants=people,
        sentences=sorted(sentences, key=reading_order),
        gaps=gaps,
        not_transcribed=[],
    )


PLAIN = make_transcript(
    [
        (
            "ann",
            1_200,
            "Good morning everybody, I think we should start with the budget because it is the longest "
            "item on the list, and then we go on to the plan for the second quarter.",
        ),
        ("ann", 13_000, "Is that all right?"),
        ("bob", 14_500, "Yes."),
        ("ann", 21_000, "Then let us begin."),
    ],
    {"ann": "Ann", "bob": "Bob"},
    gaps=[TranscriptGap("bob", 16_000, 19_200)],
)
OVERLAPS = make_transcript(
    [
        ("ann", 1_000, "I would say that we move the release to the end of the month."),
        ("bob", 1_400, "No, not again, we have promised it to everybody already."),
        ("cid", 1_500, "Please, one after the other."),
        ("bob", 8_000, "Sorry."),
        ("ann", 8_000, "Sorry."),
        ("cid", 9_500, "Ann was first."),
    ],
    {"ann": "Ann", "bob": "Bob", "cid": "Cid"},
)
UNICODE = make_transcript(
    [
        ("a", 0, "Żółć, naïve façade — und Größe… «c’est là !»"),
        ("b", 6_000, "会議を始めましょう。予算の話を先にして、それから来月の計画に移りたいと思います。"),
        ("c", 12_000, "👩\u200d👩\u200d👧 e\u0301te\u0301 ﷽"),
    ],
    {"a": "Zoë Żółć", "b": "山田 太郎", "c": "👩\u200d🚀"},
    title="Größe & 会議",
)
RTL = make_transcript(
    [
        ("a", 0, "صباح الخير، هل نبدأ بالميزانية؟"),
        ("b", 4_000, "כן, נתחיל עם Budget 2026 (טיוטה)."),
    ],
    {"a": "آنا", "b": "יוסי"},
)
MARKUP = make_transcript(
    [
        ("a", 0, "<script>alert(1)</script> & <b>bold</b> &amp; {\\an8}top --> 00:00:01.000 </v><v Bob>no"),
        ("b", 9_000, "line\none\r\n\r\n2\n00:00:09,000 --> 00:00:10,000\nNOTE\x00\x07 \u2028STYLE"),
        ("c", 18_000, "- dash: first"),
    ],
    {"a": 'A<v>&"', "b": "B --> {\\b1}\nWEBVTT", "c": ": \x00"},
    title="<i>x</i> --> \n\n1",
)
HOURS = make_transcript(
    [
        ("a", HOUR_MS - 400, "Around the hour."),
        ("a", 99 * HOUR_MS + 3_599_900, "Around the hundredth."),
        ("a", 100 * HOUR_MS + 5_000, "Still here."),
    ],
    {"a": "Ann"},
)
SHORT = make_transcript(
    [
        ("a", 0, "Yes."),
        ("b", 0, "No."),
        ("a", 0, "Yes!"),
        ("a", 2_000, "Zero length words."),
        ("b", 2_000, ""),
    ],
    {"a": "Ann", "b": "Bob"},
    word_ms=0,
)
LONG_NAMES = make_transcript(
    [
        (
            "a",
            0,
            "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft is one word.",
        ),
        ("b", 500, "And incomprehensibilities is another, they say."),
    ],
    {"a": "Christopher von der Hohenstein-Wallenburg", "b": "B" * 80},
)
EMPTY = make_transcript([], {}, title="")
LOST = replace(
    make_transcript(
        [
            ("ann", 1_000, "The first point is settled."),
            ("ann", 14_000, "So much for that."),
            ("bob", 15_200, "I do not agree with the last part."),
        ],
        {"ann": "Ann", "bob": "Bob", "cid": "Cid"},
    ),
    not_transcribed=[
        Untranscribed("ann", 3_000, 13_500),
        Untranscribed("cid", 16_000, 17_500),
        Untranscribed("bob", 30_000, 31_250),
    ],
)
"""speech that could not be recognised: within a turn, at once with somebody's, alone"""
LIVE = make_transcript([("ann", 500, "We are still talking.")], {"ann": "Ann", "bob": "Bob"}, live=True)

MEETINGS = {
    "plain": PLAIN,
    "overlaps": OVERLAPS,
    "unicode": UNICODE,
    "rtl": RTL,
    "markup": MARKUP,
    "hours": HOURS,
    "short": SHORT,
    "long_names": LONG_NAMES,
    "empty": EMPTY,
    "live": LIVE,
    "lost": LOST,
}


def golden_file(meeting: str, format_name: str) -> Path:
    """Where the expected text lies."""
    return GOLDEN / f"{meeting}.{format_name}"


def main() -> None:
    """Write every golden file."""
    for meeting, transcript in MEETINGS.items():
        for name in GOLDEN_FORMATS:
            golden_file(meeting, name).write_bytes(make_download(transcript, name).content)


if __name__ == "__main__":
    main()
