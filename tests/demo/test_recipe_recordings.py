"""What the bundled model makes of the recordings of the test-suite, through the service's own path."""

from functools import cache
from pathlib import Path

import av
import numpy as np
import pytest

from meeting_service.demo.recipe.evaluate import Listener, service_listener
from meeting_service.demo.recipe.scoring import score
from meeting_service.demo.recipe.synthesis import TRAINED_VOICES, UNSEEN_VOICE
from meeting_service.demo.recipe.text import is_held_out
from meeting_service.recognition import Samples

RECORDINGS = Path(__file__).parent.parent / "recordings"
MODEL = Path(__file__).parents[2] / "meeting_service" / "demo" / "model"
ROWS = [line.split("\t") for line in (RECORDINGS / "references.tsv").read_text().splitlines()]


@cache
def listener() -> Listener:
    """The bundled model, loaded once."""
    return service_listener(MODEL)


def read(name: str) -> Samples:
    """A recording, mono 16 kHz, `(samples,)`."""
    with av.open(str(RECORDINGS / name)) as container:
        blocks = [frame.to_ndarray() for frame in container.decode(audio=0)]
    samples: Samples = np.concatenate(blocks, 1)[0].astype(np.float32) / np.float32(32768)
    return samples


def hear(kind: str) -> list[tuple[str, str]]:
    """References and hypotheses of all recordings of one kind."""
    return [(text, listener()(read(name))) for name, _, text in ROWS if name.startswith(kind)]


@pytest.mark.parametrize(("kind", "at_most"), [("sentence", 0.10), ("pauses", 0.15), ("nonstop", 0.15)])
def test_trained_voices_are_understood(kind: str, at_most: float) -> None:
    """Held-out sentences, alone, with pauses and without, come back almost word for word."""
    result = score(hear(kind))

    assert result.plain.words > 20
    assert result.plain.rate <= at_most


def test_recordings_are_what_they_say() -> None:
    """Trained voices except for one, sentences held out of training, a file for every row."""
    voices = {voice for _, voice, _ in ROWS}
    single = [text for name, _, text in ROWS if name.startswith(("sentence", "short", "unseen"))]

    assert voices <= {*TRAINED_VOICES, UNSEEN_VOICE}
    assert all(is_held_out(text) for text in single)
    assert {name for name, _, _ in ROWS} == {path.name for path in RECORDINGS.glob("*.flac")}
