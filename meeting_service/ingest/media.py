"""Media types: from a `Content-Type` to a format."""

import re
from collections.abc import Mapping

from meeting_service.audio import MAX_CHANNELS, MAX_RATE_HZ, MIN_RATE_HZ, Container, Encoding, RawFormat
from meeting_service.errors import InvalidAudio, UnsupportedMedia

SPOKEN = (
    "audio/pcm;rate=R;encoding=s16le|s16be|f32le|mulaw|alaw;channels=C, audio/L16;rate=R;channels=C, "
    "audio/PCMU, audio/PCMA, audio/basic, audio/wav, audio/flac, audio/ogg, audio/webm, audio/mpeg"
)

_CONTAINERS = {
    "audio/wav": Container.WAV,
    "audio/wave": Container.WAV,
    "audio/x-wav": Container.WAV,
    "audio/vnd.wave": Container.WAV,
    "audio/flac": Container.FLAC,
    "audio/x-flac": Container.FLAC,
    "audio/ogg": Container.OGG,
    "audio/opus": Container.OGG,
    "application/ogg": Container.OGG,
    "audio/webm": Container.WEBM,
    "video/webm": Container.WEBM,
    "audio/mpeg": Container.MP3,
    "audio/mp3": Container.MP3,
}

_TELEPHONY_RATE_HZ = 8_000
_ENCODINGS = {encoding.value: encoding for encoding in Encoding} | {
    "ulaw": Encoding.MULAW,
    "pcmu": Encoding.MULAW,
    "pcma": Encoding.ALAW,
}
_PARAMETER = re.compile(r';\s*([^\s=;"]+)\s*=\s*("(?:[^"\\]|\\.)*"|[^;"]*)')


def parse_media_type(content_type: str | None) -> RawFormat | Container:
    """What a body with this `Content-Type` is. Case does not matter, values may be quoted.

    Raises:
        UnsupportedMedia: missing, or nothing that is spoken here.
        InvalidAudio: raw PCM at a rate or with channels that cannot be.
    """
    essence = (content_type or "").partition(";")[0].strip().lower()
    if not essence:
        raise UnsupportedMedia(f"the content type is missing; spoken here: {SPOKEN}")
    if essence in _CONTAINERS:
        return _CONTAINERS[essence]
    parameters = _parse_parameters(content_type or "")
    match essence:
        case "audio/l16":
            return _raw_format(Encoding.S16BE, parameters)
        case "audio/pcm":
            return _raw_format(_parse_encoding(parameters.get("encoding", "s16le")), parameters)
        case "audio/pcmu":
            return _raw_format(Encoding.MULAW, parameters, _TELEPHONY_RATE_HZ)
        case "audio/pcma":
            return _raw_format(Encoding.ALAW, parameters, _TELEPHONY_RATE_HZ)
        case "audio/basic":
            return RawFormat(Encoding.MULAW, _TELEPHONY_RATE_HZ)
    raise UnsupportedMedia(f"{_quote(essence)} is not spoken here; what is: {SPOKEN}")


def make_raw_format(encoding: str, rate_hz: int, channels: int = 1) -> RawFormat:
    """Raw PCM as a protocol message describes it.

    Raises:
        UnsupportedMedia: an unknown encoding.
        InvalidAudio: a rate or a number of channels that cannot be.
    """
    check_rate(rate_hz)
    check_channels(channels)
    return RawFormat(_parse_encoding(encoding), rate_hz, channels)


def check_rate(rate_hz: int) -> None:
    """Refuse what nobody records speech at."""
    if not MIN_RATE_HZ <= rate_hz <= MAX_RATE_HZ:
        raise InvalidAudio(f"a rate of {rate_hz} Hz is outside {MIN_RATE_HZ} to {MAX_RATE_HZ}")


def check_channels(channels: int) -> None:
    """Refuse what nobody has microphones for."""
    if not 1 <= channels <= MAX_CHANNELS:
        raise InvalidAudio(f"{channels} channels are outside 1 to {MAX_CHANNELS}")


def _raw_format(
    encoding: Encoding, parameters: Mapping[str, str], default_rate_hz: int | None = None
) -> RawFormat:
    rate_hz = default_rate_hz
    if "rate" in parameters or rate_hz is None:
        rate_hz = _parse_number(parameters, "rate", f"{MIN_RATE_HZ} to {MAX_RATE_HZ} Hz")
    channels = (
        _parse_number(parameters, "channels", f"1 to {MAX_CHANNELS}") if "channels" in parameters else 1
    )
    check_rate(rate_hz)
    check_channels(channels)
    return RawFormat(encoding, rate_hz, channels)


def _parse_parameters(content_type: str) -> dict[str, str]:
    """Parameters by lower-case name; the first of a name counts."""
    parameters: dict[str, str] = {}
    for name, value in _PARAMETER.findall(content_type):
        bare = re.sub(r"\\(.)", r"\1", value[1:-1]) if value.startswith('"') else value.strip()
        parameters.setdefault(name.lower(), bare)
    return parameters


def _parse_number(parameters: Mapping[str, str], name: str, allowed: str) -> int:
    value = parameters.get(name)
    if value is None:
        raise InvalidAudio(f"raw PCM needs its {name}, {allowed}")
    if not re.fullmatch(r"[0-9]{1,12}", value):
        raise InvalidAudio(f"{name}={_quote(value)} is not a number; it may be {allowed}")
    return int(value)


def _parse_encoding(name: str) -> Encoding:
    encoding = _ENCODINGS.get(name.lower())
    if encoding is None:
        known = ", ".join(Encoding)
        raise UnsupportedMedia(f"encoding {_quote(name)} is not spoken here; what is: {known}")
    return encoding


def _quote(text: str) -> str:
    return repr(text if len(text) <= 60 else f"{text[:60]}…")
