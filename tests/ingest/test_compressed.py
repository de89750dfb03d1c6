"""Compressed bodies: real files of real encoders, cut anywhere, damaged, lying and endless."""

import gc
import threading
import weakref

import numpy as np
import pytest
from hypothesis import given, settings
from numpy.typing import NDArray

from meeting_service.audio import Container
from meeting_service.errors import InvalidAudio, TooLarge
from meeting_service.ingest import make_decoder
from tests.ingest.cuts import Sizes, decode, decode_until_error, pieces
from tests.ingest.files import encode, encode_with_a_pause, speech_like

STEREO = speech_like(60_000, 2)
MONO = speech_like(144_000)
LOSSY = [Container.OGG, Container.WEBM, Container.MP3]
COMPRESSED = [Container.FLAC, *LOSSY]


def likeness(ours: NDArray[np.int16], original: NDArray[np.int16]) -> float:
    """Correlation of the first channel, at no shift at all."""
    length = min(len(ours), len(original))
    return float(np.corrcoef(ours[:length, 0], original[:length, 0])[0, 1])


@pytest.fixture(scope="module")
def bodies() -> dict[Container, bytes]:
    """The same audio in each container."""
    return {container: encode(container, MONO) for container in COMPRESSED}


@pytest.mark.parametrize("rate_hz", [8_000, 44_100, 96_000])
@pytest.mark.parametrize("channels", [1, 2, 6])
def test_flac_is_lossless(rate_hz: int, channels: int) -> None:
    """16-bit FLAC comes back bit for bit, at its own rate, every channel in its place."""
    pcm = speech_like(20_000, channels, rate_hz)
    decoder = make_decoder(Container.FLAC)

    assert np.array_equal(decode(decoder, [encode(Container.FLAC, pcm, rate_hz)]), pcm)
    assert (decoder.rate_hz, decoder.channels) == (rate_hz, channels)


def test_flac_of_24_bits_is_rounded() -> None:
    """Wider FLAC keeps its upper 16 bits."""
    body = encode(Container.FLAC, STEREO, bits_per_raw_sample="24", sample_fmt="s32")

    assert np.abs(decode(make_decoder(Container.FLAC), [body]).astype(int) - STEREO).max() <= 1


@settings(max_examples=15, deadline=None)
@given(Sizes)
def test_any_cut_of_flac_gives_the_same_samples(sizes: list[int]) -> None:
    """However a lossless file is cut, the samples are the original's."""
    pcm = STEREO[:6_000]
    body = encode(Container.FLAC, pcm)

    assert np.array_equal(decode(make_decoder(Container.FLAC), pieces(body, sizes)), pcm)


@pytest.mark.parametrize("container", LOSSY)
@pytest.mark.parametrize("size", [1_000, 77, 100_000])
def test_any_cut_of_a_lossy_file_gives_the_same_samples(
    bodies: dict[Container, bytes], container: Container, size: int
) -> None:
    """Cutting makes no difference to lossy files either, and they are like the original, in time."""
    whole = decode(make_decoder(container), [bodies[container]])
    cut = decode(make_decoder(container), pieces(bodies[container], [size]))

    assert np.array_equal(cut, whole)
    assert likeness(whole, MONO) > 0.95
    assert abs(len(whole) - len(MONO)) <= 1_152


@pytest.mark.parametrize("container", [Container.OGG, Container.WEBM])
def test_opus_has_exactly_its_samples(bodies: dict[Container, bytes], container: Container) -> None:
    """The encoder's lead-in and padding are gone."""
    assert len(decode(make_decoder(container), [bodies[container]])) == len(MONO)


