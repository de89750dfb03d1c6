"""Several files at once: each is read while its tracks want audio, then all their windows are recognised."""

from collections.abc import Callable, Iterator, Sequence

from meeting_service.errors import InvalidAudio
from meeting_service.ingest import mix_down
from meeting_service.meeting import Participant, Stream
from meeting_service.offline.files import AudioFile
from meeting_service.offline.tracks import Track
from meeting_service.recognition import DecodingConfig, Hypothesis, Window
from meeting_service.segmenter import SileroDetector, VoiceDetector
from meeting_service.settings import SegmenterSettings
from meeting_service.transcriber import Transcriber
from meeting_service.transcript import Sentence, reading_order

Recognise = Callable[[Sequence[Window]], Sequence[Hypothesis]]
"""From windows to their hypotheses, in the same order."""


class _Heard:
    """A file with the tracks that hear it."""

    def __init__(self, file: AudioFile, tracks: Sequence[Track]) -> None:
        self.file = file
        self.tracks = tracks
        self.failure: InvalidAudio | None = None
        self._over = False

    @property
    def done(self) -> bool:
        return all(track.done for track in self.tracks)

    def advance(self) -> None:
        """Hear until a window waits to be recognised, or the end."""
        for track in self.tracks:
            track.hear()
        while not self._over and all(track.hungry for track in self.tracks):
            self._hear_next()

    def _hear_next(self) -> None:
        try:
            block = self.file.read()
        except InvalidAudio as error:
            self.failure, block = error, None
        self._over = block is None
        for channel, track in enumerate(self.tracks):
            if block is None:
                track.finish()
            else:
                track.append(mix_down(block) if len(self.tracks) == 1 else block[:, channel])
            track.hear()


class OfflineTranscription:
    """Transcribes files that all begin at the meeting's start. Used once, in one thread.

    Args:
        files: open files; whoever opened them closes them.
        participants: the ids of each file's participants: one, or one per channel.
        recognise: what turns windows into hypotheses.
        settings: what counts as speech.
        decoding: how tokens are chosen and cut into sentences.
        make_detector: gives every stream its own voice detector.
    """

    def __init__(
        self,
        files: Sequence[AudioFile],
        participants: Sequence[Sequence[str]],
        recognise: Recognise,
        settings: SegmenterSettings,
        decoding: DecodingConfig | None = None,
        make_detector: Callable[[], VoiceDetector] = SileroDetector,
    ) -> None:
        self._recognise = recognise

        def make_track(file: AudioFile, participant: str) -> Track:
            stream = Stream(0, "", participant, file.rate_hz, anchor_ms=0)
            return Track(Transcriber(stream, settings, decoding, detector=make_detector()))

        self._heard = [
            _Heard(file, [make_track(file, participant) for participant in ids])
            for file, ids in zip(files, participants, strict=True)
        ]

    @property
    def failures(self) -> list[InvalidAudio]:
        """Why files ended before their end; what came before is transcribed."""
        return [heard.failure for heard in self._heard if heard.failure]

    @property
    def sentences(self) -> list[Sentence]:
        """What is final so far, in reading order."""
        tracks = (track for heard in self._heard for track in heard.tracks)
        return sorted((s for track in tracks for s in track.sentences), key=reading_order)

    @property
    def duration_ms(self) -> int:
        """How much of the longest file was heard so far."""
        return max(track.heard_ms for heard in self._heard for track in heard.tracks)

    def add_figures(self, participant: Participant) -> Participant:
        """A participant of these files with what became of their audio so far."""
        track = next(t for heard in self._heard for t in heard.tracks if t.participant_id == participant.id)
        return track.add_figures(participant)

    def run(self) -> Iterator[int]:
        """Transcribe; yields the bytes read so far, after every batch."""
        while not all(heard.done for heard in self._heard):
            for heard in self._heard:
                heard.advance()
            self._recognise_due()
            yield sum(heard.file.read_bytes for heard in self._heard)

    def _recognise_due(self) -> None:
        tracks = [track for heard in self._heard for track in heard.tracks]
        due = [(track, window) for track in tracks if (window := track.take_work())]
        if due:
            hypotheses = self._recognise([window for _, window in due])
            for (track, window), hypothesis in zip(due, hypotheses, strict=True):
                track.complete(window, hypothesis)
