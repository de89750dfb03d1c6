from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from meeting_service.drafting import DraftRules
from meeting_service.meeting import Checkpoint, Stream
from meeting_service.recognition import Samples, Unrecognised, Window
from meeting_service.settings import SegmenterSettings
from meeting_service.transcriber import Finalized, Transcriber
from meeting_service.transcript import Draft
from tests.fakes import FakeRecogniser, LoudnessDetector
from tests.signals import pieces, silence, speech, talk

SETTINGS = SegmenterSettings(
    speech_threshold=0.5, min_silence_ms=800, long_silence_ms=400, max_utterance_s=20
)
STREAM = Stream(id=3, meeting_id="m", participant_id="ann", rate_hz=16_000, anchor_ms=0)
SECOND = 16_000
MANY_PIECES = st.lists(st.integers(0, 60 * SECOND), max_size=20)
EAGER = DraftRules(interval_samples=0, first_samples=0, growth=0, work=1_000)
"""a draft whenever anything is new"""
TALKS = st.lists(st.sampled_from([0.05, 0.3, 0.9, 1.3, 2.9, 9.1, 27.0]), min_size=1, max_size=6)


def new_transcriber(checkpoint: Checkpoint | None = None, drafts: DraftRules = EAGER) -> Transcriber:
    """One with the loudness detector."""
    return Transcriber(STREAM, SETTINGS, checkpoint=checkpoint, detector=LoudnessDetector(), drafts=drafts)


def take(transcriber: Transcriber) -> Window:
    """The window that is due."""
    window = transcriber.take_work()
    assert window is not None
    return window


def work_off(transcriber: Transcriber) -> list[Finalized]:
    """Recognise all that is due, or take it from drafts."""
    done = []
    while True:
        if final := transcriber.complete_known():
            done.append(final)
        elif window := transcriber.take_work():
            done.append(transcriber.complete(window, FakeRecogniser().recognise([window])[0]))
        else:
            return done


def draft(transcriber: Transcriber) -> Draft | None:
    """Recognise a draft, if one is due."""
    window = transcriber.draft_window()
    return transcriber.complete_draft(window, FakeRecogniser().recognise([window])[0]) if window else None


def transcribe(audio: Samples, cuts: Sequence[int] = (), drafts: DraftRules | None = None) -> list[Finalized]:
    """All that becomes final of `audio`, with drafts in between if there are rules for them."""
    transcriber, done = new_transcriber(drafts=drafts or EAGER), []
    for piece in pieces(audio, cuts):
        transcriber.accept_audio(piece)
        done += work_off(transcriber)
        if drafts:
            draft(transcriber)
    transcriber.finish()
    done += work_off(transcriber)
    assert transcriber.done
    return done


@given(TALKS, MANY_PIECES, st.sampled_from([None, DraftRules(), EAGER]))
@settings(max_examples=25, deadline=None)
def test_pieces_and_drafts_do_not_matter(
    lengths: list[float], cuts: list[int], drafts: DraftRules | None
) -> None:
    """Audio cut anyhow, with drafts or without, gives the same tokens and sentences."""
    audio = talk(*lengths)

    whole, cut = transcribe(audio), transcribe(audio, cuts, drafts)
    assert [final.tokens for final in whole] == [final.tokens for final in cut]
    assert [final.sentences for final in whole] == [final.sentences for final in cut]


@given(TALKS, st.data())
@settings(max_examples=25, deadline=None)
def test_a_new_one_goes_on_from_a_checkpoint(lengths: list[float], data: st.DataObject) -> None:
    """Wherever it was stopped: what was final is told again with the same ids, nothing is missing."""
    audio = talk(*lengths, 0.3, 2.9, 20.0)
    done = transcribe(audio)
    stop = data.draw(st.integers(0, len(done) - 1))
    kept = {sentence.id: sentence for final in done[: stop + 1] for sentence in final.sentences}

    again = new_transcriber(done[stop].checkpoint)
    again.accept_audio(audio[again.position :])
    again.finish()
    finals = work_off(again)

    for sentence in (sentence for final in finals for sentence in final.sentences):
        assert sentence == kept.setdefault(sentence.id, sentence)
    assert {s.id: s for final in done for s in final.sentences} == kept
    spoken = sum(final.span.end - final.span.start for final in done)
    assert Checkpoint(STREAM.id, len(audio), spoken, spoken) == again.checkpoint


