"""The same recordings heard four ways: live, whole utterances at once, and both ways of parakeet-mlx."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from meeting_service.bench.audio_time import Listening
from meeting_service.bench.context import Context
from meeting_service.bench.figures import Figure, Rows, Target
from meeting_service.bench.part import Part
from meeting_service.bench.speech import Spoken, join, list_sentences
from meeting_service.recogniser import Engine, get_model
from meeting_service.recognition import Samples, Span, Window
from meeting_service.scoring import WordErrors, count_word_errors
from meeting_service.segmenter import Segmenter, SileroDetector
from meeting_service.settings import SegmenterSettings

ALLOWANCE = 0.2
"""points by which live text may be worse than whole utterances"""
_TITLES = {
    "wer_final": "live",
    "wer_offline": "utterances",
    "wer_upstream_offline": "upstream file",
    "wer_upstream_stream": "streaming",
}

Hear = Callable[[Sequence[Spoken]], Sequence[str]]
"""From recordings to their texts."""


@dataclass(frozen=True, slots=True)
class Set:
    """Recordings of one kind."""

    name: str
    recordings: tuple[Spoken, ...]

    @property
    def seconds(self) -> float:
        """Of all together."""
        return sum(recording.seconds for recording in self.recordings)


def make_sets(*, quick: bool) -> list[Set]:
    """Every sentence alone; each speaker's one after another, with pauses and without."""
    sentences = list_sentences()
    speakers = ("ben",) if quick else ("ann", "ben", "carla")
    alone = sentences[: 12 if quick else None]
    own = [[s for s in sentences if s.name == speaker][: 8 if quick else None] for speaker in speakers]
    return [
        Set("single sentences", tuple(join([sentence], pauses=False) for sentence in alone)),
        Set("with pauses", tuple(join(said, pauses=True) for said in own)),
        Set("without", tuple(join(said, pauses=False) for said in own)),
    ]


def find_utterances(samples: Samples, settings: SegmenterSettings) -> list[tuple[int, int]]:
    """Where the utterances are, as the service finds them: `(start, end)` each."""
    segmenter = Segmenter(settings, SileroDetector())
    spans = [item for item in [*segmenter.accept(samples), *segmenter.finish()] if isinstance(item, Span)]
    return [(span.utterance_start, span.context_end) for span in spans if span.last]


def recognise_whole(engine: Engine, samples: Samples, settings: SegmenterSettings) -> str:
    """The text of every utterance encoded in one piece, however long."""
    texts = []
    for start, end in find_utterances(samples, settings):
        window = Window(samples[start:end].copy(), 0, 0, end - start)
        texts.append("".join(token.text for token in engine.recognise([window])[0].tokens))
    return " ".join(texts)


def count_errors(recordings: Sequence[Spoken], texts: Sequence[str]) -> WordErrors:
    """Of all recordings together."""
    counts = (count_word_errors(r.text, text) for r, text in zip(recordings, texts, strict=True))
    return sum(counts, start=WordErrors(0, 0))


def _run(context: Context) -> Iterator[Figure]:
    sets = make_sets(quick=context.quick)
    found: dict[str, list[WordErrors]] = {}
    for key, hear in _ways(context).items():
        context.say(_TITLES[key])
        found[key] = [count_errors(s.recordings, hear(s.recordings)) for s in sets]
    yield from _figures(sets, found)


def _ways(context: Context) -> dict[str, Hear]:
    from meeting_service.bench.upstream import Upstream

    engine, settings = context.bundled, context.settings
    upstream = Upstream.load(get_model("demo"))

    def live(recordings: Sequence[Spoken]) -> list[str]:
        heard = Listening(context.scratch, [r.samples for r in recordings], settings).listen(engine)
        return [heard.text(stream) for stream in range(1, len(recordings) + 1)]

    return {
        "wer_final": live,
        "wer_offline": lambda rs: [recognise_whole(engine, r.samples, settings.segmenter) for r in rs],
        "wer_upstream_offline": lambda rs: [upstream.transcribe(r.samples) for r in rs],
        "wer_upstream_stream": lambda rs: [upstream.stream([r.samples]).texts[0] for r in rs],
    }


def _figures(sets: Sequence[Set], found: dict[str, list[WordErrors]]) -> Iterator[Figure]:
    overall = {key: sum(errors, start=WordErrors(0, 0)) for key, errors in found.items()}
    target = Target("≤", 100 * overall["wer_offline"].rate + ALLOWANCE)
    seconds, words = sum(s.seconds for s in sets), overall["wer_final"].words
    notes = {
        "wer_final": f"bundled model, {seconds / 60:.0f} min, {words} words; whole utterances + 0.2 points",
        "wer_offline": "each found utterance encoded in one piece",
        "wer_upstream_offline": "transcribe()",
        "wer_upstream_stream": "transcribe_stream(), pushes of 1 s, last draft included",
    }
    for key, errors in overall.items():
        last = key == "wer_upstream_stream"
        details = {s.name: 100 * e.rate for s, e in zip(sets, found[key], strict=True)}
        yield Figure(
            key,
            100 * errors.rate,
            notes[key],
            target=target if key == "wer_final" else None,
            rows=_table(sets, found) if last else None,
            details={"errors": errors.errors, "words": errors.words, "by_set": details},
        )


def _table(sets: Sequence[Set], found: dict[str, list[WordErrors]]) -> Rows:
    columns = ("", *(_TITLES[key] for key in found))
    rows = tuple(
        (s.name, *(f"{100 * errors[i].rate:.1f}" for errors in found.values())) for i, s in enumerate(sets)
    )
    return Rows(columns, rows)


PART = Part("accuracy", "word errors, four ways", tuple(_TITLES), 3.0, _run)
