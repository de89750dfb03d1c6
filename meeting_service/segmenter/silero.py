"""The Silero voice network in NumPy.

What a frame sounds like has no memory and is computed for many frames at once; only the recurrent layer
goes from frame to frame. A probability must be the same to the last bit however many frames were heard
together. So what is done for several frames at once is either exactly rounded or done for each frame
alone: the products of a frame are calls of their own, always of one shape (NumPy's `matmul` of stacks),
and too small for a BLAS to divide among threads. That costs nothing: as one product for 32 frames the
first convolution took 1.15 times as long, and two threads 4 times (OpenBLAS on AVX-512, CPU time).
"""

import math
from functools import cache

import numpy as np

from meeting_service.errors import CannotStart
from meeting_service.recognition import Samples
from meeting_service.segmenter.rules import VOICE_FRAME_SAMPLES
from meeting_service.segmenter.weights import Tensor, load_weights

WIDTH = 128
"""of what the encoder makes of a frame, and of the recurrent layer"""
_SPECTRUM_SAMPLES = 256
_HOP_SAMPLES = 128
_MIRROR_SAMPLES = 64
"""how far beyond its ends a frame is mirrored"""
_HALF_PRECISION = 5e-4
"""how near a number up to 1 is to itself in half precision"""


class SileroNetwork:
    """The weights, laid out for the products. Never changes; for any number of streams and threads."""

    def __init__(self) -> None:
        tensors = load_weights()
        self._window = np.hanning(_SPECTRUM_SAMPLES + 1)[:-1].astype(np.float32)
        _expect_fourier(tensors["_model.stft.forward_basis_buffer"][:, 0], self._window)
        self._reach = _mirrored_pieces()
        convolutions = [f"_model.encoder.{layer}.reparam_conv" for layer in range(4)]
        weights = [_by_tap(tensors[f"{name}.weight"]) for name in convolutions]
        # The last two convolutions are short of neighbours: some of their taps only meet padding.
        self._weights = (weights[0], weights[1], weights[2][64:], weights[3][64:128])
        self._biases = tuple(tensors[f"{name}.bias"] for name in convolutions)
        bias = tensors["_model.decoder.rnn.bias_ih"] + tensors["_model.decoder.rnn.bias_hh"]
        self._input = _by_gate(tensors["_model.decoder.rnn.weight_ih"].T)
        self._input_bias = _by_gate(bias)
        self._recurrent = _by_gate(tensors["_model.decoder.rnn.weight_hh"].T)
        self._out = tensors["_model.decoder.decoder.2.weight"].reshape(WIDTH, 1)
        self._out_bias = float(tensors["_model.decoder.decoder.2.bias"])

    def hear(self, frames: Samples) -> Tensor:
        """What each frame asks of the recurrent layer's gates; `(frames, 512)` to `(frames, 512)`."""
        x = _neighbours(self._spectra(frames), step=1)  # (frames, 4, 3 * 129)
        x = _neighbours(self._convolve(x, 0), step=2)  # (frames, 2, 3 * 128)
        x = self._convolve(x, 1).reshape(len(frames), 1, 128)
        x = self._convolve(self._convolve(x, 2), 3)  # (frames, 1, 128)
        gates: Tensor = (x @ self._input)[:, 0]
        gates += self._input_bias
        return gates

    def follow(self, gates: Tensor, output: Tensor, cell: Tensor) -> None:
        """One step of the recurrent layer, in place.

        Args:
            gates: what the frame asks of them, `(512,)`; used up.
            output: the layer's output, `(128,)`.
            cell: what the layer remembers, `(128,)`.
        """
        gates += output @ self._recurrent
        np.tanh(gates, out=gates)
        sigmoids = gates[: 3 * WIDTH]
        sigmoids *= 0.5
        sigmoids += 0.5
        take, keep, show, new = gates.reshape(4, WIDTH)
        new *= take
        cell *= keep
        cell += new
        np.tanh(cell, out=output)
        output *= show

    def judge(self, outputs: Tensor) -> list[float]:
        """How likely each frame is voice, 0 to 1, by the recurrent layer's outputs, `(frames, 128)`."""
        logits = np.maximum(outputs, 0)[:, None] @ self._out  # (frames, 1, 1)
        return [0.5 + 0.5 * math.tanh((logit + self._out_bias) / 2) for logit in logits.ravel().tolist()]

    def _spectra(self, frames: Samples) -> Tensor:
        spectra = np.fft.rfft(frames.take(self._reach, axis=1) * self._window)  # (frames, 4, 129)
        squares: Tensor = np.square(spectra.real) + np.square(spectra.imag)
        return np.sqrt(squares)

    def _convolve(self, x: Tensor, layer: int) -> Tensor:
        y: Tensor = x @ self._weights[layer]
        y += self._biases[layer]
        return np.maximum(y, 0, out=y)


@cache
def load_network() -> SileroNetwork:
    """The network, read once for the whole process.

    Raises:
        CannotStart: its weights cannot be had.
    """
    return SileroNetwork()


def _mirrored_pieces() -> np.ndarray[tuple[int, int], np.dtype[np.intp]]:
    """Which samples of a frame each of its four spectra is of, `(4, 256)`."""
    mirrored = np.pad(np.arange(VOICE_FRAME_SAMPLES), _MIRROR_SAMPLES, mode="reflect")
    starts = range(0, VOICE_FRAME_SAMPLES, _HOP_SAMPLES)
    return np.stack([mirrored[start : start + _SPECTRUM_SAMPLES] for start in starts])


def _neighbours(x: Tensor, step: int) -> Tensor:
    """Each `step`-th of n columns between its neighbours, `(frames, n / step, 3 * width)`."""
    frames, count, width = x.shape
    padded = np.zeros((frames, count + 2, width), np.float32)
    padded[:, 1:-1] = x
    return np.concatenate([padded[:, tap : tap + count : step] for tap in range(3)], axis=2)


def _by_tap(weight: Tensor) -> Tensor:
    """A convolution's weight, `(out, in, taps)`, for products with neighbours: `(taps * in, out)`."""
    return np.ascontiguousarray(weight.transpose(2, 1, 0).reshape(-1, len(weight)))


def _by_gate(weight: Tensor) -> Tensor:
    """A weight with the gates (take, keep, new, show) in its last dimension, `new` moved to the end.

    The sigmoid of x is (1 + tanh(x / 2)) / 2: with the halves put in here one call does for all gates.
    """
    take, keep, new, show = np.split(weight, 4, axis=-1)
    half = np.float32(0.5)
    return np.ascontiguousarray(np.concatenate([take * half, keep * half, show * half, new], axis=-1))


def _expect_fourier(basis: Tensor, window: Tensor) -> None:
    """See that the weights of the first layer, `(258, 256)`, are what a Fourier transform does faster."""
    transform = np.fft.rfft(np.diag(window)).T  # (129, 256)
    expected = np.concatenate([transform.real, transform.imag])
    if np.abs(basis - expected).max() > _HALF_PRECISION:
        raise CannotStart("the voice detector's first layer is no Fourier transform: another network")