def test_windows_give_the_tokens_of_the_whole() -> None:
    """A monologue decoded in windows says what it says when it is decoded in one go."""
    done = transcribe(speech(40))
    start, end = done[0].span.start, done[1].span.end
    audio = speech(40)[start:end]
    whole = FakeRecogniser().recognise([Window(audio, start, start, end)])[0]

    assert not done[0].span.last
    assert whole.tokens == [*done[0].tokens, *done[1].tokens]


def test_one_window_at_a_time_and_in_order() -> None:
    """The next is given out when the former was completed, since it goes on from its state."""
    transcriber = new_transcriber()
    transcriber.accept_audio(talk(1, 15, 1, 2, 1))
    first = take(transcriber)
    assert transcriber.take_work() is None

    hypothesis = FakeRecogniser().recognise([first])[0]
    transcriber.complete(first, hypothesis)
    second = take(transcriber)

    assert first.decode_end == second.decode_start
    assert first.state is None
    assert second.state is hypothesis.state


def test_speech_that_cannot_be_recognised_is_counted_and_passed() -> None:
    """It has no text, is not counted as transcribed, and what follows is recognised."""
    transcriber = new_transcriber()
    transcriber.accept_audio(talk(1, 2, 1, 2, 1))

    lost = transcriber.complete(take(transcriber), None)
    (found,) = work_off(transcriber)

    assert () == tuple(lost.sentences)
    assert found.sentences
    speech_samples = sum(final.span.end - final.span.start for final in (lost, found))
    assert speech_samples == found.checkpoint.speech_samples
    assert found.span.end - found.span.start == found.checkpoint.transcribed_samples


def test_the_checkpoint_stays_before_what_is_pending() -> None:
    """An utterance that goes on holds it, however many of its spans are final; its end moves it on."""
    transcriber = new_transcriber()
    transcriber.accept_audio(talk(1, 13))
    (cut,) = work_off(transcriber)
    assert not cut.span.last
    assert Checkpoint(STREAM.id) == cut.checkpoint
    assert cut.span.end - cut.span.start == cut.open_samples

    transcriber.accept_audio(silence(1))
    (end,) = work_off(transcriber)

    spoken = end.span.end - cut.span.start
    assert Checkpoint(STREAM.id, end.span.end, spoken, spoken) == end.checkpoint
    assert 0 == end.open_samples


def test_silence_moves_the_checkpoint_without_a_window() -> None:
    """But not past speech whose text is not final yet."""
    transcriber = new_transcriber()
    transcriber.accept_audio(silence(20))
    through = transcriber.checkpoint.resume
    assert through > 10 * SECOND
    assert transcriber.take_work() is None

    transcriber.accept_audio(talk(1, 1, 20))
    assert transcriber.checkpoint.resume < 21 * SECOND
    work_off(transcriber)

    assert transcriber.checkpoint.resume > 30 * SECOND


def test_it_wants_no_audio_while_windows_wait() -> None:
    """So that a slow recogniser does not fill the memory; silence does not count as waiting."""
    transcriber = new_transcriber()
    transcriber.accept_audio(talk(30, 2, 30))
    assert transcriber.wants_audio is False

    work_off(transcriber)
    assert transcriber.wants_audio is True
    transcriber.finish()
    assert transcriber.wants_audio is False


def test_nothing_follows_the_end() -> None:
    """Audio after it is a mistake; ending twice is not."""
    transcriber = new_transcriber()
    transcriber.finish()
    transcriber.finish()

    assert transcriber.done
    with pytest.raises(ValueError, match="finished"):
        transcriber.accept_audio(silence(1))


