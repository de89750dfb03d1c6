"""Media types."""

import pytest

from meeting_service.audio import Container, Encoding, RawFormat
from meeting_service.errors import InvalidAudio, UnsupportedMedia
from meeting_service.ingest import make_raw_format, parse_media_type


@pytest.mark.parametrize(
    ("content_type", "raw_format"),
    [
        ("audio/L16;rate=16000;channels=1", RawFormat(Encoding.S16BE, 16_000)),
        ("audio/l16; rate=8000", RawFormat(Encoding.S16BE, 8_000)),
        ("audio/pcm;rate=48000;encoding=s16le;channels=2", RawFormat(Encoding.S16LE, 48_000, 2)),
        ("audio/pcm;rate=48000", RawFormat(Encoding.S16LE, 48_000)),
        ('AUDIO/PCM ; Rate="44100" ; ENCODING="F32LE"', RawFormat(Encoding.F32LE, 44_100)),
        ("audio/pcm;rate=96000;encoding=s16be;channels=64", RawFormat(Encoding.S16BE, 96_000, 64)),
        ("audio/pcm;rate=8000;encoding=mulaw", RawFormat(Encoding.MULAW, 8_000)),
        ("audio/pcm;rate=8000;encoding=alaw", RawFormat(Encoding.ALAW, 8_000)),
        ("audio/PCMU", RawFormat(Encoding.MULAW, 8_000)),
        ("audio/PCMA;rate=16000;channels=2", RawFormat(Encoding.ALAW, 16_000, 2)),
        ("audio/basic", RawFormat(Encoding.MULAW, 8_000)),
    ],
)
def test_raw_formats(content_type: str, raw_format: RawFormat) -> None:
    """Raw PCM is what its parameters say; case, spaces and quotes do not matter."""
    assert parse_media_type(content_type) == raw_format


@pytest.mark.parametrize(
    ("content_type", "container"),
    [
        ("audio/wav", Container.WAV),
        ("audio/x-wav;codecs=1", Container.WAV),
        ("audio/wave", Container.WAV),
        ("audio/vnd.wave", Container.WAV),
        ("Audio/FLAC", Container.FLAC),
        ("audio/x-flac", Container.FLAC),
        ('audio/ogg; codecs="opus"', Container.OGG),
        ("application/ogg", Container.OGG),
        ("audio/opus", Container.OGG),
        ("audio/webm;codecs=opus", Container.WEBM),
        ("video/webm", Container.WEBM),
        ("audio/mpeg", Container.MP3),
        ("audio/mp3", Container.MP3),
    ],
)
def test_containers(content_type: str, container: Container) -> None:
    """Files are known by every name that is in use for them."""
    assert parse_media_type(content_type) is container


@pytest.mark.parametrize(
    "content_type",
    [None, "", "   ", ";rate=8000", "text/plain", "application/octet-stream", "audio/midi", "x" * 9_999],
)
def test_what_is_not_spoken_is_told_what_is(content_type: str | None) -> None:
    """A missing or unknown type is answered with the list of those that would do, in few words."""
    with pytest.raises(UnsupportedMedia, match="audio/flac") as refused:
        parse_media_type(content_type)
    assert len(refused.value.detail) < 500


@pytest.mark.parametrize(
    "parameters",
    [
        "",
        ";rate=",
        ";rate=0",
        ";rate=1000000000",
        ";rate=7999",
        ";rate=96001",
        ";rate=-8000",
        ";rate=16k",
        ";rate=१६०००",
    ],
)
def test_impossible_rates(parameters: str) -> None:
    """No rate, none that is a number and none that is in the range: each says the range."""
    with pytest.raises(InvalidAudio, match="8000 to 96000"):
        parse_media_type(f"audio/pcm{parameters}")


@pytest.mark.parametrize("channels", ["0", "65", "200", "two", "", "1e1"])
def test_impossible_channels(channels: str) -> None:
    """A number of channels that cannot be says the range."""
    with pytest.raises(InvalidAudio, match="1 to 64"):
        parse_media_type(f"audio/L16;rate=16000;channels={channels}")


def test_unknown_encodings() -> None:
    """An encoding nobody knows is answered with those that are known."""
    with pytest.raises(UnsupportedMedia, match="s16le, s16be, f32le, mulaw, alaw"):
        parse_media_type("audio/pcm;rate=8000;encoding=adpcm")


def test_formats_of_protocol_messages() -> None:
    """The same checks for a format that comes as fields."""
    assert make_raw_format("f32le", 48_000, 2) == RawFormat(Encoding.F32LE, 48_000, 2)
    with pytest.raises(InvalidAudio, match="8000 to 96000"):
        make_raw_format("s16le", 0)
    with pytest.raises(InvalidAudio, match="1 to 64"):
        make_raw_format("s16le", 16_000, 200)
    with pytest.raises(UnsupportedMedia, match="mulaw"):
        make_raw_format("opus", 16_000)
