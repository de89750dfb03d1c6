"""Where the CPU time of live recognition goes.

A meeting is heard once as a whole; then each stage alone goes through the same audio and windows
again. What is left of the whole is reading the ledger, pacing and assembling.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import mlx.core as mx
import numpy as np

from meeting_service.bench.audio_time import Listening
from meeting_service.bench.context import Context
from meeting_service.bench.figures import Figure, Rows
from meeting_service.bench.part import Part
from meeting_service.bench.parts.voice_detection import segment
from meeting_service.bench.speech import Layout, lay_out_meeting
from meeting_service.bench.timing import interleave, median_cpu_s
from meeting_service.recogniser import Recogniser
from meeting_service.recogniser.features import FrontEnd
from meeting_service.recognition import Window
from meeting_service.settings import SegmenterSettings

_STAGES = ("voice detection", "features", "encoder", "decoder", "the rest")


@dataclass(frozen=True, slots=True)
class Profile:
    """CPU time of one model's meeting."""

    model: str
    speech_s: float
    total_s: float
    stages_s: dict[str, float]
    """by stage; they sum up to the total, noise apart"""

    def ms_per_s(self, stage: str) -> float:
        """CPU per second of speech."""
        return 1_000 * self.stages_s[stage] / self.speech_s

    def share(self, stage: str) -> float:
        """Of the whole."""
        return self.stages_s[stage] / self.total_s


def take_profile(
    context: Context, model: str, recogniser: Recogniser, layout: Layout, rounds: int
) -> Profile:
    """Hear `layout` as a whole, then stage by stage, in turn."""
    listening = Listening(context.scratch, layout.streams, context.settings)
    asked = listening.listen(recogniser, keep=True).asked
    windows = [window for batch in asked for window in batch]
    settings = context.settings.segmenter
    ways: dict[str, Callable[[], object]] = {
        "whole": lambda: listening.listen(recogniser),
        "voice detection": lambda: _segment_all(layout, settings),
        "recogniser": lambda: [recogniser.recognise(batch) for batch in asked],
        "features": lambda: _make_features(recogniser, windows),
        "encoder": _encoding(recogniser, windows),
    }
    took = {name: median_cpu_s(took) for name, took in interleave(ways, rounds).items()}
    stages = {name: took[name] for name in ("voice detection", "features", "encoder")}
    stages["decoder"] = max(0.0, took["recogniser"] - took["features"] - took["encoder"])
    stages["the rest"] = max(0.0, took["whole"] - took["voice detection"] - took["recogniser"])
    return Profile(model, layout.speech_s, took["whole"], stages)


def _segment_all(layout: Layout, settings: SegmenterSettings) -> None:
    for samples in layout.streams:
        segment(samples, settings)


def _make_features(recogniser: Recogniser, windows: Sequence[Window]) -> None:
    front_end = FrontEnd(recogniser.model.front_end)
    for window in windows:
        front_end.log_mel(window.samples)


def _encoding(recogniser: Recogniser, windows: Sequence[Window]) -> Callable[[], object]:
    """Encodes every window, padded as the recogniser does it, from features made before."""
    front_end = FrontEnd(recogniser.model.front_end)
    encoder = recogniser.encoder
    batches = []
    for window in windows:
        mel = front_end.log_mel(window.samples)
        length = encoder.length(encoder.frames(len(mel))) * encoder.factor
        batches.append((np.pad(mel, ((0, length - len(mel)), (0, 0)))[None], [len(mel)]))

    def encode() -> None:
        for batch in batches:
            mx.eval(encoder(*batch))

    return encode


def _run(context: Context) -> Iterator[Figure]:
    context.say("bundled model")
    layout = lay_out_meeting(context.choose(15, 60))
    profiles = [take_profile(context, "bundled", context.bundled, layout, context.choose(2, 3))]
    if not context.quick:
        recogniser = context.full_size
        context.say("full-size model")
        profiles.append(take_profile(context, "full-size", recogniser, lay_out_meeting(15), 2))
    yield _figure(profiles)


def _figure(profiles: Sequence[Profile]) -> Figure:
    columns = ("", *(column for p in profiles for column in (f"{p.model} ms", "%")))
    rows = [
        (
            stage,
            *(cell for p in profiles for cell in (f"{p.ms_per_s(stage):.2f}", f"{100 * p.share(stage):.0f}")),
        )
        for stage in _STAGES
    ]
    totals = (f"{1_000 * p.total_s / p.speech_s:.1f}" for p in profiles)
    rows.append(("all", *(cell for total in totals for cell in (total, "100"))))
    value = {p.model: {stage: p.ms_per_s(stage) for stage in _STAGES} for p in profiles}
    note = "a meeting of ten, drafts on; CPU ms per second of speech"
    return Figure("profile", value, note, rows=Rows(columns, tuple(rows)))


PART = Part("profile", "where the CPU time goes", ("profile",), 1.2, _run)
