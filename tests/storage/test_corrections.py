"""Corrections: what was recognised is kept, every change is told once, nobody overwrites another."""

import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from meeting_service.errors import Conflict, NotFound, Outdated, StorageFailed
from meeting_service.events import SentenceCorrected
from meeting_service.meeting import MeetingState, Stream
from meeting_service.storage import Store
from meeting_service.storage.corrections import MAX_VERSIONS
from meeting_service.transcript import Sentence
from tests.storage.conftest import START, FakeClock, checkpoint_at, make_sentence

HEARD = make_sentence(1, "We ship the bat.")


@pytest.fixture
async def sentence(store: Store, stream: Stream) -> Sentence:
    """What was recognised, of version 0."""
    await store.commit_final(stream, [HEARD], checkpoint_at(stream, 2), 96_000)
    return (await store.get_transcript("m")).sentences[0]


async def test_a_correction_is_shown_and_told(store: Store, sentence: Sentence) -> None:
    """With the times of what was heard, in one event; what was recognised is kept."""
    corrected, (event,) = await store.edits.correct_sentence("m", "s1", "We ship the bet.", 0)
    shown = (await store.get_transcript("m")).sentences
    history = await store.edits.get_history("m", "s1")

    assert [corrected] == shown
    assert (True, 1, "We ship the bet.") == (corrected.edited, corrected.version, corrected.text)
    assert [(w.start_ms, w.end_ms) for w in HEARD.words] == [(w.start_ms, w.end_ms) for w in corrected.words]
    assert replace(sentence, text="", words=()) == replace(
        corrected, text="", words=(), edited=False, version=0
    )
    assert (SentenceCorrected(corrected, 1), [event]) == (
        event.event,
        await store.list_events("m", event.seq - 1),
    )
    assert (corrected, 1, "s1") == (history.sentence, history.revision, history.current_id)
    assert [(1, "We ship the bet.", START), (0, "We ship the bat.", None)] == [
        (v.version, v.text, v.written_at) for v in history.versions
    ]


async def test_the_same_text_again_changes_nothing(store: Store, sentence: Sentence) -> None:
    """Whoever wrote it, and whatever they expected: an answer that was lost can be asked for again."""
    corrected, _ = await store.edits.correct_sentence("m", "s1", "Better.", 0)
    same, events = await store.edits.correct_sentence("m", "s1", "Better.", 0)

    assert (corrected, ()) == (same, events)


async def test_the_second_of_two_editors_is_told_what_is_there(store: Store, sentence: Sentence) -> None:
    """And changes nothing; who does not care overwrites."""
    await store.edits.correct_sentence("m", "s1", "Ann's.", 0)
    with pytest.raises(Outdated) as refused:
        await store.edits.correct_sentence("m", "s1", "Bob's.", 0)
    with pytest.raises(Outdated):
        await store.edits.undo_correction("m", "s1", 0)

    assert {"text": "Ann's.", "edited": True, "version": 1} == refused.value.current
    overwritten, _ = await store.edits.correct_sentence("m", "s1", "Bob's.", None)
    assert ("Bob's.", 2) == (overwritten.text, overwritten.version)


async def test_undo_goes_back_step_by_step(store: Store, sentence: Sentence) -> None:
    """To what was recognised, exactly; then there is nothing to undo. Undoing is told as any change."""
    for version, text in enumerate(("One.", "Two.", "Three.")):
        await store.edits.correct_sentence("m", "s1", text, version)
    back = [(await store.edits.undo_correction("m", "s1", 3 + n))[0] for n in range(3)]

    assert ["Two.", "One.", HEARD.text] == [one.text for one in back]
    assert [True, True, False] == [one.edited for one in back]
    assert replace(sentence, version=6) == back[-1]
    with pytest.raises(Conflict, match="nothing to undo"):
        await store.edits.undo_correction("m", "s1", 6)
    told = [e.event for e in await store.list_events("m", 0) if isinstance(e.event, SentenceCorrected)]
    assert list(range(1, 7)) == [event.sentence.version for event in told]


