"""Raw PCM, cut anywhere."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from meeting_service.audio import Encoding, RawFormat
from meeting_service.errors import InvalidAudio
from meeting_service.ingest import make_decoder
from meeting_service.ingest.g711 import ALAW, MULAW
from tests.ingest.cuts import Sizes, decode, decode_until_error, pieces

NOISE = np.random.default_rng(3).integers(-32_768, 32_767, (5_000, 3)).astype(np.int16)
WIRE_DTYPES = {Encoding.S16LE: "<i2", Encoding.S16BE: ">i2"}


@settings(deadline=None)
@given(st.sampled_from(list(WIRE_DTYPES)), st.integers(1, 3), Sizes)
def test_any_cut_gives_the_same_samples(encoding: Encoding, channels: int, sizes: list[int]) -> None:
    """Pieces may end within a sample, or be empty: nothing is lost, doubled or shifted."""
    pcm = NOISE[:, :channels]
    body = pcm.astype(WIRE_DTYPES[encoding]).tobytes()
    decoder = make_decoder(RawFormat(encoding, 48_000, channels))

    assert np.array_equal(decode(decoder, pieces(body, sizes)), pcm)


@settings(deadline=None)
@given(st.integers(1, 11))
def test_an_unfinished_sample_goes_on_in_the_next_body(cut: int) -> None:
    """The remainder of one decoder is the tail of the next one."""
    body = NOISE[:2].astype("<i2").tobytes()
    raw_format = RawFormat(Encoding.S16LE, 16_000, 3)
    first, second = make_decoder(raw_format), None
    decoded = first.feed(body[:cut])
    assert first.finish() == []
    second = make_decoder(raw_format, tail=first.remainder)
    decoded += second.feed(body[cut:])

    assert len(first.remainder) == cut % 6
    assert second.remainder == b""
    assert np.array_equal(np.concatenate(decoded), NOISE[:2])


def test_telephone_encodings() -> None:
    """Mu-law and A-law are one byte a sample."""
    body = bytes(range(256))

    assert np.array_equal(decode(make_decoder(RawFormat(Encoding.MULAW, 8_000)), [body])[:, 0], MULAW)
    assert np.array_equal(decode(make_decoder(RawFormat(Encoding.ALAW, 8_000)), [body])[:, 0], ALAW)


def test_the_format_is_known_at_once() -> None:
    """Nothing needs to be read to know rate and channels."""
    decoder = make_decoder(RawFormat(Encoding.F32LE, 44_100, 2))

    assert (decoder.rate_hz, decoder.channels, decoder.pending) == (44_100, 2, False)


@settings(deadline=None)
@given(st.integers(0, 400), st.sampled_from([np.nan, np.inf, -np.inf]), Sizes)
def test_no_number_ends_the_body_after_what_was_good(at: int, bad: float, sizes: list[int]) -> None:
    """The samples before it are delivered, all of them, and the error says which one it was."""
    values = (NOISE[:201, :2] / np.float32(32_768)).astype("<f4").reshape(-1)
    values[at] = bad
    decoded, error = decode_until_error(
        make_decoder(RawFormat(Encoding.F32LE, 48_000, 2)), pieces(values.tobytes(), sizes)
    )

    assert np.array_equal(decoded, NOISE[: at // 2, :2])
    assert isinstance(error, InvalidAudio)
    assert f"sample {at // 2}, channel {at % 2} is not a finite number" == error.detail


def test_no_number_at_the_start_is_told_at_once() -> None:
    """With nothing good to return, the call itself says what is wrong; with something, `pending` says so."""
    nan = np.array([np.nan], "<f4").tobytes()
    with pytest.raises(InvalidAudio, match=r"^sample 0 is not a finite number$"):
        make_decoder(RawFormat(Encoding.F32LE, 48_000)).feed(nan)

    decoder = make_decoder(RawFormat(Encoding.F32LE, 48_000))
    assert len(decoder.feed(bytes(8) + nan)[0]) == 2
    assert decoder.pending
    with pytest.raises(InvalidAudio, match="sample 2"):
        decoder.finish()


def test_empty_bodies() -> None:
    """No bytes are no samples, and no error."""
    decoder = make_decoder(RawFormat(Encoding.S16LE, 16_000))

    assert decoder.feed(b"") == []
    assert decoder.finish() == []
