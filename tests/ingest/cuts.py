"""Feeding a decoder in pieces, for the tests of all of them."""

from collections.abc import Iterable, Iterator

import numpy as np
from hypothesis import strategies as st
from numpy.typing import NDArray

from meeting_service.ingest import Decoder

Sizes = st.lists(st.one_of(st.integers(0, 9), st.integers(1, 9_000)), min_size=1, max_size=8)
"""Sizes of pieces, used in turn."""


def pieces(body: bytes, sizes: Iterable[int]) -> Iterator[bytes]:
    """The body cut into pieces of these sizes, over and over."""
    sizes = list(sizes)
    start = turn = 0
    while start < len(body):
        size = sizes[turn % len(sizes)] if any(sizes) else len(body)
        yield body[start : start + size]
        start += size
        turn += 1


def decode(decoder: Decoder, parts: Iterable[bytes]) -> NDArray[np.int16]:
    """Everything that comes out, `(samples, channels)`; raises what the decoder raises."""
    decoded: list[NDArray[np.int16]] = []
    try:
        for part in parts:
            decoded += decoder.feed(part)
            while decoder.pending:
                decoded += decoder.feed(b"")
        decoded += decoder.finish()
        while decoder.pending:
            decoded += decoder.finish()
    finally:
        decoder.close()
    return np.concatenate([np.zeros((0, decoder.channels or 1), np.int16), *decoded])


def decode_until_error(
    decoder: Decoder, parts: Iterable[bytes]
) -> tuple[NDArray[np.int16], Exception | None]:
    """What comes out before an error, and the error."""
    decoded: list[NDArray[np.int16]] = []
    error: Exception | None = None
    try:
        for part in parts:
            decoded += decoder.feed(part)
        decoded += decoder.finish()
        decoded += decoder.finish()
    except Exception as raised:
        error = raised
    finally:
        decoder.close()
    return np.concatenate([np.zeros((0, decoder.channels or 1), np.int16), *decoded]), error
