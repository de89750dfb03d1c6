"""The models of one worker, each loaded and warm, asked for by name."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, cast

from meeting_service.recogniser import Recogniser, RecogniserInfo, get_model, load_recogniser
from meeting_service.recognition import Hypothesis, Window

if TYPE_CHECKING:
    from meeting_service.recogniser.loading import Weights


class Recognisers:
    """Recognisers of several models on one device. Belongs to the thread that made it.

    Args:
        names: hub names, folders or `demo`; at least one.
        weights: what a weight may take, in all of them.

    Raises:
        CannotStart: one of them cannot be loaded.
    """

    def __init__(self, names: Sequence[str], weights: str) -> None:
        self._by_name = {name: _load(name, cast("Weights", weights)) for name in names}

    def recognise(self, windows: Sequence[Window], model: str | None = None) -> list[Hypothesis]:
        """Answer every window, in the order asked, by one model: the first one unless named."""
        name = model or next(iter(self._by_name))
        return self._by_name[name].recognise(windows)

    def describe(self) -> str:
        """What recognises here, for people."""
        return "; ".join(_describe(recogniser.describe()) for recogniser in self._by_name.values())


def _load(name: str, weights: "Weights") -> Recogniser:
    recogniser = load_recogniser(get_model(name), weights)
    recogniser.warm_up()
    return recogniser


def _describe(info: RecogniserInfo) -> str:
    blas = f", {info.blas}" if info.device == "cpu" else ""
    return f"{info.model} ({info.kind}), {info.weights} on {info.device}{blas}"
