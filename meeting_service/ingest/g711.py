"""Telephone companding, ITU-T G.711: tables from a byte to int16."""

import numpy as np

from meeting_service.audio import Pcm


def _mulaw_table() -> Pcm:
    code = ~np.arange(256) & 0xFF
    exponent, mantissa = code >> 4 & 7, code & 15
    # 132 is the encoder's bias of 33, at 16 bits instead of 14.
    magnitude = ((mantissa << 3) + 132 << exponent) - 132
    return np.where(code & 0x80, -magnitude, magnitude).astype(np.int16)


def _alaw_table() -> Pcm:
    code = np.arange(256) ^ 0x55
    exponent, mantissa = code >> 4 & 7, code & 15
    magnitude = np.where(
        exponent == 0, (mantissa << 4) + 8, (mantissa << 4) + 264 << np.maximum(exponent - 1, 0)
    )
    return np.where(code & 0x80, magnitude, -magnitude).astype(np.int16)


MULAW = _mulaw_table()
"""int16 of each mu-law byte, `(256,)`"""
ALAW = _alaw_table()
"""int16 of each A-law byte, `(256,)`"""
