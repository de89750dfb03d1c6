"""One participant's audio out of a file, on its way from native samples to sentences."""

from dataclasses import replace

import numpy as np

from meeting_service.accounting import samples_to_ms
from meeting_service.audio import RECOGNITION_RATE_HZ, Pcm
from meeting_service.meeting import Participant
from meeting_service.recognition import Hypothesis, Window
from meeting_service.resample import Resampler
from meeting_service.transcriber import Transcriber
from meeting_service.transcript import Sentence

SLICE_SAMPLES = RECOGNITION_RATE_HZ
"""16 kHz samples heard at once"""
REACH_S = 2
"""native audio kept behind the position; resampling reads back less than that"""


class Track:
    """Hears one stream. Audio given is held until it is heard; `hungry` says when to give more."""

    def __init__(self, transcriber: Transcriber) -> None:
        self.sentences: list[Sentence] = []
        self._transcriber = transcriber
        self._rate_hz = transcriber.stream.rate_hz
        self._resampler = Resampler(self._rate_hz)
        self._held: Pcm = np.empty(0, np.int16)
        self._held_from = 0
        self._finished = False

    @property
    def participant_id(self) -> str:
        """Whose audio it is."""
        return self._transcriber.stream.participant_id

    @property
    def hungry(self) -> bool:
        """Whether all that was given is heard, and more could be."""
        return not self._finished and self._transcriber.wants_audio

    @property
    def heard_ms(self) -> int:
        """How much was heard so far."""
        return self._transcriber.position * 1_000 // RECOGNITION_RATE_HZ

    @property
    def done(self) -> bool:
        """Whether the audio is over and all its text is final."""
        return self._transcriber.done

    def append(self, pcm: Pcm) -> None:
        """Take what comes next, `(samples,)` at the stream's own rate."""
        self._drop_heard()
        self._held = np.concatenate([self._held, pcm])

    def finish(self) -> None:
        """No more comes."""
        self._finished = True

    def hear(self) -> None:
        """Hear what was given, as far as windows are not waiting to be recognised."""
        while self._transcriber.wants_audio and (unheard := self._known - self._transcriber.position) > 0:
            self._hear_next(min(unheard, SLICE_SAMPLES))
        if self._finished and self._transcriber.position >= self._known:
            self._transcriber.finish()

    def take_work(self) -> Window | None:
        """The next window to recognise, if one is due."""
        while final := self._transcriber.complete_known():
            self.sentences += final.sentences
        return self._transcriber.take_work()

    def complete(self, window: Window, hypothesis: Hypothesis) -> None:
        """Keep what a window came to."""
        self.sentences += self._transcriber.complete(window, hypothesis).sentences

    def add_figures(self, participant: Participant) -> Participant:
        """The participant with what became of the audio so far, as the service counts it."""
        checkpoint, received_ms = self._transcriber.checkpoint, self.heard_ms
        speech_ms = samples_to_ms(checkpoint.speech_samples)
        transcribed_ms = samples_to_ms(checkpoint.transcribed_samples)
        return replace(
            participant,
            received_ms=received_ms,
            speech_ms=speech_ms,
            transcribed_ms=transcribed_ms,
            not_transcribed_ms=speech_ms - transcribed_ms,
            silent_ms=max(0, received_ms - speech_ms),
            until_ms=received_ms,
        )

    @property
    def _through(self) -> int:
        return self._held_from + len(self._held)

    @property
    def _known(self) -> int:
        return self._resampler.available(self._through, finished=self._finished)

    def _hear_next(self, samples: int) -> None:
        start = self._transcriber.position
        self._transcriber.accept_audio(
            self._resampler.read(
                self._read, start, start + samples, through=self._through, finished=self._finished
            )
        )

    def _read(self, start: int, end: int) -> Pcm:
        return self._held[start - self._held_from : end - self._held_from]

    def _drop_heard(self) -> None:
        heard = self._transcriber.position * self._rate_hz // RECOGNITION_RATE_HZ
        keep_from = max(self._held_from, heard - REACH_S * self._rate_hz)
        self._held = self._held[keep_from - self._held_from :]
        self._held_from = keep_from
