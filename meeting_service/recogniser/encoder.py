"""What every encoder takes and gives, and which one a device has."""

from collections.abc import Sequence
from typing import Any, Protocol

import mlx.core as mx

from meeting_service.recogniser.device import Device
from meeting_service.recogniser.device_encoder import DeviceEncoder
from meeting_service.recogniser.host_encoder import HostEncoder
from meeting_service.recogniser.tiles import Matrix


class Encoder(Protocol):
    """Encodes padded batches. Belongs to the thread that loaded the model."""

    factor: int
    """mel frames of an encoder frame"""

    @property
    def warm_lengths(self) -> Sequence[int]:
        """Lengths of windows to encode once before anybody waits for one."""
        ...

    def frames(self, mel_frames: int) -> int:
        """Encoder frames of that many mel frames."""
        ...

    def length(self, frames: int) -> int:
        """How long a window of so many encoder frames is to be, with its padding."""
        ...

    def __call__(self, mel: Matrix, mel_frames: Sequence[int]) -> mx.array:
        """Encode a batch.

        Args:
            mel: log-mel features, `(batch, mel_length, mel_bins)`; `mel_length` is `factor` times a `length`.
            mel_frames: how many mel frames of each row are real.

        Returns:
            Encoder frames, `(batch, mel_length / factor, width)`; those beyond `frames(mel_frames)` mean
            nothing.
        """
        ...


def make_encoder(conformer: Any, device: Device) -> Encoder:
    """The encoder for a device; on a CPU it takes the conformer's layers over."""
    return DeviceEncoder(conformer) if device.on_gpu else HostEncoder(conformer)