async def test_what_was_recognised_comes_back_at_once(store: Store, sentence: Sentence) -> None:
    """With None; and that is undone as any change."""
    await store.edits.correct_sentence("m", "s1", "One.", 0)
    restored, _ = await store.edits.correct_sentence("m", "s1", None, 1)
    undone, _ = await store.edits.undo_correction("m", "s1", 2)

    assert (HEARD.text, HEARD.words, False) == (restored.text, restored.words, restored.edited)
    assert ("One.", True) == (undone.text, undone.edited)


async def test_only_so_many_texts_are_kept(store: Store, sentence: Sentence) -> None:
    """The oldest go, with what was told of them; never what was recognised, to which undoing leads."""
    for version in range(MAX_VERSIONS + 3):
        await store.edits.correct_sentence("m", "s1", f"Text {version}.", version)
    history = (await store.edits.get_history("m", "s1")).versions
    told = [e.event for e in await store.list_events("m", 0, 1_000) if isinstance(e.event, SentenceCorrected)]

    assert [*range(MAX_VERSIONS + 3, 3, -1), 0] == [version.version for version in history]
    assert MAX_VERSIONS == len(told)
    back, _ = await store.edits.undo_correction("m", "s1", None)
    while back.edited:
        back, _ = await store.edits.undo_correction("m", "s1", None)
    assert (HEARD.text, HEARD.words) == (back.text, back.words)


async def test_a_correction_is_whole_or_not_at_all(path: Path, store: Store, sentence: Sentence) -> None:
    """Where its event cannot be written, the text stays, and so does its version."""
    with closing(sqlite3.connect(path)) as db:
        db.execute(
            "CREATE TRIGGER t BEFORE INSERT ON events WHEN new.kind = 'correction' "
            "BEGIN SELECT RAISE(ABORT, 'no'); END"
        )
    with pytest.raises(StorageFailed):
        await store.edits.correct_sentence("m", "s1", "Lost.", 0)

    assert [sentence] == (await store.get_transcript("m")).sentences
    assert 1 == len((await store.edits.get_history("m", "s1")).versions)


async def test_final_text_that_is_committed_again_leaves_corrections_alone(
    store: Store, stream: Stream, sentence: Sentence
) -> None:
    """A worker that answers twice after a restart takes nothing back, and tells nothing again."""
    await store.edits.correct_sentence("m", "s1", "Better.", 0)
    told = await store.commit_final(stream, [HEARD], checkpoint_at(stream, 2), 96_000)

    assert [] == told
    assert ["Better."] == [one.text for one in (await store.get_transcript("m")).sentences]


async def test_corrections_outlive_a_restart(
    path: Path, clock: FakeClock, store: Store, sentence: Sentence
) -> None:
    """With their history."""
    corrected, _ = await store.edits.correct_sentence("m", "s1", "Better.", 0)
    await store.close()
    again = await Store.open(path, clock)
    history = (await again.edits.get_history("m", "s1")).versions

    assert [corrected] == (await again.get_transcript("m")).sentences
    assert ["Better.", HEARD.text] == [version.text for version in history]
    await again.close()


async def test_there_is_no_such_sentence(store: Store, sentence: Sentence) -> None:
    """Nor is there one of a revision that is not done."""
    with pytest.raises(NotFound):
        await store.edits.correct_sentence("m", "s2", "What?", 0)
    with pytest.raises(NotFound):
        await store.edits.get_history("n", "s1")


async def revise(store: Store, stream: Stream, *texts: str) -> int:
    """Another text of the meeting, all of it at the times of the first."""
    revision, _ = await store.create_revision("m", "demo", (), 20)
    again = [make_sentence(n, text) for n, text in enumerate(texts, 1)]
    await store.commit_revised(stream, revision.number, again, checkpoint_at(stream, 9))
    with pytest.raises(NotFound):
        await store.edits.correct_sentence("m", f"r{revision.number}-s1", "Too early.", 0)
    await store.finish_revision("m", revision.number)
    return revision.number


