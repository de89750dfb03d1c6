"""
A small FastConformer-TDT in torch: encoder, predictor, joint, and a CTC head that only training uses.

Names and shapes follow the checkpoint that `parakeet_mlx` reads, apart from what `export` renames.
"""

# mypy: allow-subclassing-any

import math
from dataclasses import asdict, dataclass

import torch
from torch import nn
from torch.nn import functional as fn

DURATIONS = 5
"""A step of the decoder moves on by 0 to 4 encoder frames."""

FRAME_SAMPLES = 1280
"""Samples of one encoder frame: 80 ms."""


@dataclass(frozen=True)
class Shape:
    """The sizes of the network."""

    bands: int = 80
    channels: int = 32
    width: int = 144
    layers: int = 6
    heads: int = 4
    expansion: int = 4
    kernel: int = 9
    predictor: int = 160
    joint: int = 160
    pieces: int = 256

    def to_dict(self) -> dict[str, int]:
        """The sizes by name, for a checkpoint."""
        return asdict(self)


class _FeedForward(nn.Module):
    def __init__(self, width: int, expansion: int) -> None:
        super().__init__()
        self.linear1 = nn.Linear(width, width * expansion, bias=False)
        self.linear2 = nn.Linear(width * expansion, width, bias=False)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        out: torch.Tensor = self.linear2(fn.silu(self.linear1(x)))
        return out


