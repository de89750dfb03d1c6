"""
Measures a model through the service's own path: segmenter, recogniser, sentences.

The recordings are spoken anew from held-out and hand-written sentences, always the same ones.
"""

from collections.abc import Callable, Iterable
from pathlib import Path

from meeting_service.demo.recipe.scoring import score
from meeting_service.demo.recipe.sets import Clip, evaluation_clips, voice_family
from meeting_service.recogniser import ModelPath, load_recogniser
from meeting_service.recognition import Samples, Window
from meeting_service.streaming import StreamingTranscriber

Listener = Callable[[Samples], str]
"""From mono 16 kHz samples to text."""

_Row = tuple[str, str, str, str]


def service_listener(model: Path) -> Listener:
    """Hears as the service does: finds the speech, decodes it in windows, makes sentences."""
    recogniser = load_recogniser(ModelPath(model.name, model))

    def listen(samples: Samples) -> str:
        with StreamingTranscriber(recogniser.recognise, draft_interval_ms=None) as transcriber:
            transcriber.add_audio(samples)
        return transcriber.result.text

    return listen


def one_window_listener(model: Path) -> Listener:
    """Hears each recording as one window, so that the segmenter has no part in the figures."""
    recogniser = load_recogniser(ModelPath(model.name, model))

    def listen(samples: Samples) -> str:
        (hypothesis,) = recogniser.recognise([Window(samples, 0, 0, len(samples))])
        return "".join(token.text for token in hypothesis.tokens).strip()

    return listen


def _tables(rows: Iterable[_Row]) -> dict[str, list[tuple[str, str]]]:
    """The rows by set; the meeting and free sets of trained voices by family as well."""
    tables: dict[str, list[tuple[str, str]]] = {}
    for group, voice, text, heard in rows:
        tables.setdefault(group, []).append((text, heard))
        if group in ("meeting", "everyday", "free everyday"):
            tables.setdefault(f"{group}, {voice_family(voice)}", []).append((text, heard))
    return tables


def _hear(listen: Listener, clip: Clip) -> _Row:
    return clip.group, clip.voice, clip.text, listen(clip.samples)


def evaluate(listen: Listener, size: int, out: Path | None) -> None:
    """Print word error rates as a table; `out` receives every reference and hypothesis."""
    rows = [_hear(listen, clip) for clip in evaluation_clips(size)]
    print("| set | recordings | words | WER | with case and punctuation |")
    print("|---|---|---|---|---|")
    for name, pairs in _tables(rows).items():
        result = score(pairs)
        plain, written = 100 * result.plain.rate, 100 * result.written.rate
        print(f"| {name} | {result.recordings} | {result.plain.words} | {plain:.1f} % | {written:.1f} % |")
    if out is not None:
        out.write_text("".join("\t".join(row) + "\n" for row in rows), encoding="utf-8")
