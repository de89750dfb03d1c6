"""
What a batch costs: frame labels for the flat start, CTC, and TDT on a part of the rows.
"""

import torch
from torch.nn import functional as fn

from meeting_service.demo.recipe import tokenizer
from meeting_service.demo.recipe.data import Batch
from meeting_service.demo.recipe.loss import tdt_loss
from meeting_service.demo.recipe.network import Parakeet

_CTC_WEIGHT = 0.3
FLAT_SHARE, FADED_SHARE = 0.12, 0.22
"""Shares of a flat start's schedule until which frame labels lead, and until which they help."""


def _ctc(logits: torch.Tensor, batch: Batch) -> torch.Tensor:
    frames = torch.full((len(logits),), logits.shape[1])
    total = fn.ctc_loss(
        logits.log_softmax(-1).transpose(0, 1),
        batch.tokens,
        frames,
        batch.lengths,
        blank=tokenizer.BLANK,
        reduction="sum",
        zero_infinity=True,
    )
    return total / batch.lengths.sum()


def _tdt(network: Parakeet, encoded: torch.Tensor, batch: Batch, share: float) -> torch.Tensor:
    """TDT on some rows of the batch: it costs more than CTC, and a part is enough."""
    rows = torch.randperm(len(encoded))[: max(1, round(len(encoded) * share))]
    lengths = batch.lengths[rows]
    tokens = batch.tokens[rows, : int(lengths.max())]
    predicted = network.predict(tokens, dropout=0.1)
    total = tdt_loss(network.je(encoded[rows]), predicted, network.jo, tokens, lengths)
    return total / lengths.sum().clamp(min=1)


def batch_loss(
    network: Parakeet, batch: Batch, progress: float, *, flat_start: bool
) -> tuple[torch.Tensor, dict[str, float]]:
    """The loss of one batch at one point of the schedule, and its parts per token."""
    with torch.autocast("cpu", torch.bfloat16):
        encoded = network.encoder(batch.features)
    encoded = encoded.float()
    logits = network.ctc(encoded)
    ctc = _ctc(logits, batch)
    parts = {"ctc": float(ctc.detach())}
    loss = ctc
    if flat_start and progress < FADED_SHARE:
        labels = batch.frame_labels[:, : logits.shape[1]]
        frame = fn.cross_entropy(logits.flatten(0, 1), labels.flatten())
        loss = 0.3 * ctc + 2 * frame if progress < FLAT_SHARE else ctc + 0.5 * frame
        parts["frame"] = float(frame.detach())
    if not flat_start or progress > 0.2:
        tdt = _tdt(network, encoded, batch, 0.25 if flat_start and progress < 0.5 else 0.5)
        loss = _CTC_WEIGHT * loss + tdt
        parts["tdt"] = float(tdt.detach())
    return loss, parts
