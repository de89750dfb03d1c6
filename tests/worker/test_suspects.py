"""Who is suspected of what children died of, and what is given up."""

from contextlib import AbstractContextManager
from dataclasses import replace
from pathlib import Path

from meeting_service.meeting import Checkpoint, Stream
from meeting_service.recognition import DecodingConfig
from meeting_service.worker.blackboard import BLOCK_SAMPLES, SIZE, Blackboard, Item, Kind
from meeting_service.worker.messages import OpenStream
from meeting_service.worker.notes import Notes
from meeting_service.worker.suspects import MOST_KEPT, Suspects

STREAM = Stream(7, "m", "ann", 16_000, 0)
OPEN = OpenStream(STREAM, 1, Checkpoint(7, 16_000, given_up=(20_000,)), DecodingConfig(), "demo")
BAD, GOOD = Item(Kind.WINDOW, 7, 32_000), Item(Kind.WINDOW, 8, 0)
BLOCK = Item(Kind.BLOCK, 7, 48_000)

_dead: list[AbstractContextManager[None]] = []
"""batches that never end"""


def test_the_third_crash_is_one_too_many() -> None:
    """The first may be in company; who survives it alone is cleared, and begins anew."""
    suspects = Suspects()

    assert [] == suspects.accuse([GOOD, BAD])
    suspects.clear(GOOD)
    assert [] == suspects.accuse([BAD])
    assert [BAD] == suspects.accuse([BAD])
    assert [] == suspects.accuse([GOOD])


def test_a_child_is_told_what_is_known_of_a_stream() -> None:
    """What to do alone, what not to do at all; nothing of other streams."""
    suspects = Suspects()
    for accused in ([BAD, BLOCK], [BLOCK], [BLOCK]):
        suspects.accuse(accused)
    suspects.accuse([GOOD])
    told = suspects.brief(OPEN)

    assert (((Kind.WINDOW, 32_000, 1),), (48_000,)) == (told.suspects, told.unheard)
    assert (20_000,) == told.checkpoint.given_up
    for _ in range(2):
        suspects.accuse([BAD])
    assert (20_000, 32_000) == suspects.brief(OPEN).checkpoint.given_up
    assert () == suspects.brief(OPEN).suspects


def test_who_offends_again_and_again_is_known() -> None:
    """By stream, until all of it is final."""
    suspects = Suspects()
    for start in (0, 1_000):
        for _ in range(3):
            suspects.accuse([Item(Kind.WINDOW, 7, start)])

    suspects.advance(7, 16_000)
    assert replace(OPEN, offences=2) == suspects.brief(OPEN)
    suspects.finish(7)
    assert OPEN == suspects.brief(OPEN)


def test_what_is_final_is_forgotten() -> None:
    """A window once the checkpoint is beyond its start, a block once all of it was heard."""
    suspects = Suspects()
    suspects.accuse([BAD, BLOCK])

    suspects.advance(7, 48_000)
    assert ((Kind.BLOCK, 48_000, 1),) == suspects.brief(OPEN).suspects
    suspects.advance(7, 48_000 + BLOCK_SAMPLES - 1)
    assert ((Kind.BLOCK, 48_000, 1),) == suspects.brief(OPEN).suspects
    suspects.advance(7, 48_000 + BLOCK_SAMPLES)
    assert OPEN == suspects.brief(OPEN)


def test_what_is_remembered_is_bounded() -> None:
    """The oldest is forgotten."""
    suspects = Suspects()
    suspects.accuse([BAD])
    suspects.accuse([Item(Kind.WINDOW, 9, start) for start in range(MOST_KEPT)])

    assert OPEN == suspects.brief(OPEN)


def test_counts_outlive_the_service(tmp_path: Path) -> None:
    """And so does what was in work when the service died with its child; after an orderly end nothing is."""
    notes = Notes(tmp_path)
    for _ in range(3):
        suspects = Suspects(notes.suspects)
        assert [] == suspects.accuse(notes.read_in_work(), seen=False)
        with notes.open_in_work() as file:
            _write(file.fileno(), [BAD])

    suspects = Suspects(notes.suspects)
    assert [BAD] == suspects.accuse(notes.read_in_work())
    assert [32_000] == [s for s in Suspects(notes.suspects).brief(OPEN).checkpoint.given_up if s != 20_000]
    notes.clear_in_work()
    assert () == tuple(notes.read_in_work())


def test_deaths_of_services_alone_give_nothing_up(tmp_path: Path) -> None:
    """However many with the same audio in work; one more that a living service sees does, for good."""
    path = tmp_path / "suspects.json"
    for _ in range(5):
        assert [] == Suspects(path).accuse([BAD], seen=False)
    assert ((Kind.WINDOW, 32_000, 2),) == Suspects(path).brief(OPEN).suspects

    assert [BAD] == Suspects(path).accuse([BAD])
    assert [] == Suspects(path).accuse([BAD], seen=False)
    assert (20_000, 32_000) == Suspects(path).brief(OPEN).checkpoint.given_up


def test_a_file_that_cannot_be_read_is_none(tmp_path: Path) -> None:
    """Nobody is suspected for what an editor left there."""
    notes = Notes(tmp_path)
    assert notes.suspects is not None
    for content in (b"", b"{", b"[[1]]", b'[["a",1,2,3]]', b"7"):
        notes.suspects.write_bytes(content)
        (tmp_path / "in-work.bin").write_bytes(content)

        assert OPEN == Suspects(notes.suspects).brief(OPEN)
        assert () == tuple(notes.read_in_work())


def test_a_folder_that_cannot_be_written_is_no_trouble(tmp_path: Path) -> None:
    """It counts in memory, and children are given somewhere to write."""
    notes = Notes(tmp_path / "missing")
    suspects = Suspects(notes.suspects)

    with notes.open_in_work() as file:
        _write(file.fileno(), [BAD])
    assert [[], [], [BAD]] == [suspects.accuse([BAD]) for _ in range(3)]


def _write(fd: int, items: list[Item]) -> None:
    """As a child does that dies then."""
    died = Blackboard(bytearray(SIZE), fd).recognising([(item.stream_id, item.start) for item in items], 1.0)
    died.__enter__()
    _dead.append(died)
