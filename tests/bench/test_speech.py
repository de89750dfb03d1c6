"""What the bench listens to."""

import numpy as np

from meeting_service.bench.speech import (
    join,
    lay_out_meeting,
    list_sentences,
    make_room_noise,
    speak_without_pause,
    to_pcm,
)


def test_sentences_are_cut_out_with_their_text() -> None:
    """Every sentence of the meeting is there, with sound all through."""
    sentences = list_sentences()

    assert len(sentences) > 40
    assert all(0.8 < s.seconds < 8 and s.text for s in sentences)
    assert all(np.abs(s.samples).max() > 0.05 for s in sentences)


def test_a_meeting_is_shared_by_all() -> None:
    """Of ten people each speaks about a tenth of the time, somebody nearly always, sometimes two at once."""
    layout = lay_out_meeting(120)
    loud = np.stack([np.abs(s).reshape(-1, 8_000).max(axis=1) > 0.02 for s in layout.streams])
    shares = loud.mean(axis=1)

    assert layout.seconds == 120
    assert 0.85 * 120 < layout.speech_s < 1.15 * 120
    assert shares.min() > 0.04
    assert shares.max() < 0.2
    assert (loud.sum(axis=0) == 0).mean() < 0.1
    assert (loud.sum(axis=0) >= 2).mean() > 0.05
    assert all(
        np.array_equal(a, b) for a, b in zip(layout.streams, lay_out_meeting(120).streams, strict=True)
    )


def test_sentences_are_joined_with_pauses_or_without() -> None:
    """A pause is long enough to end an utterance; without one the voice goes on."""
    three = list_sentences()[:3]
    with_pauses, without = join(three, pauses=True), join(three, pauses=False)

    assert with_pauses.text == without.text == " ".join(s.text for s in three)
    assert with_pauses.seconds - without.seconds > 3 * 0.9
    assert len(speak_without_pause(7.5)) == 120_000


def test_noise_is_quiet_and_speech_fits_in_16_bits() -> None:
    """Room noise is at -50 dB; samples beyond full scale are held there."""
    noise = make_room_noise(2)

    assert abs(20 * np.log10(noise.std()) + 50.5) < 0.5
    assert to_pcm(np.array([2.0, -2.0], np.float32)).tolist() == [32_767, -32_767]
