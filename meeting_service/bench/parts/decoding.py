"""Decoding many windows together beside one after another."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import mlx.core as mx
import numpy as np

from meeting_service.bench.context import Context
from meeting_service.bench.figures import Figure, Rows
from meeting_service.bench.full_size import make_speech_like
from meeting_service.bench.part import Part
from meeting_service.bench.speech import list_sentences
from meeting_service.bench.timing import Took, interleave, least_wall_s, median_cpu_s
from meeting_service.recogniser import Recogniser
from meeting_service.recogniser.decoder import Region
from meeting_service.recogniser.decoders import Decoders
from meeting_service.recogniser.device import open_device
from meeting_service.recogniser.features import FrontEnd
from meeting_service.recognition import DecodingConfig, Samples

WINDOWS = 16
_WINDOW_S = 6.0


@dataclass(frozen=True, slots=True)
class Speedup:
    """Both ways of decoding the same windows."""

    model: str
    tokens: int
    one_by_one: list[Took]
    together: list[Took]

    @property
    def ratio(self) -> float:
        """How many times faster together, by the clock, each in its least disturbed round."""
        return least_wall_s(self.one_by_one) / least_wall_s(self.together)

    @property
    def cpu_ratio(self) -> float:
        """The same by CPU time."""
        return median_cpu_s(self.one_by_one) / median_cpu_s(self.together)


def measure_speedup(model: str, recogniser: Recogniser, audio: Sequence[Samples], rounds: int) -> Speedup:
    """Encode `audio`, then decode it both ways in turn."""
    network = recogniser.model.network
    decoder = Decoders(network, recogniser.model.vocabulary, open_device()).get(DecodingConfig())
    encoded = _encode(recogniser, audio)
    regions = [Region(0, len(frames), None) for frames in encoded]

    def one_by_one() -> None:
        for frames, region in zip(encoded, regions, strict=True):
            decoder.decode([frames], [region])

    found = decoder.decode(encoded, regions)
    one_by_one()
    took = interleave({"one": one_by_one, "all": lambda: decoder.decode(encoded, regions)}, rounds)
    return Speedup(model, sum(len(decoded.emissions) for decoded in found), took["one"], took["all"])


def _encode(recogniser: Recogniser, audio: Sequence[Samples]) -> list[mx.array]:
    front_end = FrontEnd(recogniser.model.front_end)
    encoder = recogniser.encoder
    encoded = []
    for samples in audio:
        mel = front_end.log_mel(samples)
        length = encoder.length(encoder.frames(len(mel))) * encoder.factor
        encoded.append(encoder(np.pad(mel, ((0, length - len(mel)), (0, 0)))[None], [len(mel)])[0])
    mx.eval(encoded)
    return encoded


def _run(context: Context) -> Iterator[Figure]:
    rounds = context.choose(3, 9)
    context.say("bundled model")
    sentences = [sentence.samples for sentence in list_sentences()[:WINDOWS]]
    bundled = measure_speedup("bundled", context.bundled, sentences, rounds)
    recogniser = context.full_size
    context.say("full-size model")
    speech = [make_speech_like(_WINDOW_S, seed) for seed in range(WINDOWS)]
    yield _figure([measure_speedup("full-size", recogniser, speech, rounds), bundled])


def _figure(found: Sequence[Speedup]) -> Figure:
    full = found[0]
    note = f"full-size model, {WINDOWS} windows of {_WINDOW_S:.0f} s, {full.tokens} tokens, without encoding"
    columns = ("model", "tokens", "one by one ms", "together ms", "÷", "÷ by CPU time")
    rows = tuple(
        (
            s.model,
            str(s.tokens),
            f"{1_000 * least_wall_s(s.one_by_one):.1f}",
            f"{1_000 * least_wall_s(s.together):.1f}",
            f"{s.ratio:.1f}",
            f"{s.cpu_ratio:.1f}",
        )
        for s in found
    )
    details = {s.model: {"speedup": s.ratio, "by_cpu": s.cpu_ratio, "tokens": s.tokens} for s in found}
    return Figure("batch_decode_speedup", full.ratio, note, rows=Rows(columns, rows), details=details)


PART = Part("decoder", "decoding 16 windows together", ("batch_decode_speedup",), 0.4, _run)
