"""What drafts cost and how steady they are, at the pace they have in life."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from meeting_service.bench.audio_time import Heard, Listening
from meeting_service.bench.context import Context
from meeting_service.bench.figures import Figure, Rows
from meeting_service.bench.part import Part
from meeting_service.bench.speech import Spoken, join, lay_out_meeting, list_sentences
from meeting_service.recognition import Samples
from meeting_service.worker.messages import Drafted, Finalized, Reply


@dataclass(frozen=True, slots=True)
class Erasure:
    """Characters on the page."""

    erased: int
    """that were shown and went away again"""
    final: int

    def __add__(self, other: "Erasure") -> "Erasure":
        return Erasure(self.erased + other.erased, self.final + other.final)

    @property
    def rate(self) -> float:
        """Taken back for each that stayed."""
        return self.erased / max(1, self.final)


@dataclass(frozen=True, slots=True)
class Scene:
    """Who speaks how, and what was heard of it."""

    name: str
    speech_s: float
    heard: Heard
    erasure: Erasure

    @property
    def amplification(self) -> float:
        """Seconds encoded for each that was spoken."""
        return self.heard.encoded_s / self.speech_s


def count_erased(replies: Sequence[Reply]) -> Erasure:
    """What a watcher of one stream saw going away: everything after the first character that changed."""
    final, shown, erased = "", "", 0
    for reply in replies:
        if isinstance(reply, Finalized):
            final += "".join(f"{sentence.text} " for sentence in reply.sentences)
        elif not isinstance(reply, Drafted):
            continue
        now = final + reply.draft.text
        erased += len(shown.rstrip()) - _common(shown.rstrip(), now)
        shown = now
    return Erasure(erased, len(final))


def _common(before: str, after: str) -> int:
    """How many characters both begin with."""
    pairs = enumerate(zip(before, after, strict=False))
    return next((index for index, (a, b) in pairs if a != b), min(len(before), len(after)))


def make_scene(context: Context, name: str, streams: Sequence[Samples], speech_s: float) -> Scene:
    """Hear `streams` live with the bundled model."""
    heard = Listening(context.scratch, streams, context.settings).listen(context.bundled)
    of_stream = (
        count_erased([r for _, r in heard.replies if getattr(r, "stream_id", None) == stream])
        for stream in range(1, len(streams) + 1)
    )
    return Scene(name, speech_s, heard, sum(of_stream, start=Erasure(0, 0)))


def _run(context: Context) -> Iterator[Figure]:
    context.say("a meeting of ten")
    layout = lay_out_meeting(context.choose(30, 150))
    scenes = [make_scene(context, "meeting of ten", layout.streams, layout.speech_s)]
    own = [s for s in list_sentences() if s.name == "ann"][: context.choose(6, 18)]
    for name, pauses in (("one, with pauses", True), ("one, without", False)):
        context.say(name)
        samples = join(own, pauses=pauses).samples
        scenes.append(make_scene(context, name, [samples], _speech_s(own)))
    yield from _figures(scenes)


def _speech_s(sentences: Sequence[Spoken]) -> float:
    return sum(sentence.seconds for sentence in sentences)


def _figures(scenes: Sequence[Scene]) -> Iterator[Figure]:
    speech_s = sum(scene.speech_s for scene in scenes)
    erasure = sum((scene.erasure for scene in scenes), start=Erasure(0, 0))
    details = {scene.name: _details(scene) for scene in scenes}
    note = f"bundled model, {speech_s:.0f} s of speech; windows' context and drafts included"
    encoded_s = sum(scene.heard.encoded_s for scene in scenes)
    yield Figure("encode_amplification", encoded_s / speech_s, note, rows=_table(scenes), details=details)
    note = f"{erasure.erased} of {erasure.final}; every change of what a watcher sees counts"
    yield Figure("erasure", erasure.rate, note, details=details)


def _table(scenes: Sequence[Scene]) -> Rows:
    columns = ("", "speech s", "encoded ÷ speech", "drafts", "erasure")
    rows = (
        (s.name, f"{s.speech_s:.0f}", f"{s.amplification:.2f}", f"{s.heard.drafts}", f"{s.erasure.rate:.2f}")
        for s in scenes
    )
    return Rows(columns, tuple(rows))


def _details(scene: Scene) -> dict[str, float]:
    return {
        "speech_s": scene.speech_s,
        "encode_amplification": scene.amplification,
        "windows": scene.heard.windows,
        "drafts": scene.heard.drafts,
        "erasure": scene.erasure.rate,
    }


PART = Part("drafts", "what drafts cost, how steady they are", ("encode_amplification", "erasure"), 0.5, _run)
