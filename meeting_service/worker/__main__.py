"""The child process: `python -m meeting_service.worker FD`, where FD is its end of the service's socket."""

from meeting_service.segmenter import SileroDetector
from meeting_service.worker.child import run_child
from meeting_service.worker.messages import Configure
from meeting_service.worker.recognisers import Recognisers


def load(configure: Configure) -> Recognisers:
    """The models that were asked for, loaded and warm."""
    return Recognisers(configure.models, configure.weights)


if __name__ == "__main__":
    run_child(load, SileroDetector)
