"""FLAC, Ogg, WebM and MP3, decoded as they come."""

import threading
import weakref

import numpy as np
from numpy.typing import NDArray

from meeting_service.audio import Container
from meeting_service.errors import InvalidAudio
from meeting_service.ingest import magic
from meeting_service.ingest.exchange import Closed, Exchange
from meeting_service.ingest.ffmpeg import Decoding
from meeting_service.ingest.framing import make_framing


class CompressedDecoder:
    """A `Decoder` with a thread, from its first bytes until `close`.

    In Ogg and WebM, time that the encoder left out is silence. MP3 does not say where it ends, so one that
    was cut short is taken as it is.
    """

    remainder = b""

    def __init__(self, container: Container, max_s: float) -> None:
        self._container = container
        self._head = b""
        self._bytes_read = 0
        self._framing = make_framing(container)
        self._exchange = Exchange()
        self._decoding = Decoding(container, self._exchange.put_out, max_s)
        self._cut_short = False
        self._thread: threading.Thread | None = None
        # A decoder that is dropped without `close` must not leave its thread waiting for ever. The reference
        # is weak because a failure kept in the exchange leads back to the decoder by its traceback.
        weakref.finalize(self, _close, weakref.ref(self._exchange))

    @property
    def rate_hz(self) -> int | None:
        """None until the first samples are decoded."""
        return self._decoding.rate_hz

    @property
    def channels(self) -> int | None:
        """None until the first samples are decoded."""
        return self._decoding.channels

    @property
    def pending(self) -> bool:
        """Whether the last call left something to be fetched by another one."""
        return self._cut_short or (self._thread is not None and self._exchange.pending)

    def feed(self, data: bytes) -> list[NDArray[np.int16]]:
        """All samples that can be decoded now; see `Decoder`."""
        if self._cut_short:
            raise self._lack_of_end()
        self._bytes_read += len(data)
        self._framing.feed(data)
        if self._thread is None:
            self._head += data
            if len(self._head) < magic.ENOUGH_BYTES:
                return []
            self._start()
            data, self._head = self._head, b""
        return self._exchange.hand_over(data)

    def finish(self) -> list[NDArray[np.int16]]:
        """The samples that were held back; see `Decoder`.

        Raises:
            InvalidAudio: also for a body that lacks its end; what it had was returned before.
        """
        if self._thread is None:
            self._start()
        data, self._head = self._head, b""
        decoded = self._exchange.hand_over(data, ended=True)
        self._cut_short = self._framing.cut_short and not self._exchange.pending
        if self._cut_short and not decoded:
            raise self._lack_of_end()
        return decoded

    def close(self) -> None:
        """Stop the thread and wait until it has."""
        self._exchange.close()
        if self._thread is not None:
            self._thread.join()

    def _lack_of_end(self) -> InvalidAudio:
        return InvalidAudio(
            f"the {magic.name_of(self._container)} is cut short after {self._bytes_read} bytes; "
            f"{self._decoding.samples} samples were read before"
        )

    def _start(self) -> None:
        if magic.sniff_container(self._head) is not self._container:
            expected, looks = magic.name_of(self._container), magic.describe(self._head[: magic.ENOUGH_BYTES])
            raise InvalidAudio(f"the body was announced as {expected}, but {looks}")
        self._thread = threading.Thread(
            target=_run, args=(self._decoding, self._exchange), name="audio-decoder", daemon=True
        )
        self._thread.start()


def _close(reference: weakref.ref[Exchange]) -> None:
    if exchange := reference():
        exchange.close()


def _run(decoding: Decoding, exchange: Exchange) -> None:
    failure: Exception | None = None
    try:
        decoding.run(exchange)
    except Closed:
        pass
    except Exception as error:  # whatever it is, it is the caller's to raise
        failure = error
    exchange.stop(failure)
