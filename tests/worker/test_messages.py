"""Everything the service and its worker say survives the line it is sent on."""

import pytest

from meeting_service.meeting import Checkpoint, Stream
from meeting_service.recognition import DecodingConfig, SentenceRules, Unrecognised
from meeting_service.transcript import Draft, Sentence, Word
from meeting_service.worker.messages import (
    Advanced,
    AudioArrived,
    Behind,
    CloseStream,
    Command,
    Configure,
    Drafted,
    DraftsPaced,
    Finalized,
    Finished,
    FinishStream,
    OpenStream,
    Ready,
    Reply,
    StartFailed,
    StreamFailed,
    Survived,
    decode,
    encode,
)

STREAM = Stream(7, "m", "änn", 48_000, 1_500)
CHECKPOINT = Checkpoint(7, 16_000, 8_000, 8_000, (24_000,))
LOST = (Unrecognised(24_000, 32_000),)
SENTENCE = Sentence("7-0-0", "änn", 0, 900, "Grüß Gott.\n", 0.9, (Word("Grüß", 0, 400, 0.8),))

MESSAGES: list[Command | Reply] = [
    Configure("/data/audio.db", ("demo", "other"), "auto", {"max_batch": 16}, {}, {"level": "info"}),
    OpenStream(
        STREAM, 2, CHECKPOINT, DecodingConfig("beam", 8, ("Parakeet",), SentenceRules(max_words=9)), "demo"
    ),
    OpenStream(
        *(STREAM, 2, CHECKPOINT, DecodingConfig(), "demo"),
        behind=True,
        suspects=((1, 16_000, 2),),
        unheard=(32_000,),
    ),
    AudioArrived(7, 96_000),
    FinishStream(7, 96_000),
    CloseStream(7),
    Ready("demo on cpu"),
    StartFailed("no such model"),
    Finalized(7, 1, (SENTENCE,), Draft("änn", 0, 0, ""), CHECKPOINT),
    Finalized(7, 1, (), Draft("änn", 5, 9, "und"), CHECKPOINT, 4_000),
    Drafted(7, 1, Draft("änn", 0, 900, "grüß\u2028gott")),
    Finalized(7, 1, (), Draft("änn", 5, 9, "und"), CHECKPOINT, 4_000, 2_000, LOST),
    Advanced(7, 1, CHECKPOINT),
    Advanced(7, 1, CHECKPOINT, LOST),
    Survived(7, 1, 16_000),
    Finished(7, 1),
    Behind(7, 2, 4_500),
    DraftsPaced(1_200),
    StreamFailed(7, 1, "the ledger cannot be read"),
]


@pytest.mark.parametrize("message", MESSAGES, ids=lambda message: type(message).__name__)
def test_round_trip(message: Command | Reply) -> None:
    """A message is one line and reads back as the same message."""
    line = encode(message)

    assert line.endswith(b"\n")
    assert line.count(b"\n") == 1
    assert message == decode(line)
