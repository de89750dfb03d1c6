"""Several models in one place: each answers to its name."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from meeting_service.errors import CannotStart
from meeting_service.recogniser import EngineThread
from meeting_service.recognition import Window
from meeting_service.worker.recognisers import Recognisers
from tests.spoken import list_recordings


@pytest.fixture(scope="module")
def engine(loud: str) -> Iterator[EngineThread[Recognisers]]:
    """Two models, loaded."""
    with EngineThread(lambda: Recognisers(("demo", loud), "auto")) as engine:
        yield engine


def hear(engine: EngineThread[Recognisers], model: str | None) -> str:
    """What a model makes of a short recording."""
    recording = min(list_recordings(), key=lambda found: len(found.pcm))
    samples = (recording.pcm / 32_768).astype(np.float32)
    window = Window(samples, 0, 0, len(samples))
    (answer,) = engine.call(lambda models: models.recognise([window], model)).result()
    return "".join(token.text for token in answer.tokens)


def test_each_answers_to_its_name(engine: EngineThread[Recognisers], loud: str) -> None:
    """The first one where none is named."""
    quiet = hear(engine, "demo")

    assert quiet
    assert quiet == hear(engine, None)
    assert quiet.upper() == hear(engine, loud)
    assert quiet == hear(engine, "demo")


def test_all_are_described(engine: EngineThread[Recognisers], loud: str) -> None:
    """Each with its kind, for readiness and logs."""
    described = engine.call(lambda models: models.describe()).result()

    assert described.startswith("demo (TDT)")
    assert f"; {loud} (TDT)" in described


def test_one_that_cannot_be_loaded_stops_the_start(tmp_path: Path) -> None:
    """A wrong name is told at once, not when a meeting asks for it."""
    with pytest.raises(CannotStart, match="has no config"):
        EngineThread(lambda: Recognisers(("demo", str(tmp_path)), "auto"))
