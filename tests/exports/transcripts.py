"""Any transcript, for hypothesis: text and names of any kind, words of any length in time."""

from hypothesis import strategies as st

from meeting_service.meeting import Participant
from meeting_service.transcript import Sentence, Transcript, Word, reading_order
from tests.exports.meetings import PLAIN

IDS = ("a", "b", "c")

_nasty = st.sampled_from(
    """<b> </v> --> -- > &amp; & {\\an8} {c:$f} \u202eabc e\u0301 會議 NOTE STYLE - 1 WEBVTT""".split(" ")  # noqa: SIM905
) | st.sampled_from(
    ["\ufeff", "\0", "\r\n\r\n2\r\n", "00:00:01,000 --> 00:00:02,000", "x" * 90, "\u00a0", "\u2028"]
)
texts = st.lists(st.text(max_size=12) | _nasty, max_size=12).map(" ".join)
plain_texts = st.lists(st.text("abcdefghij,.?", min_size=1, max_size=9), min_size=1, max_size=40).map(
    " ".join
)


@st.composite
def _sentences(draw: st.DrawFn, participant_id: str, said: st.SearchStrategy[str]) -> list[Sentence]:
    """Some sentences of one participant, one after the other."""
    sentences = []
    now = draw(st.integers(-50, 5_000))
    for number in range(draw(st.integers(0, 4))):
        text = draw(said)
        start = now
        words = []
        for word in text.split():
            now += draw(st.sampled_from([0, 0, 40, 700]))
            begin = now
            now += draw(st.sampled_from([0, 1, 80, 300, 9_000]))
            words.append(Word(word, begin, now, 0.5))
        known = draw(st.booleans())
        sentence_id = f"{participant_id}{number}"
        sentences.append(Sentence(sentence_id, participant_id, start, now, text, 0.5, words if known else ()))
        now += draw(st.sampled_from([0, 0, 1, 500, 20_000, 400_000_000]))
    return sentences


@st.composite
def transcripts(draw: st.DrawFn, said: st.SearchStrategy[str] = texts) -> Transcript:
    """A transcript of three participants, whose names differ but are of any kind."""
    names = [f"{i}{draw(st.text(max_size=30) | _nasty)}" for i in IDS]
    sentences = [s for i in IDS for s in draw(_sentences(i, said))]
    return Transcript(
        meeting=PLAIN.meeting,
        participants=[Participant("m1", i, name) for i, name in zip(IDS, names, strict=True)],
        sentences=sorted(sentences, key=reading_order),
    )