class _Attention(nn.Module):
    """Self-attention with the relative positions of Transformer-XL."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.heads, self.size = heads, width // heads
        for name in ("q", "k", "v", "out", "pos"):
            setattr(self, f"linear_{name}", nn.Linear(width, width, bias=False))
        self.pos_bias_u = nn.Parameter(torch.zeros(heads, self.size))
        self.pos_bias_v = nn.Parameter(torch.zeros(heads, self.size))

    def forward(self, x: torch.Tensor, positions: torch.Tensor) -> torch.Tensor:
        batch, frames, width = x.shape
        split = (batch, frames, self.heads, self.size)
        query = self.linear_q(x).view(split)
        key = self.linear_k(x).view(split).transpose(1, 2)
        value = self.linear_v(x).view(split).transpose(1, 2)
        place = self.linear_pos(positions).view(-1, self.heads, self.size).permute(1, 2, 0)
        scores = (query + self.pos_bias_v).transpose(1, 2) @ place  # (batch, heads, frames, 2 frames - 1)
        scores = fn.pad(scores, (1, 0)).view(batch, self.heads, 2 * frames, frames)[:, :, 1:]
        scores = scores.reshape(batch, self.heads, frames, 2 * frames - 1)[..., :frames]
        scale = self.size**-0.5
        query = (query + self.pos_bias_u).transpose(1, 2)
        mixed = fn.scaled_dot_product_attention(query, key, value, attn_mask=scores * scale, scale=scale)
        out: torch.Tensor = self.linear_out(mixed.transpose(1, 2).reshape(batch, frames, width))
        return out


class _Convolution(nn.Module):
    def __init__(self, width: int, kernel: int) -> None:
        super().__init__()
        self.pointwise_conv1 = nn.Conv1d(width, 2 * width, 1, bias=False)
        self.depthwise_conv = nn.Conv1d(width, width, kernel, padding=kernel // 2, groups=width, bias=False)
        self.batch_norm = nn.BatchNorm1d(width)
        self.pointwise_conv2 = nn.Conv1d(width, width, 1, bias=False)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        # Pointwise convolutions as matrix products: faster on the CPU.
        x = fn.glu(fn.linear(x, self.pointwise_conv1.weight[:, :, 0]), -1)
        x = fn.silu(self.batch_norm(self.depthwise_conv(x.transpose(1, 2)))).transpose(1, 2)
        return fn.linear(x, self.pointwise_conv2.weight[:, :, 0])


class _Block(nn.Module):
    def __init__(self, shape: Shape) -> None:
        super().__init__()
        for name in ("feed_forward1", "self_att", "conv", "feed_forward2", "out"):
            setattr(self, f"norm_{name}", nn.LayerNorm(shape.width))
        self.feed_forward1 = _FeedForward(shape.width, shape.expansion)
        self.feed_forward2 = _FeedForward(shape.width, shape.expansion)
        self.self_attn = _Attention(shape.width, shape.heads)
        self.conv = _Convolution(shape.width, shape.kernel)

    def forward(self, x: torch.Tensor, positions: torch.Tensor) -> torch.Tensor:
        x = x + 0.5 * self.feed_forward1(self.norm_feed_forward1(x))
        x = x + self.self_attn(self.norm_self_att(x), positions)
        x = x + self.conv(self.norm_conv(x))
        x = x + 0.5 * self.feed_forward2(self.norm_feed_forward2(x))
        out: torch.Tensor = self.norm_out(x)
        return out


def _halve(channels: int) -> list[nn.Module]:
    depthwise = nn.Conv2d(channels, channels, 3, 2, 1, groups=channels)
    return [depthwise, nn.Conv2d(channels, channels, 1), nn.ReLU()]


class _Subsampling(nn.Module):
    """Eight mel frames become one encoder frame, by three strided convolutions."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        first = [nn.Conv2d(1, shape.channels, 3, 2, 1), nn.ReLU()]
        self.conv = nn.ModuleList([*first, *_halve(shape.channels), *_halve(shape.channels)])
        self.out = nn.Linear(shape.channels * -(-shape.bands // 8), shape.width)

    def forward(self, features: torch.Tensor) -> torch.Tensor:
        x = features.unsqueeze(1)
        for layer in self.conv:
            x = layer(x)
        out: torch.Tensor = self.out(x.transpose(1, 2).flatten(2))
        return out


class Encoder(nn.Module):
    """Log-mel features to encoder frames."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.width = shape.width
        self.pre_encode = _Subsampling(shape)
        self.layers = nn.ModuleList([_Block(shape) for _ in range(shape.layers)])

    def _positions(self, frames: int) -> torch.Tensor:
        distance = torch.arange(frames - 1, -frames, -1.0)[:, None]
        rate = torch.exp(torch.arange(0, self.width, 2.0) * -(math.log(10000.0) / self.width))
        return torch.stack([torch.sin(distance * rate), torch.cos(distance * rate)], -1).flatten(1)

    def forward(self, features: torch.Tensor) -> torch.Tensor:
        """`features`: `(batch, mel_frames, bands)`; returns `(batch, ceil(mel_frames / 8), width)`."""
        # In bfloat16 the backward pass of these small convolutions takes three times as long on a CPU.
        with torch.autocast("cpu", enabled=False):
            x = self.pre_encode(features)
        positions = self._positions(x.shape[1])
        for layer in self.layers:
            x = layer(x, positions)
        return x


class Parakeet(nn.Module):
    """The whole network.  `embed` and `lstm` predict, `je`, `jp` and `jo` join, `ctc` guides training."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.shape, self.blank = shape, shape.pieces
        self.encoder = Encoder(shape)
        self.embed = nn.Embedding(shape.pieces + 1, shape.predictor, padding_idx=shape.pieces)
        self.lstm = nn.LSTM(shape.predictor, shape.predictor, 1, batch_first=True)
        self.jp = nn.Linear(shape.predictor, shape.joint)
        self.je = nn.Linear(shape.width, shape.joint)
        self.jo = nn.Linear(shape.joint, shape.pieces + 1 + DURATIONS)
        self.ctc = nn.Linear(shape.width, shape.pieces + 1)

    def predict(self, tokens: torch.Tensor, dropout: float = 0.0) -> torch.Tensor:
        """`tokens`: `(batch, tokens)`; returns what the joint takes, `(batch, tokens + 1, joint)`."""
        begun = torch.cat([tokens.new_full((len(tokens), 1), self.blank), tokens], 1)
        hidden, _ = self.lstm(fn.dropout(self.embed(begun), dropout, self.training))
        out: torch.Tensor = self.jp(hidden)
        return out

    def greedy(self, encoded: torch.Tensor, max_symbols: int = 10) -> list[int]:
        """The tokens of one utterance, without gradients; `encoded`: `(frames, width)`."""
        frame, stayed, last, state = 0, 0, self.blank, None
        tokens: list[int] = []
        heard, hidden, following = self.je(encoded), None, None
        while frame < len(encoded):
            if hidden is None:
                out, following = self.lstm(self.embed(torch.tensor([[last]])), state)
                hidden = self.jp(out[0, 0])
            scores = self.jo(fn.relu(heard[frame] + hidden))
            token, skip = int(scores[: self.blank + 1].argmax()), int(scores[self.blank + 1 :].argmax())
            if token != self.blank:
                tokens.append(token)
                last, state, hidden = token, following, None
            stayed = stayed + 1 if skip == 0 else 0
            frame += skip if stayed < max_symbols else 1
            stayed = stayed % max_symbols
        return tokens