async def test_a_revision_takes_over_what_was_corrected_of_the_same_text(
    store: Store, stream: Stream
) -> None:
    """Where something else was recognised the correction stays with the former text, which can be read."""
    heard = [make_sentence(n, text) for n, text in enumerate(("The bat.", "The cat.", "The bat."), 1)]
    await store.commit_final(stream, heard, checkpoint_at(stream, 4), 192_000)
    await store.set_meeting_state("m", MeetingState.ENDED, START)
    await store.edits.correct_sentence("m", "s1", "The bet.", 0)
    await store.edits.correct_sentence("m", "s2", "The cut.", 0)
    number = await revise(store, stream, "The bat.", "The coat.", "The bat.")
    now, former = await store.get_transcript("m"), await store.get_transcript("m", 1)

    assert ["The bet.", "The coat.", "The bat."] == [one.text for one in now.sentences]
    assert [True, False, False] == [one.edited for one in now.sentences]
    assert ["The bet.", "The cut.", "The bat."] == [one.text for one in former.sentences]
    assert [(number, 1), (1, 2)] == [(r.number, r.edited) for r in await store.list_revisions("m")]
    undone, (event,) = await store.edits.undo_correction("m", f"r{number}-s1", 1)
    assert ("The bat.", SentenceCorrected(undone, number)) == (undone.text, event.event)


async def end_with(store: Store, stream: Stream, *texts: str) -> None:
    """The meeting is over, and this was heard live."""
    heard = [make_sentence(n, text) for n, text in enumerate(texts, 1)]
    await store.commit_final(stream, heard, checkpoint_at(stream, 4), 192_000)
    await store.set_meeting_state("m", MeetingState.ENDED, START)


async def test_a_correction_that_was_taken_back_does_not_return(store: Store, stream: Stream) -> None:
    """What somebody did last in the newest revision counts, also if nothing is left of it."""
    await end_with(store, stream, "The bat.", "The bat.", "The cat.")
    for sentence_id, text in (("s1", "The bet."), ("s2", "The bot."), ("s3", "The cut.")):
        await store.edits.correct_sentence("m", sentence_id, text, 0)
    await revise(store, stream, "The bat.", "The bat.", "The coat.")
    await store.edits.undo_correction("m", "r2-s1", 1)
    await revise(store, stream, "The bat.", "The bat.", "The cat.")

    assert ["The bat.", "The bot.", "The cut."] == [
        one.text for one in (await store.get_transcript("m")).sentences
    ]


async def test_a_late_correction_of_a_former_revision_is_the_current_ones_too(
    store: Store, stream: Stream
) -> None:
    """A page that was opened before corrects what is shown now, and takes it back; both are told."""
    await end_with(store, stream, "The bat.", "The cat.", "The dog.")
    await revise(store, stream, "The bat.", "The coat.", "The dog.")
    await store.edits.correct_sentence("m", "r2-s3", "The fog.", 0)
    corrected, told = await store.edits.correct_sentence("m", "s1", "The bet.", 0)
    again, _ = await store.edits.correct_sentence("m", "s1", "The best.", 1)
    for sentence_id in ("s2", "s3"):
        await store.edits.correct_sentence("m", sentence_id, "The former.", 0)
    now = (await store.get_transcript("m")).sentences
    undone, _ = await store.edits.undo_correction("m", "s1", 2)
    histories = [await store.edits.get_history("m", f"s{n}") for n in (1, 2, 3)]

    assert ["The best.", "The coat.", "The fog."] == [one.text for one in now]
    assert [(corrected.id, 1), ("r2-s1", 2)] == [
        (one.event.sentence.id, one.event.revision)
        for one in told
        if isinstance(one.event, SentenceCorrected)
    ]
    assert ("The best.", "The bet.") == (again.text, undone.text)
    assert "The bet." == (await store.get_transcript("m")).sentences[0].text
    assert [(1, "r2-s1"), (1, None), (1, None)] == [(one.revision, one.current_id) for one in histories]


async def test_a_deleted_revision_takes_its_corrections_along(store: Store, stream: Stream) -> None:
    """Also what was told of them; those of the others stay."""
    await store.commit_final(stream, [HEARD], checkpoint_at(stream, 2), 96_000)
    await store.set_meeting_state("m", MeetingState.ENDED, START)
    number = await revise(store, stream, "Nonsense.")
    await store.edits.correct_sentence("m", "s1", "First kept.", 0)
    await store.edits.correct_sentence("m", f"r{number}-s1", "Second gone.", 0)
    await store.delete_revision("m", number)

    told = repr(await store.list_events("m", 0))
    assert "First kept." in told
    assert "Second gone." not in told
    with pytest.raises(NotFound):
        await store.edits.get_history("m", f"r{number}-s1")
