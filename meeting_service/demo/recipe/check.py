"""
Proves in seconds that the recipe's parts fit: loss, gradient, speech, learning, and the exported files.

Needs torch, the speech engines, gcc, and parakeet_mlx for the last step.
"""

import random
import tempfile
from itertools import islice
from pathlib import Path

import numpy as np
import torch
from torch.nn import functional as fn

from meeting_service.demo.recipe.data import Batches, Effort
from meeting_service.demo.recipe.export import export
from meeting_service.demo.recipe.features import log_mel
from meeting_service.demo.recipe.loss import tdt_loss
from meeting_service.demo.recipe.mel import mel_bank
from meeting_service.demo.recipe.network import DURATIONS, Parakeet, Shape
from meeting_service.demo.recipe.objective import batch_loss
from meeting_service.demo.recipe.synthesis import synthesise
from meeting_service.demo.recipe.text import sentences
from meeting_service.demo.recipe.tokenizer import decode, encode
from meeting_service.demo.recipe.train import optimizer


def _all_paths(logits: torch.Tensor, tokens: list[int], frame: int = 0, written: int = 0) -> torch.Tensor:
    """Log probability of every path from one lattice point, by trying them all."""
    frames = logits.shape[0]
    row = logits[frame, written]
    token, duration = row[:-DURATIONS].log_softmax(-1), row[-DURATIONS:].log_softmax(-1)
    ways = []
    for skip in range(DURATIONS):
        after = frame + skip
        if skip and after == frames and written == len(tokens):
            ways.append(token[-1] + duration[skip])
        if skip and after < frames:
            ways.append(token[-1] + duration[skip] + _all_paths(logits, tokens, after, written))
        if written < len(tokens) and after < frames:
            rest = _all_paths(logits, tokens, after, written + 1)
            ways.append(token[tokens[written]] + duration[skip] + rest)
    return torch.logsumexp(torch.stack(ways), 0) if ways else torch.tensor(-1e30)


def _check_loss(frames: int, count: int) -> None:
    heard = torch.randn(1, frames, 6, requires_grad=True)
    predicted = torch.randn(1, count + 1, 6, requires_grad=True)
    output = torch.nn.Linear(6, 5 + DURATIONS)
    tokens = torch.randint(0, 4, (1, count))
    inputs = [heard, predicted, output.weight, output.bias]
    fast = tdt_loss(heard, predicted, output, tokens, torch.tensor([count]))
    logits = output(fn.relu(heard.unsqueeze(2) + predicted.unsqueeze(1)))[0]
    slow = -_all_paths(logits, tokens[0].tolist())
    pairs = zip(torch.autograd.grad(fast, inputs), torch.autograd.grad(slow, inputs), strict=True)
    apart = max(float((a - b).abs().max()) for a, b in pairs)
    both = f"{fast.item():.5f}, all paths {slow.item():.5f}"
    print(f"loss of {count} tokens in {frames} frames: {both}, gradients {apart:.0e}")
    if abs(float((fast - slow).detach())) > 1e-3 or apart > 1e-3:
        raise SystemExit("the loss is wrong")


def _check_text() -> None:
    for text in islice(sentences(1, held_out=False), 500):
        if decode(encode(text)) != text:
            raise SystemExit(f"not written in the vocabulary: {text}")
    print("tokenizer: 500 sentences there and back")


def _learn(network: Parakeet, batches: Batches, share: float, steps: int) -> None:
    """Take some steps at one point of a flat start's schedule."""
    descent = optimizer(network, 1e-3)
    losses = []
    for _ in range(steps):
        loss, _parts = batch_loss(network, batches.draw(Effort(augmented=False)), share, flat_start=True)
        descent.zero_grad()
        loss.backward()
        descent.step()
        losses.append(float(loss.detach()))
    first, last = float(np.mean(losses[:5])), float(np.mean(losses[-5:]))
    print(f"learning at {share:.0%} of the schedule: loss {first:.2f} to {last:.2f} in {steps} steps")
    if last >= first:
        raise SystemExit("the loss does not fall")


def _check_learning(folder: Path, steps: int) -> Parakeet:
    synthesise(folder, 0.02, seed=1, processes=1)
    batches = Batches(folder, 24.0)
    network = Parakeet(Shape())
    network.train()
    for share in (0.05, 0.6):
        _learn(network, batches, share, steps)
    network.eval()
    return network


def _check_export(network: Parakeet, folder: Path) -> None:
    import mlx.core as mx
    from parakeet_mlx import from_pretrained

    size = export(network.state_dict(), folder)
    features = log_mel(0.1 * torch.randn(1, 48000), torch.from_numpy(mel_bank())[None])
    with torch.no_grad():
        expected = network.encoder(features).numpy()
    model = from_pretrained(str(folder), dtype=mx.float32)
    encoded, _ = model.encoder(mx.array(features.numpy()))
    apart = float(np.abs(np.array(encoded) - expected).max() / np.abs(expected).max())
    print(f"export: {size} bytes, encoder output {apart:.1e} of its size apart")
    if apart > 5e-3:
        raise SystemExit("parakeet_mlx computes something else")


def check(steps: int = 20) -> None:
    """Run every check; exits with a sentence at the first that fails."""
    random.seed(0)
    np.random.seed(0)
    torch.manual_seed(0)
    for frames, count in ((5, 3), (6, 2), (2, 4), (7, 1)):
        _check_loss(frames, count)
    _check_text()
    with tempfile.TemporaryDirectory() as folder:
        network = _check_learning(Path(folder) / "corpus", steps)
        _check_export(network, Path(folder) / "model")
