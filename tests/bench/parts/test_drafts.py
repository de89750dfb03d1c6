"""What drafts cost and how steady they are."""

from meeting_service.bench.context import Context
from meeting_service.bench.parts.drafts import Erasure, count_erased, make_scene
from meeting_service.bench.speech import list_sentences
from meeting_service.meeting import Checkpoint
from meeting_service.transcript import Draft, Sentence
from meeting_service.worker.messages import Drafted, Finalized, Reply


def _drafted(text: str) -> Drafted:
    return Drafted(1, 1, Draft("p1", 0, 1, text))


def _finalized(text: str, rest: str = "") -> Finalized:
    sentence = Sentence("s1", "p1", 0, 1, text, 1.0, ())
    return Finalized(1, 1, (sentence,), Draft("p1", 0, 1, rest), Checkpoint(1))


def test_what_only_grows_takes_nothing_back() -> None:
    """A draft that goes on, becomes final and is followed by the next one erases nothing."""
    replies: list[Reply] = [
        _drafted("I am"),
        _drafted("I am here."),
        _finalized("I am here.", "And"),
        _drafted("And you"),
    ]

    assert count_erased(replies) == Erasure(0, 11)


def test_every_character_that_goes_away_counts() -> None:
    """After the first character that changes all that was shown was taken back, also by a final."""
    replies: list[Reply] = [_drafted("I am here"), _drafted("I'm"), _finalized("I'd", "")]

    assert count_erased(replies).erased == len(" am here") + len("m")


def test_a_scene_is_heard(context: Context) -> None:
    """A speaker gives text, drafts and the seconds that were encoded for them."""
    sentence = list_sentences()[0]
    scene = make_scene(context, "one", [sentence.samples], sentence.seconds)

    assert scene.amplification >= 1
    assert scene.heard.drafts > 0
    assert scene.erasure.final > 20
