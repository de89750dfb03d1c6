"""Raw PCM in pieces cut anywhere, also within a sample."""

import numpy as np
from numpy.typing import NDArray

from meeting_service.audio import RawFormat
from meeting_service.errors import InvalidAudio
from meeting_service.ingest.samples import WIRE_FORMATS, NotFinite, SampleFormat


class FrameReader:
    """Bytes to samples of all channels at once; keeps the bytes of an unfinished one."""

    def __init__(self, sample_format: SampleFormat, channels: int, remainder: bytes = b"") -> None:
        self._format = sample_format
        self._channels = channels
        self._samples = 0
        self.remainder = remainder
        self.failure: InvalidAudio | None = None
        """why nothing comes after what was returned"""

    def feed(self, data: bytes) -> list[NDArray[np.int16]]:
        """The complete samples up to the first that is no number, `(samples, channels)`."""
        if self.failure is not None:
            raise self.failure
        data = self.remainder + data
        whole = len(data) - len(data) % (self._format.width * self._channels)
        self.remainder = data[whole:]
        pcm = self._read(data[:whole])
        self._samples += len(pcm)
        if self.failure is not None and not len(pcm):
            raise self.failure
        return [pcm] if len(pcm) else []

    def _read(self, data: bytes) -> NDArray[np.int16]:
        try:
            return self._format.to_int16(data).reshape(-1, self._channels)
        except NotFinite as found:
            good = found.index // self._channels
            where = f"sample {self._samples + good}"
            if self._channels > 1:
                where += f", channel {found.index % self._channels}"
            self.failure = InvalidAudio(f"{where} is not a finite number")
            self.remainder = b""
            return self._read(data[: good * self._channels * self._format.width])


class RawDecoder:
    """A `Decoder` of raw PCM. An unfinished sample at the end is no error: the next piece goes on with it."""

    def __init__(self, raw_format: RawFormat, tail: bytes = b"") -> None:
        self.rate_hz: int | None = raw_format.rate_hz
        self.channels: int | None = raw_format.channels
        self._reader = FrameReader(WIRE_FORMATS[raw_format.encoding], raw_format.channels, tail)

    @property
    def pending(self) -> bool:
        """Whether an error follows what was returned."""
        return self._reader.failure is not None

    @property
    def remainder(self) -> bytes:
        """The bytes of an unfinished sample."""
        return self._reader.remainder

    def feed(self, data: bytes) -> list[NDArray[np.int16]]:
        """The samples that are complete with `data`; see `Decoder`."""
        return self._reader.feed(data)

    def finish(self) -> list[NDArray[np.int16]]:
        """Nothing is held back; raises what is wrong, if anything was."""
        return self._reader.feed(b"")

    def close(self) -> None:
        """There is nothing to let go of."""
