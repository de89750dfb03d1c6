"""The timeline: who is heard where, how long it is and at which rate."""

from dataclasses import replace

import pytest

from meeting_service.errors import InvalidRequest, NotFound
from meeting_service.playback import Held, Part, lay_out
from tests.playback.voices import Voices, noise


@pytest.fixture
def voices() -> Voices:
    """Ann from the start for two seconds, Ben from the first second on for two."""
    voices = Voices()
    voices.add("ann", noise(32_000))
    voices.add("ben", noise(32_000, 2), at_ms=1_000)
    return voices


@pytest.mark.parametrize(
    ("rates_hz", "expected_hz"),
    [
        ([16_000], 16_000),
        ([8_000], 16_000),
        ([48_000], 48_000),
        ([44_100], 48_000),
        ([96_000], 48_000),
        ([16_000, 8_000], 16_000),
        ([16_000, 24_000], 48_000),
    ],
)
def test_nothing_is_played_worse_than_it_came(rates_hz: list[int], expected_hz: int) -> None:
    """At 48 kHz as soon as anything came above 16 kHz, as far as 48 kHz can hold it."""
    voices = Voices()
    for number, rate_hz in enumerate(rates_hz):
        voices.add(str(number), noise(rate_hz), rate_hz=rate_hz)

    assert expected_hz == voices.lay_out().rate_hz


def test_each_participant_has_the_rate_of_their_own() -> None:
    """Who sends 16 kHz is heard at 16 kHz alone, whatever others send."""
    voices = Voices()
    voices.add("ann", noise(16_000))
    voices.add("ben", noise(48_000), rate_hz=48_000)

    assert 16_000 == voices.lay_out(Part(participant_ids={"ann"})).rate_hz
    assert 48_000 == voices.lay_out(Part(participant_ids={"ben"})).rate_hz


def test_everybodys_file_is_of_one_length(voices: Voices) -> None:
    """From the meeting's start to where the last audio ends, whoever is heard in it."""
    for part in (Part(), Part(participant_ids={"ann"}), Part(participant_ids={"nobody"})):
        found = voices.lay_out(part)

        assert (0, 3_000) == (found.from_ms, found.to_ms)


@pytest.mark.parametrize(
    ("asked", "expected"),
    [((500, 700), (500, 700)), ((0, 9_000), (0, 3_000)), ((2_999, None), (2_999, 3_000))],
)
def test_a_part_ends_where_it_is_to_or_audio_does(
    voices: Voices, asked: tuple[int, int | None], expected: tuple[int, int]
) -> None:
    """A span that is longer than the meeting is as long as that."""
    found = voices.lay_out(Part(from_ms=asked[0], to_ms=asked[1]))

    assert expected == (found.from_ms, found.to_ms)


def test_what_is_not_there_is_told(voices: Voices) -> None:
    """A span after the end, a meeting without audio, a span that ends before it begins."""
    with pytest.raises(NotFound, match="ends before"):
        voices.lay_out(Part(from_ms=3_000))
    with pytest.raises(NotFound, match="no audio came"):
        lay_out([], Part())
    with pytest.raises(InvalidRequest):
        Part(from_ms=5, to_ms=5)


def test_a_live_meeting_ends_where_everybody_is() -> None:
    """Who sends and is a little behind is waited for; who is far behind is not, nor who left."""
    voices = Voices()
    voices.add("ann", noise(30 * 16_000), ended=False)
    voices.add("ben", noise(29 * 16_000), ended=False)
    voices.add("eve", noise(2 * 16_000), ended=False)
    voices.add("zoe", noise(28 * 16_000))

    assert 29_000 == voices.lay_out().to_ms
    assert 30_000 == voices.lay_out(Part(to_ms=40_000)).to_ms


def test_of_a_live_stream_only_what_is_known_is_there() -> None:
    """Samples that later audio still changes are left out until it has come."""
    voices = Voices()
    voices.add("ann", noise(44_100), rate_hz=44_100, ended=False)
    live = voices.lay_out().samples
    voices.held = [replace(held, stream=replace(held.stream, ended=True)) for held in voices.held]

    assert 48_000 - 8_000 < live < 48_000
    assert 48_000 == voices.lay_out().samples


def test_the_tag_stays_as_long_as_the_samples_do() -> None:
    """A part that is over keeps its tag while the meeting goes on; a part that may change does not."""

    def tag(seconds: int, joined: int = 0, to_ms: int | None = None) -> str:
        voices = Voices()
        voices.add("ann", noise(seconds * 16_000), ended=False)
        for _ in range(joined):
            voices.add("ben", noise(16_000), at_ms=8_000)
        return lay_out([Held(held.stream, held.through) for held in voices.held], Part(to_ms=to_ms)).tag

    assert tag(10, to_ms=5_000) == tag(12, joined=1, to_ms=5_000)
    assert tag(10, to_ms=9_000) != tag(10, joined=1, to_ms=9_000)
    assert tag(10) != tag(12)
    assert tag(10, to_ms=5_000) != tag(10, to_ms=5_001)
    assert tag(4, to_ms=5_000) != tag(10, to_ms=5_000)
