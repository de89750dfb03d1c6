"""G.711 against FFmpeg's own tables and against the definition of the encoder."""

import av
import numpy as np
import pytest

from meeting_service.audio import Pcm
from meeting_service.ingest.g711 import ALAW, MULAW


def ffmpeg_table(codec: str) -> Pcm:
    """What FFmpeg makes of every byte."""
    context = av.CodecContext.create(codec, "r")
    context.sample_rate = 8_000
    context.layout = "mono"
    frames = context.decode(av.Packet(bytes(range(256))))
    return np.concatenate([frame.to_ndarray().reshape(-1) for frame in frames])


@pytest.mark.parametrize(("codec", "table"), [("pcm_mulaw", MULAW), ("pcm_alaw", ALAW)])
def test_tables_equal_an_independent_decoder(codec: str, table: Pcm) -> None:
    """Every byte means the same elsewhere."""
    assert np.array_equal(table, ffmpeg_table(codec))


def test_tables_are_the_standards() -> None:
    """Known values of the recommendation: silence, the smallest steps and the extremes."""
    assert MULAW[[0xFF, 0x7F, 0xFE, 0x7E, 0x80, 0x00]].tolist() == [0, 0, 8, -8, 32_124, -32_124]
    assert ALAW[[0xD5, 0x55, 0xD4, 0x54, 0xAA, 0x2A]].tolist() == [8, -8, 24, -24, 32_256, -32_256]
