"""The committed recordings: synthesised speech with what was said."""

from dataclasses import dataclass
from functools import cache
from pathlib import Path

import av
import numpy as np

from meeting_service.audio import Pcm

FOLDER = Path(__file__).parent / "recordings"


@dataclass(frozen=True)
class Recording:
    """One file with its reference."""

    path: Path
    voice: str
    text: str

    @property
    def pcm(self) -> Pcm:
        """Its samples at 16 kHz, `(samples,)`."""
        return _decode(self.path)


@cache
def list_recordings() -> tuple[Recording, ...]:
    """All of them, in the order of their names."""
    lines = (FOLDER / "references.tsv").read_text(encoding="utf-8").splitlines()
    rows = (line.split("\t") for line in sorted(lines) if line)
    return tuple(Recording(FOLDER / name, voice, text) for name, voice, text in rows)


@cache
def _decode(path: Path) -> Pcm:
    with av.open(str(path)) as container:
        frames = [frame.to_ndarray().reshape(-1) for frame in container.decode(audio=0)]
    return np.concatenate(frames).astype(np.int16)
