"""Who talks over whom, found for all at once and one by one."""

from hypothesis import given
from hypothesis import strategies as st

from meeting_service.transcript import OverlapFinder, Sentence, Spoken, find_overlaps

SENTENCES = st.lists(
    st.tuples(st.sampled_from("ab"), st.integers(0, 50), st.integers(1, 20)), max_size=12
).map(
    lambda said: [
        Sentence(str(number), who, start, start + length, "Yes.", 1.0, ())
        for number, (who, start, length) in enumerate(said)
    ]
)


@given(SENTENCES)
def test_one_by_one_comes_to_the_same(sentences: list[Sentence]) -> None:
    """Once all are known, in whatever order they came."""
    finder = OverlapFinder()
    for sentence in sentences:
        finder.add(sentence)

    assert find_overlaps(sentences) == {s.id for s in sentences if finder.overlaps(s)}


def test_nobody_talks_over_themselves() -> None:
    """Also where it is known twice, and where one ends as the other begins."""
    finder = OverlapFinder([Spoken("a", 0, 10), Spoken("b", 10, 20)])
    sentence = Sentence("1", "a", 0, 10, "Yes.", 1.0, ())
    finder.add(sentence)

    assert not finder.overlaps(sentence)
