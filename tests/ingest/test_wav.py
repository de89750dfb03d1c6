"""WAV: written by others, cut anywhere, and lying."""

import io
import struct
import wave

import av
import numpy as np
import pytest
from hypothesis import given, settings
from numpy.typing import NDArray

from meeting_service.audio import Container
from meeting_service.errors import InvalidAudio
from meeting_service.ingest import make_decoder
from meeting_service.ingest.g711 import ALAW, MULAW
from tests.ingest.cuts import Sizes, decode, decode_until_error, pieces

NOISE = np.random.default_rng(4).integers(-32_768, 32_767, (3_000, 2)).astype(np.int16)
GUID_TAIL = bytes.fromhex("000000001000800000aa00389b71")


def fmt(
    tag: int = 1,
    channels: int = 2,
    rate_hz: int = 16_000,
    bits: int = 16,
    *,
    align: int | None = None,
    byte_rate: int | None = None,
    extra: bytes = b"",
) -> bytes:
    """A `fmt ` chunk, truthful unless told otherwise."""
    align = channels * bits // 8 if align is None else align
    byte_rate = rate_hz * align if byte_rate is None else byte_rate
    return chunk(b"fmt ", struct.pack("<HHIIHH", tag, channels, rate_hz, byte_rate, align, bits) + extra)


def chunk(name: bytes, content: bytes, size: int | None = None) -> bytes:
    """A RIFF chunk, padded to even."""
    size = len(content) if size is None else size
    return name + struct.pack("<I", size) + content + b"\0" * (len(content) % 2)


def wav(*chunks: bytes, riff: bytes = b"RIFF") -> bytes:
    """A file of these chunks."""
    content = b"WAVE" + b"".join(chunks)
    return riff + struct.pack("<I", min(len(content), 0xFFFFFFFF)) + content


def pcm_bytes(pcm: NDArray[np.int16] = NOISE) -> bytes:
    """Samples as WAV has them."""
    return pcm.astype("<i2").tobytes()


def read(body: bytes) -> NDArray[np.int16]:
    """Decode in one piece."""
    return decode(make_decoder(Container.WAV), [body])


def test_a_file_of_the_standard_library() -> None:
    """What Python's own writer writes comes back bit for bit, with its rate."""
    file = io.BytesIO()
    with wave.open(file, "wb") as writer:
        writer.setparams((2, 2, 44_100, 0, "NONE", ""))
        writer.writeframes(pcm_bytes())
    decoder = make_decoder(Container.WAV)

    assert np.array_equal(decode(decoder, [file.getvalue()]), NOISE)
    assert (decoder.rate_hz, decoder.channels) == (44_100, 2)


@pytest.mark.parametrize(
    "codec",
    ["pcm_u8", "pcm_s16le", "pcm_s24le", "pcm_s32le", "pcm_f32le", "pcm_f64le", "pcm_mulaw", "pcm_alaw"],
)
def test_files_of_ffmpeg(codec: str) -> None:
    """Every sample format FFmpeg writes is read, to the precision it has; LIST chunks included."""
    file = io.BytesIO()
    with av.open(file, "w", format="wav") as writer:
        stream = writer.add_stream(codec, rate=16_000, layout="stereo")
        frame = av.AudioFrame.from_ndarray(NOISE.reshape(1, -1), format="s16", layout="stereo")
        frame.sample_rate = 16_000
        writer.mux(stream.encode(frame))
        writer.mux(stream.encode(None))
    step = {"pcm_u8": 256, "pcm_mulaw": 1_024, "pcm_alaw": 1_024}.get(codec, 0)
    ours = read(file.getvalue())

    assert ours.shape == NOISE.shape
    assert np.abs(ours.astype(int) - NOISE).max() <= step


@settings(deadline=None)
@given(Sizes)
def test_any_cut_gives_the_same_samples(sizes: list[int]) -> None:
    """Cut within the header, within a skipped chunk or within a sample: the same samples."""
    body = wav(chunk(b"LIST", b"odd" * 333), fmt(), chunk(b"fact", bytes(4)), chunk(b"data", pcm_bytes()))

    assert np.array_equal(decode(make_decoder(Container.WAV), pieces(body, sizes)), NOISE)


@pytest.mark.parametrize("size", [0, 0xFFFFFFFF, 0x7FFFFFF0])
def test_streams_do_not_know_their_size(size: int) -> None:
    """A size of nothing, of all ones or beyond what comes means until the end."""
    assert np.array_equal(read(wav(fmt(), chunk(b"data", pcm_bytes(), size))), NOISE)


def test_what_follows_the_data_is_no_audio() -> None:
    """Chunks after the samples are left out."""
    assert np.array_equal(read(wav(fmt(), chunk(b"data", pcm_bytes()), chunk(b"LIST", b"x" * 99))), NOISE)


