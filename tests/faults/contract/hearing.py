"""What is said in a stream, heard in one piece without a service around it."""

from collections.abc import Iterator

from meeting_service.audio import RECOGNITION_RATE_HZ, Pcm
from meeting_service.meeting import Stream
from meeting_service.resample import Resampler
from meeting_service.settings import SegmenterSettings
from meeting_service.transcriber import Transcriber
from meeting_service.transcript import Sentence
from tests.fakes import FakeRecogniser, LoudnessDetector


def hear(stream: Stream, pcm: Pcm, settings: SegmenterSettings) -> list[Sentence]:
    """All sentences of the hashing recogniser; `(samples,)` at the stream's rate."""
    transcriber = Transcriber(stream, settings, detector=LoudnessDetector())
    resampler, sentences = Resampler(stream.rate_hz), list[Sentence]()
    end = resampler.available(len(pcm), finished=True)
    for start in range(0, end, RECOGNITION_RATE_HZ):
        last = min(start + RECOGNITION_RATE_HZ, end)
        transcriber.accept_audio(
            resampler.read(lambda a, b: pcm[a:b], start, last, through=len(pcm), finished=True)
        )
        sentences += _finalize(transcriber)
    transcriber.finish()
    return [*sentences, *_finalize(transcriber)]


def _finalize(transcriber: Transcriber) -> Iterator[Sentence]:
    while transcriber.due:
        if final := transcriber.complete_known():
            yield from final.sentences
        elif window := transcriber.take_work():
            yield from transcriber.complete(window, FakeRecogniser().recognise([window])[0]).sentences
