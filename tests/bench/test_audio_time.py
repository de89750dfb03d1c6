"""The clock of audio, and live recognition on it."""

import asyncio
import time
from pathlib import Path

import numpy as np
import pytest

from meeting_service.bench.audio_time import Listening, run_in_audio_time
from meeting_service.bench.context import Context
from meeting_service.bench.speech import join, list_sentences
from meeting_service.errors import RecognitionFailed
from meeting_service.scoring import count_word_errors
from meeting_service.worker.messages import Drafted, Finalized
from tests.fakes import FakeRecogniser


def test_time_passes_only_when_there_is_nothing_to_do() -> None:
    """An hour of sleep is over at once, and who sleeps shorter wakes first."""
    woken: list[str] = []

    async def nap(name: str, seconds: float) -> None:
        await asyncio.sleep(seconds)
        woken.append(name)

    async def night() -> float:
        await asyncio.gather(nap("late", 3_600), nap("early", 60))
        return asyncio.get_running_loop().time()

    began = time.process_time()

    assert run_in_audio_time(night()) == pytest.approx(3_600)
    assert woken == ["early", "late"]
    assert time.process_time() - began < 10


def test_waiting_for_nothing_is_an_error() -> None:
    """When no task can ever go on, that is told instead of waited for."""

    async def wait() -> None:
        await asyncio.Event().wait()

    with pytest.raises(RuntimeError, match="nothing will ever happen"):
        run_in_audio_time(wait())


def test_a_stream_is_heard_as_in_life(context: Context, tmp_path: Path) -> None:
    """Drafts come while somebody speaks, the final text after it, at the seconds of the audio."""
    spoken = join(list_sentences()[:1], pauses=False)
    heard = Listening(tmp_path, [spoken.samples], context.settings).listen(context.bundled)
    drafts = [at for at, reply in heard.replies if isinstance(reply, Drafted)]
    finals = [at for at, reply in heard.replies if isinstance(reply, Finalized)]

    assert count_word_errors(spoken.text, heard.text(1)).rate < 0.2
    assert len(drafts) >= 3
    assert 0 < drafts[0] < drafts[-1] < finals[-1]
    assert finals[-1] >= spoken.seconds
    assert heard.encoded_s >= spoken.seconds
    assert heard.drafts == len(drafts)


def test_what_comes_before_is_heard_and_does_not_count(context: Context, tmp_path: Path) -> None:
    """Counting may begin later; the text is the same."""
    silence = np.zeros(16_000, np.float32)
    samples = np.concatenate([list_sentences()[0].samples, silence, silence])
    listening = Listening(tmp_path, [samples], context.settings)
    whole = listening.listen(FakeRecogniser(), keep=True)
    rest = listening.listen(FakeRecogniser(), from_s=len(samples) / 16_000 - 0.5)

    assert whole.text(1) == rest.text(1)
    assert whole.encoded_s > 0 == rest.encoded_s
    assert sum(len(batch) for batch in whole.asked) == whole.windows


def test_what_fails_is_told(context: Context, tmp_path: Path) -> None:
    """A window that cannot be recognised ends the measurement, for without it the rest would be too cheap."""
    listening = Listening(tmp_path, [list_sentences()[0].samples], context.settings)

    with pytest.raises(RecognitionFailed):
        listening.listen(FakeRecogniser(fail_calls=1))
