"""The bundled model, loaded once for the tests of this folder, and recordings as windows."""

import numpy as np
import pytest

from meeting_service.recogniser import Recogniser, find_model, load_recogniser
from meeting_service.recognition import Samples, Window
from tests.spoken import list_recordings


@pytest.fixture(scope="session")
def recogniser() -> Recogniser:
    """The bundled model."""
    path = find_model("demo")
    assert path is not None
    return load_recogniser(path)


@pytest.fixture(scope="session")
def utterances() -> list[Samples]:
    """Every committed recording but the longest ones, as audio."""
    spoken = [recording.pcm.astype(np.float32) / np.float32(32_768) for recording in list_recordings()]
    return [samples for samples in spoken if len(samples) < 10 * 16_000]


@pytest.fixture(scope="session")
def windows(utterances: list[Samples]) -> list[Window]:
    """The same as whole utterances, each at its own place in its stream."""
    starts = [index * 5_000 for index in range(len(utterances))]
    return [Window(s, at, at, at + len(s)) for s, at in zip(utterances, starts, strict=True)]
