from meeting_service.segmenter.rules import breath_needed_samples, pause_needed_samples
from meeting_service.settings import SegmenterSettings

SETTINGS = SegmenterSettings(
    speech_threshold=0.5, min_silence_ms=800, long_silence_ms=400, max_utterance_s=60
)
SECOND = 16_000


def test_a_short_utterance_needs_the_whole_pause() -> None:
    """Up to four seconds the pause is the configured one."""
    assert 800 * 16 == pause_needed_samples(SETTINGS, 0)
    assert 800 * 16 == pause_needed_samples(SETTINGS, 4 * SECOND)


def test_the_pause_shrinks_as_the_utterance_grows() -> None:
    """Linearly down to the short pause at fifteen seconds, and no further."""
    needed = [pause_needed_samples(SETTINGS, seconds * SECOND) for seconds in range(4, 16)]

    assert sorted(needed, reverse=True) == needed
    assert 600 * 16 == pause_needed_samples(SETTINGS, 19 * SECOND // 2)
    assert 400 * 16 == needed[-1] == pause_needed_samples(SETTINGS, 300 * SECOND)


def test_a_breath_shrinks_as_the_span_grows() -> None:
    """From more than a fifth of a second, while little was said, to less."""
    needed = [breath_needed_samples(seconds * SECOND // 2) for seconds in range(24)]

    assert sorted(needed, reverse=True) == needed
    assert 224 * 16 == needed[0] == needed[3]
    assert 160 * 16 == needed[10] == needed[-1]