@pytest.mark.parametrize("container", COMPRESSED)
def test_live_streams_are_decoded_as_they_come(container: Container) -> None:
    """Without an end, and with an encoder that never went back, samples come long before the last byte."""
    body = encode(container, MONO, live=True)
    decoder = make_decoder(container)
    early = sum(len(pcm) for part in pieces(body[: len(body) * 2 // 3], [700]) for pcm in decoder.feed(part))
    decoder.close()

    assert early > len(MONO) // 4
    assert abs(len(decode(make_decoder(container), [body])) - len(MONO)) <= 2_304


def test_vorbis_in_ogg() -> None:
    """Ogg may hold Vorbis."""
    body = encode(Container.OGG, STEREO, codec="vorbis", strict="experimental")

    assert likeness(decode(make_decoder(Container.OGG), [body]), STEREO) > 0.95


def test_a_truncated_flac_delivers_what_it_has() -> None:
    """All whole frames before the cut are returned; then the error says how much was read."""
    body = encode(Container.FLAC, STEREO)
    decoded, error = decode_until_error(
        make_decoder(Container.FLAC), pieces(body[: len(body) * 7 // 10], [500])
    )

    assert len(decoded) > len(STEREO) // 2
    assert np.array_equal(decoded, STEREO[: len(decoded)])
    assert isinstance(error, InvalidAudio)
    assert f"{len(decoded)} samples" in error.detail


def test_a_flac_cut_between_frames_is_noticed() -> None:
    """A clean cut is one too: the header announced more."""
    body = encode(Container.FLAC, STEREO)
    last_frame = body.rindex(b"\xff\xf8")
    decoded, error = decode_until_error(make_decoder(Container.FLAC), [body[:last_frame]])

    assert np.array_equal(decoded, STEREO[: len(decoded)])
    assert "60000 samples were announced" in str(error)


def test_a_damaged_flac_ends_where_the_damage_is() -> None:
    """One flipped bit is found; nothing that follows is put in its place."""
    body = bytearray(encode(Container.FLAC, STEREO))
    body[len(body) // 2] ^= 1
    decoded, error = decode_until_error(make_decoder(Container.FLAC), [bytes(body)])

    assert 10_000 < len(decoded) < 40_000
    assert np.array_equal(decoded, STEREO[: len(decoded)])
    assert f"{len(decoded)} samples" in str(error)


@pytest.mark.parametrize("container", [Container.OGG, Container.WEBM])
def test_truncated_files_are_noticed(bodies: dict[Container, bytes], container: Container) -> None:
    """An Ogg that ends within a page and a WebM shorter than it says: what was there, then the error."""
    body = bodies[container]
    decoded, error = decode_until_error(make_decoder(container), pieces(body[: len(body) * 7 // 10], [3_000]))

    assert len(decoded) > len(MONO) // 2
    assert isinstance(error, InvalidAudio)
    assert "cut short after" in error.detail
    assert f"{len(decoded)} samples" in error.detail


def test_after_the_end_either_call_raises_what_is_wrong() -> None:
    """Whoever fetches what is pending after `finish` by `feed` learns of the missing end too."""
    decoder = make_decoder(Container.FLAC)
    decoder.feed(encode(Container.FLAC, STEREO)[:-300])
    assert decoder.finish()
    assert decoder.pending
    with pytest.raises(InvalidAudio, match="cut short"):
        decoder.feed(b"")
    decoder.close()


def test_a_damaged_ogg_page_is_silence() -> None:
    """A page that fails its checksum leaves silence of its length: what follows stays in its place."""
    body = bytearray(encode(Container.OGG, speech_like(240_000)))
    body[len(body) // 2] ^= 0xFF
    whole = decode(make_decoder(Container.OGG), [encode(Container.OGG, speech_like(240_000))])
    decoded = decode(make_decoder(Container.OGG), [bytes(body)])

    assert len(decoded) == len(whole)
    assert np.array_equal(decoded[-40_000:], whole[-40_000:])
    assert (decoded == 0).all(axis=1).sum() > 40_000


@pytest.mark.parametrize("container", COMPRESSED)
@pytest.mark.parametrize("length", [12, 60, 200])
def test_files_that_end_in_their_header(
    bodies: dict[Container, bytes], container: Container, length: int
) -> None:
    """Not enough for one sample: an error, not an empty answer."""
    with pytest.raises(InvalidAudio):
        decode(make_decoder(container), [bodies[container][:length]])


@pytest.mark.parametrize("container", COMPRESSED)
def test_garbage_after_the_first_bytes(bodies: dict[Container, bytes], container: Container) -> None:
    """A body that only begins like a file is refused."""
    garbage = np.random.default_rng(5).bytes(30_000)
    with pytest.raises(InvalidAudio):
        decode(make_decoder(container), pieces(bodies[container][:40] + garbage, [4_096]))


@pytest.mark.parametrize(
    ("container", "body", "words"),
    [
        (Container.FLAC, b"OggS" + bytes(40), "announced as FLAC, but it looks like Ogg"),
        (Container.OGG, b"RIFF\0\0\0\0WAVEfmt ", "announced as Ogg, but it looks like WAV"),
        (Container.MP3, b"#EXTM3U\nhttp://example.org/a.mp3", "announced as MP3, but it looks like text"),
        (
            Container.WEBM,
            b"\0\0\0\x20ftypisom" + bytes(20),
            "announced as WebM or Matroska, but it looks like MP4",
        ),
        (Container.FLAC, b"fL", "announced as FLAC, but it looks like text"),
        (Container.FLAC, b"", "announced as FLAC, but it is empty"),
    ],
)
def test_the_content_is_what_it_was_announced_as(container: Container, body: bytes, words: str) -> None:
    """A content type that does not fit the first bytes is refused, with what they look like."""
    with pytest.raises(InvalidAudio, match=words):
        decode(make_decoder(container), [body[:1], body[1:]])


def test_rates_and_channels_nobody_speaks_in() -> None:
    """A file beyond the limits is refused by its first samples."""
    with pytest.raises(InvalidAudio, match="192000 Hz is outside 8000 to 96000"):
        decode(make_decoder(Container.FLAC), [encode(Container.FLAC, STEREO, 192_000)])


def test_codecs_nobody_allowed() -> None:
    """A container with another codec in it is refused before its decoder is opened."""
    body = encode(Container.WEBM, STEREO, codec="libopus").replace(b"A_OPUS", b"A_AAC\0")
    with pytest.raises(InvalidAudio, match="aac is not read here, but with opus or vorbis"):
        decode(make_decoder(Container.WEBM), [body])


def test_a_bomb_is_stopped_by_its_duration() -> None:
    """Ten minutes of silence in a few kilobytes end at the longest that is allowed."""
    silence = np.zeros((600 * 8_000, 1), np.int16)
    body = encode(Container.FLAC, silence, 8_000)
    decoded, error = decode_until_error(make_decoder(Container.FLAC, max_s=60), pieces(body, [4_096]))

    assert len(body) * 50 < silence.nbytes
    assert 59 * 8_000 < len(decoded) <= 60 * 8_000
    assert isinstance(error, TooLarge)
    assert "more than 60 s" in error.detail


@pytest.mark.parametrize("junk", [b"TAG" + bytes(125), bytes(5_000), b"APETAGEX" + bytes(100)])
def test_tags_and_padding_of_an_mp3_are_passed_over(bodies: dict[Container, bytes], junk: bytes) -> None:
    """What people's files have after the audio, and between two that were joined, is no error."""
    body = bodies[Container.MP3]
    whole = decode(make_decoder(Container.MP3), [body])

    assert np.array_equal(decode(make_decoder(Container.MP3), [body + junk]), whole)
    assert len(decode(make_decoder(Container.MP3), [body + junk + body])) > 1.9 * len(whole)


@pytest.mark.parametrize("container", [Container.FLAC, Container.WEBM, Container.MP3])
def test_titles_in_no_known_alphabet_are_no_error(container: Container) -> None:
    """Tags that are not valid UTF-8 do not keep anybody from being heard."""
    body = encode(container, MONO, title="placeholder").replace(b"placeholder", b"\xff\xfe\xc3(" + bytes(7))

    assert likeness(decode(make_decoder(container), [body]), MONO) > 0.95


def test_a_clock_that_jumps_is_silence_of_that_length() -> None:
    """A WebM whose encoder left silence out has it back, and what follows is in its place."""
    decoded = decode(make_decoder(Container.WEBM), [encode_with_a_pause(pause_s=2.0)])

    assert abs(len(decoded) - (1 + 2 + 1) * 48_000) < 4_000
    assert not decoded[60_000:140_000].any()
    assert decoded[150_000:180_000].any()


def test_a_clock_that_jumps_too_far_is_refused() -> None:
    """A jump of a day does not make a day of zeros."""
    decoded, error = decode_until_error(
        make_decoder(Container.WEBM, max_s=100.0), [encode_with_a_pause(pause_s=80_000.0)]
    )

    assert len(decoded) < 60_000
    assert isinstance(error, TooLarge)


def test_closing_ends_the_thread() -> None:
    """In the middle of a body, before its first byte and twice: closing leaves no thread behind."""
    before = threading.active_count()
    body = encode(Container.FLAC, STEREO)
    decoder = make_decoder(Container.FLAC)
    decoder.feed(body[:20_000])
    decoder.close()
    decoder.close()
    make_decoder(Container.OGG).close()

    assert threading.active_count() == before


def test_a_dropped_decoder_ends_its_thread() -> None:
    """Who forgets to close does not keep a thread for ever."""
    decoder = make_decoder(Container.FLAC)
    decoder.feed(encode(Container.FLAC, STEREO)[:20_000])
    thread = next(thread for thread in threading.enumerate() if thread.name == "audio-decoder")
    del decoder
    thread.join(timeout=10)

    assert not thread.is_alive()


def test_a_failed_decoder_is_let_go() -> None:
    """An error and its traceback keep nothing alive once nobody asks any more."""
    decoder = make_decoder(Container.FLAC)
    with pytest.raises(InvalidAudio):
        decode(decoder, [encode(Container.FLAC, STEREO)[:-300]])
    dropped = weakref.ref(decoder)
    del decoder
    gc.collect()

    assert dropped() is None
