"""Transcription of files, against each file alone and against the streaming transcriber."""

from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

import numpy as np
import pytest

from meeting_service.meeting import Participant, Stream
from meeting_service.offline import AudioFile, OfflineTranscription
from meeting_service.recognition import Hypothesis, Window
from meeting_service.settings import load_settings
from meeting_service.streaming import StreamingTranscriber
from meeting_service.transcript import Sentence
from tests.fakes import FakeRecogniser, LoudnessDetector
from tests.offline.voices import bursts, write_wav

SETTINGS = load_settings().segmenter


def transcribe(paths: Sequence[Path], participants: Sequence[Sequence[str]]) -> list[Sentence]:
    """All sentences of the files."""
    return run(paths, participants, FakeRecogniser()).sentences


def run(
    paths: Sequence[Path], participants: Sequence[Sequence[str]], recogniser: FakeRecogniser
) -> OfflineTranscription:
    """A transcription, done."""
    with ExitStack() as stack:
        files = [stack.enter_context(AudioFile(path)) for path in paths]
        work = OfflineTranscription(
            files, participants, recogniser.recognise, SETTINGS, make_detector=LoudnessDetector
        )
        for _ in work.run():
            pass
    return work


def test_equals_the_streaming_transcriber(tmp_path: Path) -> None:
    """A file at 16 kHz gives the sentences that the same audio gives live."""
    pcm = bursts(5, 16_000, 30)
    live = StreamingTranscriber(
        FakeRecogniser().recognise,
        settings=SETTINGS,
        stream=Stream(0, "", "ann", 16_000, 0),
        detector=LoudnessDetector(),
    )
    with live:
        live.add_audio(pcm.astype(np.float32) / np.float32(32_768))

    assert transcribe([write_wav(tmp_path / "a.wav", pcm, 16_000)], [["ann"]]) == list(live.result.sentences)
    assert live.result.sentences


@pytest.mark.parametrize("rate_hz", [8_000, 44_100, 48_000, 22_051])
def test_files_do_not_depend_on_each_other(tmp_path: Path, rate_hz: int) -> None:
    """Several files together give what each gives alone, in reading order."""
    first = write_wav(tmp_path / "a.wav", bursts(1, rate_hz, 20), rate_hz)
    second = write_wav(tmp_path / "b.wav", bursts(2, 16_000, 9), 16_000)

    together = transcribe([first, second], [["ann"], ["ben"]])

    alone = [*transcribe([first], [["ann"]]), *transcribe([second], [["ben"]])]
    assert together == sorted(alone, key=lambda s: (s.start_ms, s.participant_id))
    assert {s.participant_id for s in together} == {"ann", "ben"}


def test_channels_are_participants(tmp_path: Path) -> None:
    """A file with a participant per channel equals a file per participant."""
    ann, ben = bursts(1, 48_000), bursts(2, 48_000)
    both = write_wav(tmp_path / "both.wav", np.stack([ann, ben], axis=1), 48_000)
    apart = [write_wav(tmp_path / "a.wav", ann, 48_000), write_wav(tmp_path / "b.wav", ben, 48_000)]

    assert transcribe([both], [["ann", "ben"]]) == transcribe(apart, [["ann"], ["ben"]])


def test_channels_of_one_participant_are_mixed(tmp_path: Path) -> None:
    """A stereo recording of one participant is heard as one voice."""
    pcm = bursts(1, 48_000)
    mono = write_wav(tmp_path / "mono.wav", pcm, 48_000)
    stereo = write_wav(tmp_path / "stereo.wav", np.stack([pcm, pcm], axis=1), 48_000)

    assert transcribe([stereo], [["ann"]]) == transcribe([mono], [["ann"]])


def test_windows_share_batches(tmp_path: Path) -> None:
    """What several participants say is recognised in fewer calls than windows."""
    recogniser = FakeRecogniser()
    paths = [write_wav(tmp_path / f"{n}.wav", bursts(n, 16_000, 20), 16_000) for n in range(4)]

    run(paths, [[str(n)] for n in range(4)], recogniser)

    assert recogniser.calls < recogniser.windows / 2


def test_what_became_of_the_audio_is_known(tmp_path: Path) -> None:
    """Everybody has the figures that the service would have: speech has its text, the rest is silent."""
    first = write_wav(tmp_path / "a.wav", bursts(1, 44_100, 20), 44_100)
    second = write_wav(tmp_path / "b.wav", np.zeros(80_000, np.int16), 16_000)
    done = run([first, second], [["ann"], ["ben"]], FakeRecogniser())

    ann, ben = (done.add_figures(Participant("m", name, name)) for name in ("ann", "ben"))
    assert (20_000, 20_000) == (ann.received_ms, ann.speech_ms + ann.silent_ms)
    assert 0 < ann.transcribed_ms == ann.speech_ms < 20_000
    assert (5_000, 0, 0, 5_000) == (ben.received_ms, ben.speech_ms, ben.transcribed_ms, ben.silent_ms)


def test_silence_is_no_text(tmp_path: Path) -> None:
    """A silent file ends without sentences and without recognition."""
    recogniser = FakeRecogniser()

    done = run([write_wav(tmp_path / "a.wav", np.zeros(80_000, np.int16), 16_000)], [["ann"]], recogniser)

    assert (done.sentences, recogniser.calls) == ([], 0)


def test_progress_ends_at_the_size_of_the_files(tmp_path: Path) -> None:
    """What is reported grows to the bytes of all files."""
    path = write_wav(tmp_path / "a.wav", bursts(1, 16_000, 20), 16_000)
    with AudioFile(path) as file:
        work = OfflineTranscription(
            [file], [["ann"]], FakeRecogniser().recognise, SETTINGS, make_detector=LoudnessDetector
        )
        reported = list(work.run())

    assert reported == sorted(reported)
    assert reported[-1] == path.stat().st_size


class NothingHeard(FakeRecogniser):
    """Answers every window with no text."""

    def recognise(self, windows: Sequence[Window]) -> list[Hypothesis]:
        return [Hypothesis((), hypothesis.state) for hypothesis in super().recognise(windows)]


def test_speech_without_text_ends_too(tmp_path: Path) -> None:
    """Windows in which nothing is recognised do not stop the rest."""
    done = run([write_wav(tmp_path / "a.wav", bursts(1, 16_000), 16_000)], [["ann"]], NothingHeard())

    assert done.sentences == []
