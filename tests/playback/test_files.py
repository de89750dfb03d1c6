"""Files: read again by FFmpeg they hold what was mixed, to the sample; made in blocks, from anywhere."""

import io
import wave

import av
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from meeting_service.audio import Pcm
from meeting_service.errors import TooLarge
from meeting_service.playback import AudioFormat, Part, count_wav_bytes, encode, read_wav
from meeting_service.playback.wav import count_bytes
from tests.playback.voices import Voices, noise
from tests.spoken import list_recordings


def decode(file: bytes, rate_hz: int) -> Pcm:
    """What FFmpeg hears in it."""
    with av.open(io.BytesIO(file)) as container:
        convert = av.AudioResampler("s16", "mono", rate_hz)
        frames = [f for frame in container.decode(audio=0) for f in convert.resample(frame)]
        return np.concatenate([f.to_ndarray()[0] for f in [*frames, *convert.resample(None)]])


def speak(rate_hz: int = 16_000) -> Voices:
    """Ann and Ben talk, for an odd number of samples."""
    voices = Voices()
    ann, ben, *_ = (recording.pcm for recording in list_recordings())
    voices.add("ann", ann[: len(ann) // 7 * 7 - 3], rate_hz=rate_hz)
    voices.add("ben", ben, rate_hz=rate_hz, at_ms=700)
    return voices


@pytest.mark.parametrize("rate_hz", [16_000, 48_000])
def test_wav_and_flac_hold_every_sample(rate_hz: int) -> None:
    """Bit for bit; the head of each says how long it is."""
    voices = speak(rate_hz)
    found, expected = voices.lay_out(), voices.hear()
    wav, flac = (
        b"".join(encode(form, found, voices.opening)) for form in (AudioFormat.WAV, AudioFormat.FLAC)
    )
    with wave.open(io.BytesIO(wav)) as opened:
        told = (opened.getframerate(), opened.getnchannels(), opened.getsampwidth(), opened.getnframes())

    assert (rate_hz, 1, 2, len(expected)) == told
    assert count_wav_bytes(found) == len(wav)
    assert len(flac) < len(wav)
    for file in (wav, flac):
        assert np.array_equal(expected, decode(file, rate_hz))
    with av.open(io.BytesIO(flac)) as container:
        assert len(expected) == container.streams.audio[0].duration


@pytest.mark.parametrize("rate_hz", [16_000, 48_000])
def test_opus_is_as_long_and_sounds_alike(rate_hz: int) -> None:
    """To the sample as long; what is heard is what was said, at its time, in a fifth of the bytes."""
    voices = speak(rate_hz)
    expected = voices.hear()
    file = b"".join(encode(AudioFormat.OPUS, voices.lay_out(), voices.opening))
    heard = decode(file, rate_hz)

    assert len(expected) == len(heard)
    assert 0.97 < np.corrcoef(expected, heard)[0, 1]
    assert len(file) < len(expected) * 2 / 5


@pytest.mark.parametrize("form", list(AudioFormat))
def test_the_same_is_asked_for_twice_and_is_the_same(form: AudioFormat) -> None:
    """No time, version or random number is in a file."""
    voices = speak()
    part = Part(from_ms=400, to_ms=1_100)
    first, second = (b"".join(encode(form, voices.lay_out(part), voices.opening)) for _ in range(2))

    assert first == second


@settings(max_examples=40, deadline=None)
@given(data=st.data())
def test_any_bytes_of_a_wav_are_those_of_the_whole(data: st.DataObject) -> None:
    """Within its head, across it, from the middle of a sample to the middle of another."""
    voices = Voices()
    voices.add("ann", noise(70_001), at_ms=3)
    found = voices.lay_out()
    whole = b"".join(encode(AudioFormat.WAV, found, voices.opening))
    first = data.draw(st.integers(0, len(whole) - 1) | st.integers(0, 60))
    last = data.draw(st.integers(first + 1, len(whole)) | st.just(first + 1))

    assert whole[first:last] == b"".join(read_wav(found, voices.opening, first, last))


def test_only_what_is_taken_is_read() -> None:
    """The first bytes of three hours cost no more than those of a minute."""
    voices = Voices()
    voices.add("ann", np.zeros(3 * 3_600 * 16_000, np.int16))
    file = encode(AudioFormat.FLAC, voices.lay_out(), voices.opening)
    next(file)
    next(read_wav(voices.lay_out(), voices.opening, 100_000_000, 300_000_000))

    assert 2 == voices.reads


def test_a_wav_that_would_be_too_long_is_refused() -> None:
    """Its head has no room for more than 4 GiB."""
    assert (1 << 32) + 6 == count_bytes((1 << 31) - 19)
    with pytest.raises(TooLarge, match="FLAC"):
        count_bytes((1 << 31) - 18)
