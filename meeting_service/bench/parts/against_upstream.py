"""The same meeting on the same machine with the same weights: parakeet-mlx's streaming beside this service's.

Upstream has a stream per participant and encodes up to 20 s of its past with every push. So both are
measured from the 20th second on: before, its window is not full yet.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from meeting_service.audio import RECOGNITION_RATE_HZ
from meeting_service.bench.audio_time import Heard, Listening
from meeting_service.bench.context import Context
from meeting_service.bench.figures import Figure, Rows
from meeting_service.bench.part import Part
from meeting_service.bench.speech import PEOPLE, lay_out_meeting, speak_without_pause
from meeting_service.recogniser import Engine, describe_blas, get_model
from meeting_service.recognition import Samples
from meeting_service.settings import Settings

if TYPE_CHECKING:
    from meeting_service.bench.upstream import Upstream

FILLED_S = 20.0
"""after which upstream's window is full"""


@dataclass(frozen=True, slots=True)
class Comparison:
    """CPU seconds for the same seconds of audio."""

    scene: str
    model: str
    seconds: float
    upstream_s: float
    ours: tuple[Heard, Heard]
    """once before and once after upstream"""

    @property
    def ours_s(self) -> float:
        """The mean of both."""
        return sum(heard.cpu_s for heard in self.ours) / len(self.ours)

    @property
    def ratio(self) -> float:
        """How many times what we need upstream needs."""
        return self.upstream_s / self.ours_s


@dataclass(frozen=True, slots=True)
class Contest:
    """Two ways to run one model."""

    model: str
    engine: Engine
    upstream: "Upstream"

    def compare(
        self,
        scene: str,
        folder: Path,
        streams: Sequence[Samples],
        settings: Settings,
        from_s: float = FILLED_S,
    ) -> Comparison:
        """Run `streams` through ours, upstream and ours again; count from `from_s` on."""
        listening = Listening(folder, streams, settings)
        listening.listen(self.engine)
        before = listening.listen(self.engine, from_s=from_s)
        streamed = self.upstream.stream(streams, from_s)
        after = listening.listen(self.engine, from_s=from_s)
        seconds = len(streams[0]) / RECOGNITION_RATE_HZ - from_s
        return Comparison(scene, self.model, seconds, streamed.cpu_s, (before, after))


def _run(context: Context) -> Iterator[Figure]:
    meetings, speakers = [], []
    for contest, meeting_s, speaking_s in _contests(context):
        context.say(f"a meeting of {PEOPLE}, {contest.model} model")
        streams = lay_out_meeting(FILLED_S + meeting_s).streams
        meetings.append(contest.compare("meeting", context.scratch, streams, context.settings))
        context.say(f"one who never pauses, {contest.model} model")
        speaker = speak_without_pause(FILLED_S + speaking_s)
        speakers.append(contest.compare("speaking", context.scratch, [speaker], context.settings))
    yield _figure("upstream_ratio", meetings)
    yield _figure("upstream_ratio_speaking", speakers)


def _contests(context: Context) -> Iterator[tuple[Contest, float, float]]:
    """Each with the seconds of the meeting and of the speaker; the one that counts comes last."""
    from meeting_service.bench.upstream import Upstream

    context.say("loading upstream")
    upstream = Upstream.load(get_model("demo"))
    yield Contest("bundled", context.bundled, upstream), context.choose(5, 20), context.choose(10, 20)
    if not context.quick:
        upstream = Upstream.load(context.full_size_path)
        yield Contest("full-size", context.full_size, upstream), 5, 10


def _figure(key: str, comparisons: Sequence[Comparison]) -> Figure:
    last = comparisons[-1]
    note = f"{last.model} model, {last.seconds:.0f} s of audio, context (256, 256), pushes of 1 s"
    if not describe_blas().fast:
        note += "; upstream multiplies with the slow reference BLAS: install libopenblas0 to be fair to it"
    columns = ("model", "audio s", "upstream CPU s", "ours CPU s", "÷")
    rows = tuple(
        (c.model, f"{c.seconds:.0f}", f"{c.upstream_s:.1f}", f"{c.ours_s:.2f}", f"{c.ratio:.1f}")
        for c in comparisons
    )
    details = {c.model: _details(c) for c in comparisons}
    return Figure(key, last.ratio, note, rows=Rows(columns, rows), details=details)


def _details(comparison: Comparison) -> dict[str, float]:
    heard = comparison.ours[-1]
    return {
        "ratio": comparison.ratio,
        "seconds": comparison.seconds,
        "upstream_cpu_s": comparison.upstream_s,
        "ours_cpu_s": comparison.ours_s,
        "ours_encoded_s": heard.encoded_s,
        "ours_windows": heard.windows,
    }


PART = Part("upstream", "parakeet-mlx beside ours", ("upstream_ratio", "upstream_ratio_speaking"), 5.0, _run)
