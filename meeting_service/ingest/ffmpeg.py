"""FFmpeg, through PyAV: one body of one container to int16. The only place that decodes.

It is told which demuxer to use, gets its bytes from us alone, and may open only the decoders listed here:
no playlists, no addresses, no pictures.
"""

from collections.abc import Callable, Iterator
from typing import Protocol

import av
import av.error
import numpy as np
from numpy.typing import NDArray

from meeting_service.audio import Container
from meeting_service.errors import InvalidAudio, TooLarge
from meeting_service.ingest.magic import name_of
from meeting_service.ingest.media import check_channels, check_rate
from meeting_service.ingest.samples import NotFinite, float_to_int16, int32_to_int16

_DEMUXERS = {
    Container.FLAC: "flac",
    Container.OGG: "ogg",
    Container.WEBM: "matroska",
    Container.MP3: "mp3",
}
_CODECS = {
    Container.FLAC: ("flac",),
    Container.OGG: ("opus", "vorbis", "flac"),
    Container.WEBM: ("opus", "vorbis"),
    Container.MP3: ("mp3", "mp3float"),
}
_STRICT = {"err_detect": "crccheck+explode"}
_TAGS = {"metadata_errors": "replace"} if int(av.__version__.split(".")[0]) < 19 else {}
"""titles that are not valid UTF-8 are no error; PyAV 19 takes them by itself"""
_HOLE_S = 0.1
"""less than this is a clock that drifts, not audio that is missing"""
_BLOCK_VALUES = 1 << 20


class Source(Protocol):
    """Where FFmpeg reads from."""

    def read(self, size: int) -> bytes:
        """Up to `size` bytes; none at the end."""
        ...


PutOut = Callable[[NDArray[np.int16]], None]


class Decoding:
    """One run through one body. Everything in it belongs to the thread that calls `run`."""

    def __init__(self, container: Container, put_out: PutOut, max_s: float) -> None:
        self._container = container
        self._put_out = put_out
        self._max_s = max_s
        self._origin = 0
        """the container's time, in samples, at which our count began"""
        self.samples = 0
        self.rate_hz: int | None = None
        self.channels: int | None = None

    def run(self, source: Source) -> None:
        """Decode until the end, putting out `(samples, channels)`.

        Raises:
            InvalidAudio: it cannot be decoded, is not speech-like in rate or channels, or lacks samples.
            TooLarge: it is longer than it may be.
        """
        try:
            self._decode(source)
        except av.error.EOFError as error:
            raise InvalidAudio(f"the {name_of(self._container)} ends before any audio") from error
        except (av.error.FFmpegError, OSError, NotFinite) as error:
            raise self._damaged("is damaged or cut short") from error

    def _decode(self, source: Source) -> None:
        options = _STRICT | {
            "codec_whitelist": ",".join(_CODECS[self._container]),
            "analyzeduration": "1",  # microseconds; each frame tells what is needed
        }
        with av.open(
            source,
            format=_DEMUXERS[self._container],
            options=options,
            **_TAGS,
        ) as opened:
            stream = self._find_stream(opened)
            stream.codec_context.thread_count = 1
            stream.codec_context.options = _STRICT
            for packet in opened.demux(stream):
                for frame in self._decode_packet(packet):
                    self._take(frame)
            if self._container is Container.FLAC and self.samples < (stream.duration or 0):
                raise self._damaged(f"is cut short: {stream.duration} samples were announced")
            if not self.samples:
                raise InvalidAudio(f"the {name_of(self._container)} holds no audio")

    def _decode_packet(self, packet: av.Packet) -> list[av.AudioFrame]:
        """Its frames. Between the frames of an MP3 there may be tags and padding: they are passed over."""
        try:
            return list(packet.decode())
        except av.error.InvalidDataError:
            if self._container is Container.MP3:
                return []
            raise

    def _find_stream(self, opened: av.container.InputContainer) -> av.AudioStream:
        if not opened.streams.audio:
            raise InvalidAudio(f"the {name_of(self._container)} holds no audio")
        stream: av.AudioStream = opened.streams.audio[0]
        codec = stream.codec_context.name if stream.codec_context else "an unknown codec"
        if codec not in _CODECS[self._container]:
            known = " or ".join(_CODECS[self._container])
            raise InvalidAudio(f"{name_of(self._container)} with {codec} is not read here, but with {known}")
        return stream

    def _take(self, frame: av.AudioFrame) -> None:
        if self.rate_hz is None:
            self._begin(frame)
        if (frame.sample_rate, frame.layout.nb_channels) != (self.rate_hz, self.channels):
            now = f"{frame.sample_rate} Hz with {frame.layout.nb_channels} channels"
            raise self._damaged(f"changes to {now}: one body has one format")
        self._fill_hole(frame)
        for block in _split(_frame_to_int16(frame)):
            self._emit(block)

    def _begin(self, frame: av.AudioFrame) -> None:
        check_rate(frame.sample_rate)
        check_channels(frame.layout.nb_channels)
        self._origin = self._position_of(frame)
        self.channels, self.rate_hz = frame.layout.nb_channels, frame.sample_rate

    def _position_of(self, frame: av.AudioFrame) -> int:
        """Where the container says the frame is, in samples; where we are if it says nothing."""
        if frame.pts is None or frame.time_base is None:
            return self._origin + self.samples
        position: int = round(frame.pts * frame.time_base * frame.sample_rate)
        return position

    def _fill_hole(self, frame: av.AudioFrame) -> None:
        """Silence where a container's clock jumps ahead, as encoders that leave silence out make it.

        A FLAC has no such clock: there a jump is a damaged part that FFmpeg left out.
        """
        missing = self._position_of(frame) - self._origin - self.samples
        if abs(missing) <= (0 if self._container is Container.FLAC else _HOLE_S * frame.sample_rate):
            return
        if missing < 0:  # the next link of a chain begins its clock anew
            self._origin += missing
            return
        if self._container is Container.FLAC:
            raise self._damaged("is damaged")
        self._check_length(missing)
        for block in _split(np.zeros((missing, frame.layout.nb_channels), np.int16)):
            self._emit(block)

    def _emit(self, block: NDArray[np.int16]) -> None:
        self._check_length(len(block))
        self.samples += len(block)
        self._put_out(block)

    def _check_length(self, more: int) -> None:
        if self.rate_hz and self.samples + more > self._max_s * self.rate_hz:
            raise TooLarge(f"the {name_of(self._container)} holds more than {self._max_s:g} s of audio")

    def _damaged(self, how: str) -> InvalidAudio:
        seconds = self.samples / self.rate_hz if self.rate_hz else 0
        return InvalidAudio(
            f"the {name_of(self._container)} {how}; {self.samples} samples ({seconds:.3f} s) were read before"
        )


def _frame_to_int16(frame: av.AudioFrame) -> NDArray[np.int16]:
    """`(samples, channels)`"""
    array = frame.to_ndarray()
    values = array.T if frame.format.is_planar else array.reshape(-1, frame.layout.nb_channels)
    if values.dtype == np.int16:
        return np.ascontiguousarray(values)
    if values.dtype == np.int32:
        return int32_to_int16(values)
    return float_to_int16(values)


def _split(pcm: NDArray[np.int16]) -> Iterator[NDArray[np.int16]]:
    step = max(_BLOCK_VALUES // pcm.shape[1], 1)
    return (pcm[start : start + step] for start in range(0, len(pcm), step))
