"""What the recogniser alone would have cost: the windows a service recognised, recognised again without it.

The worker notes at debug level which audio each batch held; the ledger still has that audio. So both sides do
the same work: finals and drafts, window by window, batch by batch.
"""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from meeting_service.bench.served import read_log
from meeting_service.ledger import LedgerReader
from meeting_service.recogniser import Engine
from meeting_service.recognition import DecoderState, Window

_FULL_SCALE = np.float32(1 / 32_768)


@dataclass(frozen=True, slots=True)
class Replay:
    """What it came to."""

    cpu_s: float
    """of the recogniser and all its threads"""
    windows: int
    encoded_s: float
    """audio in all windows, that of drafts and of context included"""


@dataclass(frozen=True, slots=True)
class _Noted:
    """A window as it is in the log."""

    stream_id: int
    start: int
    length: int
    decode_start: int
    decode_end: int
    tail: bool
    final: bool


def replay(log: Path, ledger: Path, engine: Engine) -> Replay:
    """Recognise again what a service has recognised of streams at 16 kHz.

    Twice, since the service's own recogniser is warm and this one may not be; the cheaper time counts.

    Args:
        log: the service's, at debug level.
        ledger: the service's, with the audio still in it.
        engine: the same model as the service's.
    """
    batches = [[_Noted(*window) for window in entry["windows"]] for entry in read_log(log, "batch")]
    reader = LedgerReader(ledger)
    try:
        cpu_s = min(_recognise_all(batches, reader, engine) for _ in range(2))
    finally:
        reader.close()
    windows = [noted for batch in batches for noted in batch]
    return Replay(cpu_s, len(windows), sum(noted.length for noted in windows) / 16_000)


def _recognise_all(batches: Sequence[Sequence[_Noted]], reader: LedgerReader, engine: Engine) -> float:
    """CPU seconds of the recogniser; reading the audio does not count."""
    states: dict[int, DecoderState] = {}
    cpu_s = 0.0
    for batch in batches:
        windows = [_to_window(noted, reader, states) for noted in batch]
        before_s = time.process_time()
        hypotheses = engine.recognise(windows)
        cpu_s += time.process_time() - before_s
        for noted, hypothesis in zip(batch, hypotheses, strict=True):
            if noted.final:
                states[noted.stream_id] = hypothesis.state
    return cpu_s


def _to_window(noted: _Noted, reader: LedgerReader, states: Mapping[int, DecoderState]) -> Window:
    pcm: Any = reader.read(noted.stream_id, noted.start, noted.start + noted.length)
    # Only a window that begins where its decoding does begins an utterance.
    state = None if noted.start == noted.decode_start else states.get(noted.stream_id)
    samples = pcm * _FULL_SCALE
    return Window(samples, noted.start, noted.decode_start, noted.decode_end, state, tail=noted.tail)
