"""What every decoder takes and gives."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import mlx.core as mx
import numpy as np
from numpy.typing import NDArray

from meeting_service.recognition import DecoderState


@dataclass(frozen=True, slots=True)
class Region:
    """What of a row is to be decoded, in encoder frames of that row, and what came before it."""

    first: int
    end: int
    state: DecoderState | None


@dataclass(frozen=True, slots=True)
class Emission:
    """A token as the decoder found it."""

    label: int
    frame: int
    """encoder frame of its row"""
    frames: int
    """how many encoder frames it covers, 0 and up"""
    confidence: float


@dataclass(frozen=True, slots=True)
class Decoded:
    """One row's answer."""

    emissions: Sequence[Emission]
    state: DecoderState


def gather(encoded: Sequence[mx.array], regions: Sequence[Region]) -> NDArray[np.float32]:
    """The frames of all regions, one after the other, on the host, `(frames, width)`."""
    wanted = [
        frames[region.first : region.end].astype(mx.float32)
        for frames, region in zip(encoded, regions, strict=True)
    ]
    mx.eval(wanted)
    return np.concatenate([np.array(frames) for frames in wanted])


class Decoder(Protocol):
    """Chooses labels for a batch of encoded windows. Keeps nothing between calls."""

    def decode(self, encoded: Sequence[mx.array], regions: Sequence[Region]) -> list[Decoded]:
        """Decode exactly the regions' frames of each row, `(frames, width)`; lengths may differ."""
        ...
