"""Audio files made in the test, by FFmpeg's own encoders."""

import io

import av
import numpy as np
from numpy.typing import NDArray

from meeting_service.audio import Container

_CODECS = {
    Container.FLAC: ("flac", "flac"),
    Container.OGG: ("ogg", "libopus"),
    Container.WEBM: ("webm", "libopus"),
    Container.MP3: ("mp3", "libmp3lame"),
}
_LAYOUTS = {1: "mono", 2: "stereo", 6: "5.1"}


class Pipe(io.RawIOBase):
    """A file that cannot be gone back in, as a live encoder has."""

    def __init__(self) -> None:
        super().__init__()
        self.written = bytearray()

    def writable(self) -> bool:
        return True

    def write(self, data: bytes) -> int:  # type: ignore[override]
        self.written += data
        return len(data)


def encode(
    container: Container,
    pcm: NDArray[np.int16],
    rate_hz: int = 48_000,
    *,
    codec: str | None = None,
    live: bool = False,
    title: str = "",
    **options: str,
) -> bytes:
    """A file of `(samples, channels)`; `live` is one that was written without going back."""
    layout = _LAYOUTS[pcm.shape[1]]
    file = Pipe() if live else io.BytesIO()
    with av.open(file, "w", format=_CODECS[container][0]) as writer:
        writer.metadata["title"] = title
        name = codec or _CODECS[container][1]
        stream = writer.add_stream(name, rate=rate_hz, layout=layout, options=options)
        frame = make_frame(pcm, rate_hz, layout)
        convert = av.AudioResampler(format=stream.codec_context.format, layout=layout, rate=rate_hz)
        for converted in [*convert.resample(frame), *convert.resample(None)]:
            writer.mux(stream.encode(converted))
        writer.mux(stream.encode(None))
    return bytes(file.written) if isinstance(file, Pipe) else file.getvalue()


def encode_with_a_pause(pause_s: float) -> bytes:
    """A WebM of a second of audio, a jump of its clock, and a second of audio."""
    pcm = speech_like(96_000)
    file = io.BytesIO()
    with av.open(file, "w", format="webm") as writer:
        stream = writer.add_stream("libopus", rate=48_000, layout="mono")
        for start in range(0, len(pcm), 960):
            frame = make_frame(pcm[start : start + 960], 48_000, "mono")
            frame.pts = start
            for packet in stream.encode(frame):
                packet.pts += int(pause_s / packet.time_base) if start >= 48_000 else 0
                packet.dts = packet.pts
                writer.mux(packet)
    return file.getvalue()


def make_frame(pcm: NDArray[np.int16], rate_hz: int, layout: str) -> av.AudioFrame:
    """What FFmpeg encodes, of `(samples, channels)`."""
    frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(pcm).reshape(1, -1), format="s16", layout=layout)
    frame.sample_rate = rate_hz
    return frame


def speech_like(samples: int, channels: int = 1, rate_hz: int = 48_000) -> NDArray[np.int16]:
    """Tones that come and go, with a little noise: `(samples, channels)`."""
    rng = np.random.default_rng(samples)
    time_s = np.arange(samples) / rate_hz
    tone = np.sin(2 * np.pi * 300 * time_s) * (0.5 + 0.5 * np.sin(2 * np.pi * 3 * time_s))
    noise = rng.standard_normal((samples, channels))
    return np.round(8_000 * tone[:, None] + 200 * noise).astype(np.int16)