def test_live_speech_needs_no_recognition_of_its_own_where_a_draft_heard_its_end() -> None:
    """What was drafted in a pause becomes final when the pause lasts, and is what it is without drafts."""
    audio = talk(1, 2, 0.1, 1.5, 2)
    transcriber, live = new_transcriber(drafts=DraftRules()), []
    for piece in pieces(audio, range(0, len(audio), 1_600)):
        transcriber.accept_audio(piece)
        while final := transcriber.complete_known():
            live.append(final)
        assert transcriber.take_work() is None
        draft(transcriber)

    (whole,) = transcribe(audio)
    assert [whole] == [replace(final, checkpoint=whole.checkpoint) for final in live]


def test_a_draft_of_something_else_is_not_final() -> None:
    """Speech that goes on after a pause is recognised anew, with what came next as its context."""
    transcriber = new_transcriber()
    transcriber.accept_audio(talk(1, 2, 0.5))
    draft(transcriber)
    transcriber.accept_audio(talk(0, 1, 2))

    assert transcriber.complete_known() is None
    window = take(transcriber)
    assert window.decode_end + 0.4 * SECOND < window.start + len(window.samples)


def test_a_draft_covers_what_is_being_said() -> None:
    """From the open span's start to the newest sample, with the state that span begins with."""
    transcriber = new_transcriber()
    assert transcriber.draft_window() is None
    transcriber.accept_audio(talk(1, 13))
    assert transcriber.draft_window() is None, "text is waiting to become final"
    (final,) = work_off(transcriber)

    window = transcriber.draft_window()

    assert window is not None
    assert final.span.end == window.decode_start
    assert 14 * SECOND == window.start + len(window.samples)
    assert window.state is not None
    assert transcriber.draft_window() is None, "one draft at a time"


def test_a_draft_reads_on_from_final_words() -> None:
    """Words of the open sentence come first, then what the draft adds."""
    transcriber = new_transcriber()
    transcriber.accept_audio(speech(14, seed=5))
    (final,) = work_off(transcriber)

    shown = draft(transcriber)

    assert shown is not None
    assert shown.text.startswith(final.draft.text)
    assert len(shown.text) > len(final.draft.text)


def test_what_is_shown_after_a_cut_stays() -> None:
    """When the first part of a monologue becomes final, drafts of what follows it are not taken back."""
    transcriber = new_transcriber()
    transcriber.accept_audio(talk(1, 10.5))
    shown = draft(transcriber)
    transcriber.accept_audio(speech(1.5, seed=9))
    (final,) = work_off(transcriber)

    assert shown is not None
    told = " ".join([*(sentence.text for sentence in final.sentences), final.draft.text])
    assert told.startswith(shown.text.rsplit(" ", 1)[0])


def test_a_draft_that_comes_too_late_is_dropped() -> None:
    """When its span has become final meanwhile, or it was not recognised."""
    transcriber = new_transcriber()
    transcriber.accept_audio(talk(1, 2))
    late = transcriber.draft_window()
    assert late is not None
    transcriber.accept_audio(silence(1))
    work_off(transcriber)

    assert transcriber.complete_draft(late, FakeRecogniser().recognise([late])[0]) is None
    with pytest.raises(ValueError, match="not the draft"):
        transcriber.complete_draft(late, None)


class Choosy:
    """Recognises all windows but those that decode certain samples."""

    def __init__(self, *refused: int) -> None:
        self.refused = refused
        self.windows: list[Window] = []

    def work_off(self, transcriber: Transcriber) -> list[Finalized]:
        """All that is due."""
        done = []
        while True:
            if final := transcriber.complete_known():
                done.append(final)
            elif window := transcriber.take_work():
                self.windows.append(window)
                bad = any(window.decode_start <= sample < window.decode_end for sample in self.refused)
                heard = None if bad else FakeRecogniser().recognise([window])[0]
                done.append(transcriber.complete(window, heard))
            else:
                return done