def test_big_files() -> None:
    """RF64 has its size in a chunk of its own."""
    ds64 = chunk(b"ds64", struct.pack("<QQQI", 0, len(pcm_bytes()), len(NOISE), 0))
    body = wav(ds64, fmt(), chunk(b"data", pcm_bytes(), 0xFFFFFFFF), chunk(b"LIST", b"x" * 99), riff=b"RF64")

    assert np.array_equal(read(body), NOISE)


def test_extended_formats() -> None:
    """The extended header names the same formats by a longer name."""
    extension = struct.pack("<HHI", 22, 16, 3) + struct.pack("<H", 1) + GUID_TAIL
    body = wav(fmt(0xFFFE, extra=extension), chunk(b"data", pcm_bytes()))

    assert np.array_equal(read(body), NOISE)
    with pytest.raises(InvalidAudio, match="extended format"):
        read(wav(fmt(0xFFFE, extra=extension[:-1] + b"?"), chunk(b"data", b"")))
    with pytest.raises(InvalidAudio, match="extended format"):
        read(wav(fmt(0xFFFE), chunk(b"data", b"")))


@pytest.mark.parametrize(("tag", "table"), [(7, MULAW), (6, ALAW)])
def test_telephone_formats(tag: int, table: NDArray[np.int16]) -> None:
    """Mu-law and A-law in WAV."""
    body = wav(fmt(tag, channels=1, rate_hz=8_000, bits=8), chunk(b"data", bytes(range(256))))

    assert np.array_equal(read(body)[:, 0], table)


def test_a_sample_cut_short_at_the_end_is_left_out() -> None:
    """A stream that stops within a sample is taken up to the one before."""
    body = wav(fmt(), chunk(b"data", pcm_bytes(), 0))

    assert np.array_equal(read(body[:-3]), NOISE[:-1])


def test_an_empty_file_is_empty() -> None:
    """A header and nothing else is no error."""
    assert len(read(wav(fmt(), chunk(b"data", b"")))) == 0


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"this is a text file that somebody named WAV", "looks like text"),
        (b"hello", "looks like text"),
        (b"", "it is empty"),
        (b"fLaC" + bytes(40), "looks like FLAC"),
        (b"RIFF\0\0\0\0AVI LIST", "RIFF, but not WAVE"),
        (bytes(60), "begins with 00 00"),
        (wav(fmt())[:30], "ends after 30 bytes, inside its header"),
        (wav(chunk(b"data", pcm_bytes())), "no fmt chunk"),
        (wav(fmt(rate_hz=0)), "0 Hz is outside 8000 to 96000"),
        (wav(fmt(rate_hz=1_000_000_000, byte_rate=0)), "1000000000 Hz is outside"),
        (wav(fmt(channels=0)), "0 channels are outside 1 to 64"),
        (wav(fmt(channels=200)), "200 channels are outside 1 to 64"),
        (wav(fmt(align=3)), "3 bytes per sample of all channels, but its other fields make 4"),
        (wav(fmt(byte_rate=7)), "7 bytes per second, but its other fields make 64000"),
        (wav(fmt(bits=12, align=4)), "format 1 at 12 bits is not read here"),
        (wav(fmt(tag=85)), "format 85"),
        (wav(chunk(b"fmt ", bytes(10))), "10 bytes; 16 are the least"),
        (wav(chunk(b"fmt ", b"", 0x7FFFFFFF)), "chunk of 2147483647 bytes"),
    ],
)
def test_what_is_wrong_is_said(body: bytes, words: str) -> None:
    """A text called WAV and every kind of lie in a header: refused, in words."""
    with pytest.raises(InvalidAudio, match=words):
        read(body)


def test_no_numbers_in_float_files() -> None:
    """A NaN ends the file after the samples before it."""
    values = (NOISE / np.float32(32_768)).astype("<f4")
    values[1_500, 1] = np.nan
    body = wav(fmt(3, bits=32), chunk(b"data", values.tobytes()))
    for cut in (len(body), 777):
        decoded, error = decode_until_error(make_decoder(Container.WAV), pieces(body, [cut]))
        assert np.array_equal(decoded, NOISE[:1_500])
        assert "sample 1500, channel 1" in str(error)


def test_a_huge_chunk_before_the_samples_is_not_kept() -> None:
    """Skipping holds nothing in memory, whatever size the chunk says it has."""
    decoder = make_decoder(Container.WAV)
    decoder.feed(wav(chunk(b"junk", b"", 0xFFFFFFFE)))
    for _ in range(100):
        assert decoder.feed(bytes(100_000)) == []

    with pytest.raises(InvalidAudio, match="inside its header"):
        decoder.finish()
