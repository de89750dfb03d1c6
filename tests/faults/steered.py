"""A worker's child with the bundled model, which stalls, slows down or dies when it is told to.

Run by the service as `python -m tests.faults.steered FD FD FD`.
"""

import os
from pathlib import Path

from meeting_service.segmenter import SileroDetector
from meeting_service.worker.child import run_child
from meeting_service.worker.messages import Configure
from meeting_service.worker.recognisers import Recognisers
from tests.faults.hashing import SteeredModels
from tests.faults.steering import STEERING


def load(configure: Configure) -> SteeredModels:
    """The models that were asked for, under orders."""
    return SteeredModels(Path(os.environ[STEERING]), Recognisers(configure.models, configure.weights))


if __name__ == "__main__":
    run_child(load, SileroDetector)