def hear(transcriber: Transcriber, audio: Samples, recogniser: Choosy) -> list[Finalized]:
    """All that becomes final of `audio`, from where the transcriber begins."""
    transcriber.accept_audio(audio[transcriber.position :])
    transcriber.finish()
    return recogniser.work_off(transcriber)


def test_speech_that_is_given_up_is_told() -> None:
    """As a stretch, in the figures, and in the checkpoint as long as the utterance goes on."""
    transcriber = new_transcriber()
    done = hear(transcriber, talk(0.5, 40.0, 2.0, seed=3), Choosy(5 * SECOND))

    [lost] = transcriber.take_lost()
    [given_up, *_] = [final for final in done if final.checkpoint.given_up]
    assert Unrecognised(given_up.span.start, given_up.span.end) == lost
    assert lost.start <= 5 * SECOND < lost.end
    assert (lost.start,) == given_up.checkpoint.given_up
    assert lost.end - lost.start == given_up.open_samples - given_up.open_transcribed_samples
    assert lost.end - lost.start == transcriber.checkpoint.unrecognised_samples
    assert [] == transcriber.take_lost()


def test_a_verdict_outlives_who_gave_it() -> None:
    """Who begins again in the middle of the utterance gives up the same, though it could be recognised."""
    audio = talk(0.5, 40.0, 2.0, seed=3)
    first = hear(new_transcriber(), audio, Choosy(5 * SECOND))
    given_up = next(final.checkpoint for final in first if final.checkpoint.given_up)
    again = new_transcriber(given_up)
    everything = Choosy()
    second = hear(again, audio, everything)

    assert [s for f in first for s in f.sentences] == [s for f in second for s in f.sentences]
    [lost] = again.take_lost()
    assert not any(w.decode_start <= lost.start < w.decode_end for w in everything.windows)


def test_what_was_given_up_is_not_heard_again() -> None:
    """Windows after it have silence in its place, for it may be what no recogniser can stand."""
    transcriber, recogniser = new_transcriber(), Choosy(5 * SECOND)
    hear(transcriber, talk(0.5, 40.0, 2.0, seed=3), recogniser)

    [lost] = transcriber.take_lost()
    behind = [w for w in recogniser.windows if lost.end <= w.decode_start and w.start < lost.end]
    assert behind
    for window in behind:
        first = max(lost.start - window.start, 0)
        assert not window.samples[first : lost.end - window.start].any()
        assert window.samples[lost.end - window.start :].any()


def test_no_draft_is_made_of_what_was_given_up() -> None:
    """Nor of what is withheld until it is final."""
    audio = talk(0.5, 5.0, seed=3)
    drafts = new_transcriber()
    drafts.accept_audio(audio)
    start = drafts.open_start
    assert start is not None
    assert drafts.draft_due()
    given_up = new_transcriber(Checkpoint(3, given_up=(start,)))
    withheld = new_transcriber()
    withheld.withhold_drafts([start])
    for transcriber in (given_up, withheld):
        transcriber.accept_audio(audio)

        assert not transcriber.draft_due()
        assert transcriber.draft_window() is None


def test_audio_that_cannot_be_heard_is_passed_over() -> None:
    """It is a stretch without text, ends what was being said, is accounted for; who begins anew agrees."""
    audio = talk(0.5, 3.0, 2.0, 3.0, 2.0, seed=3)
    transcriber = new_transcriber()
    transcriber.accept_audio(audio[: 2 * SECOND])
    transcriber.pass_over(3 * SECOND)
    before = work_off(transcriber)
    done = hear(transcriber, audio, Choosy())
    again = hear(new_transcriber(Checkpoint(3, 3 * SECOND)), audio, Choosy())

    assert [Unrecognised(2 * SECOND, 3 * SECOND)] == transcriber.take_lost()
    assert 2 * SECOND >= before[-1].span.end
    assert [s for f in again for s in f.sentences] == [s for f in done for s in f.sentences]
    assert SECOND == transcriber.checkpoint.unrecognised_samples
    assert transcriber.checkpoint.speech_samples <= transcriber.checkpoint.resume == len(audio)
