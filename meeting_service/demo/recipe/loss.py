"""
The TDT loss on the CPU, joint network included, one utterance at a time.

The logits of a whole batch, `(batch, frames, tokens + 1, pieces)`, never exist; the lattice runs in C.
"""

# mypy: allow-subclassing-any

import ctypes
import hashlib
import os
import subprocess
import tempfile
from functools import cache
from pathlib import Path
from typing import Any

import torch

from meeting_service.demo.recipe.network import DURATIONS

_SOURCE = Path(__file__).with_name("tdt_loss.c")
_FLAGS = ("-O3", "-march=native", "-ffast-math", "-fno-finite-math-only", "-shared", "-fPIC")
_NO_PATH = 1e8


@cache
def _library() -> ctypes.CDLL:
    """Compile once per source text, for the machine it runs on."""
    digest = hashlib.sha256(_SOURCE.read_bytes()).hexdigest()[:12]
    path = Path(tempfile.gettempdir()) / f"tdt_loss_{digest}.so"
    if not path.exists():
        own = path.with_suffix(f".{os.getpid()}")
        subprocess.run(["gcc", *_FLAGS, str(_SOURCE), "-o", str(own), "-lm"], check=True)
        own.rename(path)
    library = ctypes.CDLL(str(path))
    library.tdt_loss.restype = ctypes.c_float
    return library


def _at(tensor: torch.Tensor) -> ctypes.c_void_p:
    return ctypes.c_void_p(tensor.data_ptr())


def _logits_gradient(logits: torch.Tensor, tokens: torch.Tensor, frames: int) -> float:
    """
    Loss of one utterance; `logits`, `(frames * (tokens + 1), pieces + 1 + 5)`, become their gradient.

    Returns infinity, and leaves the logits alone, where more tokens than the lattice allows leave no path.
    """
    points, columns = len(logits), len(tokens) + 1
    pieces = logits.shape[1] - DURATIONS
    following = torch.cat([tokens, tokens.new_full((1,), -1)]).int().repeat(frames).contiguous()
    blank, label, blank_gradient, label_gradient = torch.empty(4, points)
    duration, duration_gradient = torch.empty(2, points, DURATIONS)
    norms = torch.empty(points, 2)
    sizes = (points, pieces, DURATIONS)
    library = _library()
    library.joint_forward(
        *sizes, _at(logits), _at(following), _at(blank), _at(label), _at(duration), _at(norms)
    )
    gradients = (_at(blank_gradient), _at(label_gradient), _at(duration_gradient))
    loss = float(
        library.tdt_loss(frames, columns, DURATIONS, _at(blank), _at(label), _at(duration), *gradients)
    )
    if loss > _NO_PATH:
        return float("inf")
    library.joint_backward(*sizes, _at(logits), _at(following), *gradients, _at(norms))
    return loss


class _JointLoss(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, *inputs: torch.Tensor) -> torch.Tensor:
        """Sum of the losses; the gradients are made on the way and only scaled in `backward`."""
        heard, predicted, weight, bias = (tensor.detach() for tensor in inputs[:4])
        tokens, lengths = inputs[4:]
        gradients = [torch.zeros_like(tensor) for tensor in (heard, predicted, weight, bias)]
        total, frames = 0.0, heard.shape[1]
        for row, length in enumerate(lengths.tolist()):
            joined = heard[row].unsqueeze(1) + predicted[row, : length + 1].unsqueeze(0)
            joined = joined.relu_().view(frames * (length + 1), -1)
            logits = torch.addmm(bias, joined, weight.t())
            loss = _logits_gradient(logits, tokens[row, :length], frames)
            if loss == float("inf"):
                continue
            total += loss
            gradients[2].addmm_(logits.t(), joined)
            gradients[3] += logits.sum(0)
            back = (logits @ weight).mul_(joined > 0).view(frames, length + 1, -1)
            gradients[0][row] = back.sum(1)
            gradients[1][row, : length + 1] = back.sum(0)
        ctx.save_for_backward(*gradients)
        return torch.tensor(total)

    @staticmethod
    def backward(ctx: Any, *outer: torch.Tensor) -> Any:
        return (*(gradient * outer[0] for gradient in ctx.saved_tensors), None, None)


def tdt_loss(
    heard: torch.Tensor,
    predicted: torch.Tensor,
    output: torch.nn.Linear,
    tokens: torch.Tensor,
    lengths: torch.Tensor,
) -> torch.Tensor:
    """
    Negative log likelihood of the tokens, summed over the batch.

    Args:
        heard: the encoder's side of the joint, `(batch, frames, joint)`.
        predicted: the predictor's side, `(batch, tokens + 1, joint)`.
        output: the joint's last layer, `joint` to `pieces + 1 + 5`.
        tokens: `(batch, tokens)`, padded with anything.
        lengths: tokens of each row, `(batch,)`.
    """
    loss: torch.Tensor = _JointLoss.apply(heard, predicted, output.weight, output.bias, tokens, lengths)
    return loss
