"""
Trains the network on the CPU, in a few single-thread processes that average their gradients.

From nothing it starts flat: each encoder frame learns the token spoken in it, then CTC, then TDT.  From a
checkpoint it begins with CTC and TDT.  The schedule is a share of the given minutes; the rate ends at zero.
"""

import copy
import math
import os
import random
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
import torch.distributed as dist

from meeting_service.demo.recipe import sets, tokenizer
from meeting_service.demo.recipe.data import Batches, Effort
from meeting_service.demo.recipe.features import log_mel
from meeting_service.demo.recipe.mel import mel_bank
from meeting_service.demo.recipe.network import Parakeet, Shape
from meeting_service.demo.recipe.objective import FLAT_SHARE, batch_loss
from meeting_service.demo.recipe.scoring import score

_WARM_UP_STEPS = 150
_EMA_DECAY = 0.998
_PORT = "29541"


@dataclass(frozen=True)
class Options:
    """What one training run is given."""

    corpus: Path
    checkpoint: Path
    """Written every few minutes; a run that finds it goes on from it."""
    minutes: float
    init: Path | None = None
    """Checkpoint whose weights start a new run; none starts flat."""
    processes: int = 2
    rate: float = 2e-3
    seconds: float = 64.0
    """Audio of one step, all processes together."""
    save_every_s: float = 600.0


@dataclass
class _Progress:
    step: int = 0
    heard_s: float = 0.0
    spent_s: float = 0.0
    """Time of earlier runs that this one goes on from."""
    begun: float = field(default_factory=time.monotonic)

    def elapsed_s(self) -> float:
        return self.spent_s + time.monotonic() - self.begun


def _effort(progress: float, *, flat_start: bool) -> Effort:
    if flat_start and progress < FLAT_SHARE:
        return Effort(short_only=True, joined=0.0, augmented=False)
    if flat_start and progress < 0.2:
        return Effort(joined=0.0)
    return Effort(augmented=progress < 0.9)


def _rate(options: Options, step: int, progress: float) -> float:
    hold = 0.35 if options.init is None else 0.2
    fall = 0.5 * (1 + math.cos(math.pi * max(0.0, progress - hold) / (1 - hold)))
    return options.rate * min(1.0, (step + 1) / _WARM_UP_STEPS) * fall


def optimizer(network: Parakeet, rate: float) -> torch.optim.AdamW:
    """AdamW, with weight decay on matrices only."""
    small: list[torch.nn.Parameter] = []
    large: list[torch.nn.Parameter] = []
    for name, parameter in network.named_parameters():
        plain = parameter.ndim < 2 or "pos_bias" in name or "embed" in name
        (small if plain else large).append(parameter)
    groups = [{"params": large, "weight_decay": 1e-2}, {"params": small, "weight_decay": 0.0}]
    return torch.optim.AdamW(groups, lr=rate, betas=(0.9, 0.98), fused=True)


def _average_gradients(parameters: list[torch.nn.Parameter], processes: int) -> None:
    gradients = [p.grad if p.grad is not None else torch.zeros_like(p) for p in parameters]
    flat = torch.cat([gradient.flatten() for gradient in gradients])
    dist.all_reduce(flat)
    flat /= processes
    for parameter, part in zip(parameters, flat.split([p.numel() for p in parameters]), strict=True):
        parameter.grad = part.view_as(parameter)


class _Average:
    """The exponential moving average of all weights, which is what gets exported."""

    def __init__(self, network: Parakeet) -> None:
        self.weights: dict[str, torch.Tensor] = copy.deepcopy(network.state_dict())
        self._live = network.state_dict()
        self._names = [name for name, weight in self.weights.items() if weight.is_floating_point()]

    def follow(self, step: int) -> None:
        """Move a little towards the live weights, more in the first steps."""
        mine = [self.weights[name] for name in self._names]
        live = [self._live[name] for name in self._names]
        with torch.no_grad():
            torch._foreach_lerp_(mine, live, 1 - min(_EMA_DECAY, (1 + step) / (10 + step)))


def _held_out_errors(weights: dict[str, torch.Tensor], clips: list[sets.Clip]) -> dict[str, float]:
    """Word error rate of each set, decoded here in torch; a quick look, not the final measurement."""
    network = Parakeet(Shape())
    network.load_state_dict(weights)
    network.eval()
    bank = torch.from_numpy(mel_bank())[None]
    pairs: dict[str, list[tuple[str, str]]] = {}
    for clip in clips:
        with torch.no_grad():
            encoded = network.encoder(log_mel(torch.from_numpy(clip.samples)[None], bank))[0]
            heard = tokenizer.decode(network.greedy(encoded))
        pairs.setdefault(clip.group, []).append((clip.text, heard))
    return {group: round(100 * score(rows).plain.rate, 1) for group, rows in pairs.items()}


class _Trainer:
    """One process of a run; rank 0 also keeps the average, the checkpoint and the log."""

    def __init__(self, rank: int, options: Options) -> None:
        torch.set_num_threads(1)
        torch.set_flush_denormal(True)
        torch.manual_seed(0)
        self._rank, self._options = rank, options
        self._network = Parakeet(Shape())
        self._batches = Batches(options.corpus, options.seconds / options.processes)
        self._optimizer = optimizer(self._network, options.rate)
        self._progress = _Progress()
        self._flat_start = options.init is None
        self._average = _Average(self._network)
        self._restore()
        for generator in (random.seed, np.random.seed, torch.manual_seed):
            generator(1000 * self._progress.step + rank)
        self._clips = list(sets.evaluation_clips(16)) if rank == 0 else []
        self._parts: dict[str, list[float]] = {}
        self._saved_s = self._logged_s = self._progress.elapsed_s()
        self._say(f"{len(self._batches.corpus.utterances)} utterances, {self._batches.hours:.1f} h")

    def _restore(self) -> None:
        if self._options.checkpoint.exists():
            kept = torch.load(self._options.checkpoint, weights_only=True)
            self._network.load_state_dict(kept["live"])
            self._average.weights.update(kept["ema"])
            self._optimizer.load_state_dict(kept["optimizer"])
            self._progress = _Progress(kept["step"], kept["heard_s"], kept["spent_s"])
        elif self._options.init is not None:
            self._network.load_state_dict(torch.load(self._options.init, weights_only=False)["ema"])
            self._average = _Average(self._network)

    def _say(self, text: str) -> None:
        if self._rank == 0:
            print(text, flush=True)

    def _share_done(self) -> float:
        done = torch.tensor([self._progress.elapsed_s() / 60 / self._options.minutes])
        if self._options.processes > 1:
            dist.broadcast(done, 0)
        return float(done)

    def run(self) -> None:
        """Train until the minutes are over."""
        while (share := self._share_done()) < 1:
            self._step(share)
            if self._rank == 0:
                self._average.follow(self._progress.step)
                self._report()
        if self._rank == 0:
            self._save()

    def _step(self, share: float) -> None:
        for group in self._optimizer.param_groups:
            group["lr"] = _rate(self._options, self._progress.step, share)
        self._network.train()
        batch = self._batches.draw(_effort(share, flat_start=self._flat_start))
        loss, parts = batch_loss(self._network, batch, share, flat_start=self._flat_start)
        self._optimizer.zero_grad()
        loss.backward()
        parameters = list(self._network.parameters())
        if self._options.processes > 1:
            _average_gradients(parameters, self._options.processes)
        if torch.isfinite(torch.nn.utils.clip_grad_norm_(parameters, 2.0)):
            self._optimizer.step()
        self._progress.step += 1
        self._progress.heard_s += batch.seconds * self._options.processes
        for name, value in parts.items():
            self._parts.setdefault(name, []).append(value)

    def _report(self) -> None:
        now_s = self._progress.elapsed_s()
        if now_s - self._logged_s > 30:
            means = " ".join(f"{name} {np.mean(values):.3f}" for name, values in self._parts.items())
            heard_h = self._progress.heard_s / 3600
            self._say(f"minute {now_s / 60:.1f} step {self._progress.step} {means} heard {heard_h:.1f} h")
            self._parts.clear()
            self._logged_s = now_s
        if now_s - self._saved_s > self._options.save_every_s:
            self._save()
            self._saved_s = now_s

    def _save(self) -> None:
        kept: dict[str, Any] = {
            "shape": Shape().to_dict(),
            "ema": self._average.weights,
            "live": self._network.state_dict(),
            "optimizer": self._optimizer.state_dict(),
            "step": self._progress.step,
            "heard_s": self._progress.heard_s,
            "spent_s": self._progress.elapsed_s(),
        }
        own = self._options.checkpoint.with_suffix(".part")
        torch.save(kept, own)
        own.rename(self._options.checkpoint)
        self._say(f"held-out WER {_held_out_errors(self._average.weights, self._clips)}")


def _run_process(rank: int, options: Options) -> None:
    if options.processes > 1:
        os.environ.update(MASTER_ADDR="127.0.0.1", MASTER_PORT=_PORT, GLOO_SOCKET_IFNAME="lo")
        dist.init_process_group("gloo", rank=rank, world_size=options.processes)
    _Trainer(rank, options).run()


def train(options: Options) -> None:
    """Train for the given minutes; safe to stop at any time and to start again with the same options."""
    options.checkpoint.parent.mkdir(parents=True, exist_ok=True)
    # glibc gives big buffers back after every step; keeping them avoids the page faults.
    for name in ("MALLOC_MMAP_THRESHOLD_", "MALLOC_TRIM_THRESHOLD_"):
        os.environ[name] = "8000000000"
    torch.multiprocessing.spawn(_run_process, (options,), options.processes)
