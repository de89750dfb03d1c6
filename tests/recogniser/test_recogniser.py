from collections.abc import Sequence
from dataclasses import replace
from typing import Literal

import numpy as np
import pytest

from meeting_service.recogniser import Recogniser, find_model
from meeting_service.recogniser.device import Device
from meeting_service.recogniser.loading import load_model
from meeting_service.recognition import DecoderState, DecodingConfig, Hypothesis, Samples, Window
from meeting_service.scoring import WordErrors, count_word_errors
from tests.recogniser.tiny import ONE_ROW, VOCABULARY, Kind, make_model
from tests.spoken import list_recordings

FRAME = 1_280


def text_of(hypothesis: Hypothesis) -> str:
    """What was heard."""
    return "".join(token.text for token in hypothesis.tokens).strip()


def lay_out(samples: Samples, left: int, chunk: int, right: int) -> list[Window]:
    """Windows over one utterance, sizes in encoder frames; states are yet to be filled in."""
    windows = []
    for start in range(0, len(samples), chunk * FRAME):
        end = min(start + chunk * FRAME, len(samples))
        first, last = max(0, start - left * FRAME), min(end + right * FRAME, len(samples))
        windows.append(Window(samples[first:last], first, start, end))
    return windows


def recognise_in_order(recogniser: Recogniser, windows: Sequence[Window]) -> list[Hypothesis]:
    """One after the other, each with the state the one before left."""
    hypotheses: list[Hypothesis] = []
    state: DecoderState | None = None
    for window in windows:
        hypotheses += recogniser.recognise([replace(window, state=state)])
        state = hypotheses[-1].state
    return hypotheses


def test_the_recordings_are_understood(recogniser: Recogniser) -> None:
    """On recordings of voices it knows the bundled model makes no more errors than it should."""
    known = [r for r in list_recordings() if r.path.name.startswith("sentence")]
    heard = [r.pcm.astype(np.float32) / np.float32(32_768) for r in known]

    answers = recogniser.recognise([Window(samples, 0, 0, len(samples)) for samples in heard])

    pairs = [(recording.text, text_of(answer)) for recording, answer in zip(known, answers, strict=True)]
    assert sum((count_word_errors(*pair) for pair in pairs), WordErrors(0, 0)).rate <= 0.1


def test_a_batch_equals_each_alone(recogniser: Recogniser, windows: list[Window]) -> None:
    """Neighbours in a call change nothing, to the last bit, in whatever order they come."""
    together = recogniser.recognise(windows[::-1])[::-1]

    for window, hypothesis in zip(windows, together, strict=True):
        [alone] = recogniser.recognise([window])

        assert alone.tokens == hypothesis.tokens
        np.testing.assert_array_equal(alone.state.hidden, hypothesis.state.hidden)


def load_in_rows() -> Recogniser:
    """The bundled model in batches of four, as on a GPU."""
    path, device = find_model("demo"), Device("cpu", 4)
    assert path is not None
    return Recogniser(load_model(path, device), device)


def test_rows_of_a_batch_equal_each_alone(recogniser: Recogniser, windows: list[Window]) -> None:
    """Computed in real batches, as on a GPU, every window has the tokens it has alone."""
    in_rows = load_in_rows()

    for one, many in zip(recogniser.recognise(windows), in_rows.recognise(windows), strict=True):
        assert [(t.text, t.start, t.end) for t in one.tokens] == [
            (t.text, t.start, t.end) for t in many.tokens
        ]


def test_rows_do_not_depend_on_how_many_come(windows: list[Window]) -> None:
    """A device that takes four rows computes one window as it computes four: the same to the last bit."""
    in_rows = load_in_rows()
    alike = [replace(windows[0], start=0, decode_start=0, decode_end=len(windows[0].samples))] * 3
    [alone] = in_rows.recognise(alike[:1])

    for hypothesis in in_rows.recognise(alike):
        np.testing.assert_array_equal(alone.state.hidden, hypothesis.state.hidden)
        assert alone.tokens == hypothesis.tokens


def test_times_are_on_the_streams_clock(recogniser: Recogniser, windows: list[Window]) -> None:
    """Token times rise, lie inside the window, and move with it."""
    for window, hypothesis in zip(windows, recogniser.recognise(windows), strict=True):
        starts = [token.start for token in hypothesis.tokens]
        assert sorted(starts) == starts
        end = window.start + len(window.samples)
        assert all(window.start <= token.start <= token.end <= end for token in hypothesis.tokens)
        assert all(0 <= token.confidence <= 1 for token in hypothesis.tokens)

    moved = replace(windows[0], start=10**9, decode_start=10**9, decode_end=10**9 + len(windows[0].samples))
    [later], [sooner] = recogniser.recognise([moved]), recogniser.recognise(windows[:1])

    offset = 10**9 - windows[0].start
    assert [token.start + offset for token in sooner.tokens] == [token.start for token in later.tokens]


@pytest.mark.parametrize("chunk", [5, 17, 50])
def test_every_frame_is_decoded_once(recogniser: Recogniser, utterances: list[Samples], chunk: int) -> None:
    """Windows that all see the whole utterance give, chunk by chunk, the tokens of the utterance at once."""
    for samples in utterances[:4]:
        [whole] = recogniser.recognise([Window(samples, 0, 0, len(samples))])
        frames = -(-len(samples) // FRAME)

        pieces = recognise_in_order(recogniser, lay_out(samples, frames, chunk, frames))

        assert list(whole.tokens) == [token for piece in pieces for token in piece.tokens]


def test_long_speech_in_windows(recogniser: Recogniser) -> None:
    """Windows with some context to both sides hear nearly what the whole recording gives."""
    [recording] = [r for r in list_recordings() if r.path.name.startswith("nonstop")]
    samples = recording.pcm.astype(np.float32) / np.float32(32_768)
    [whole] = recogniser.recognise([Window(samples, 0, 0, len(samples))])

    pieces = recognise_in_order(recogniser, lay_out(samples, 100, 50, 25))

    heard = "".join(token.text for piece in pieces for token in piece.tokens)
    assert count_word_errors(text_of(whole), heard).rate <= 0.1
    starts = [token.start for piece in pieces for token in piece.tokens]
    assert sorted(starts) == starts


@pytest.mark.parametrize("samples", [0, 1, 159, 160, 1_279])
def test_hardly_any_audio(recogniser: Recogniser, samples: int) -> None:
    """A window too short for a frame has no tokens; none is too short for an answer."""
    [hypothesis] = recogniser.recognise([Window(np.zeros(samples, np.float32), 500, 500, 500 + samples)])

    assert [] == list(hypothesis.tokens)
    assert 2 == hypothesis.state.hidden.ndim


def test_a_tail_is_told_apart(recogniser: Recogniser, windows: list[Window]) -> None:
    """What follows the part to decode goes on from its state, which knows nothing of it."""
    end = windows[0].start + 10 * recogniser.frame_samples
    asked = [replace(windows[0], decode_end=end, tail=True), windows[1], replace(windows[0], decode_end=end)]

    with_tail, other, without = recogniser.recognise(asked)
    [rest] = recogniser.recognise([replace(windows[0], decode_start=end, state=without.state)])

    assert without.tokens == with_tail.tokens
    assert rest.tokens == with_tail.tail
    assert () == without.tail == other.tail
    assert without.state.skip_frames == with_tail.state.skip_frames


def test_a_region_of_nothing_passes_the_state_on(recogniser: Recogniser, windows: list[Window]) -> None:
    """Where nothing is to be decoded the state comes back as it was given."""
    [before] = recogniser.recognise(windows[:1])
    nothing = replace(windows[0], decode_end=windows[0].decode_start, state=before.state)

    [after] = recogniser.recognise([nothing])

    assert [] == list(after.tokens)
    assert before.state.last_token == after.state.last_token
    np.testing.assert_array_equal(before.state.hidden, after.state.hidden)


def test_no_windows(recogniser: Recogniser) -> None:
    """Nothing asked, nothing answered."""
    assert [] == recogniser.recognise([])


def test_beam_and_greedy_in_one_call(recogniser: Recogniser, windows: list[Window]) -> None:
    """Windows of meetings with and without a vocabulary share a call; each is decoded in its own way."""
    beam = DecodingConfig("beam", 4)
    mixed = [windows[0], replace(windows[0], decoding=beam), windows[1]]

    answers = recogniser.recognise(mixed)

    assert recogniser.recognise(windows[:1])[0].tokens == answers[0].tokens
    assert recogniser.recognise([mixed[1]])[0].tokens == answers[1].tokens
    assert answers[1].state.recent_tokens


def test_a_vocabulary_pulls_towards_itself(recogniser: Recogniser, windows: list[Window]) -> None:
    """A phrase that was heard goes when another that sounds similar is favoured strongly enough."""
    window = replace(windows[0], decoding=DecodingConfig("beam", 4))
    [plain] = recogniser.recognise([window])
    first = text_of(plain).split()[0]
    favoured = (first[:-1] + "nnn", first.upper())

    [pulled] = recogniser.recognise([replace(window, decoding=DecodingConfig("beam", 4, (first,)))])
    [foreign] = recogniser.recognise(
        [replace(window, decoding=DecodingConfig("beam", 4, ("Zürich", *favoured)))]
    )

    assert text_of(pulled).count(first) >= text_of(plain).count(first)
    assert text_of(foreign).split()[1:] == text_of(plain).split()[1:]


@pytest.mark.parametrize("kind", ["TDT", "RNNT", "CTC", "TDT-CTC"])
def test_every_kind_of_model_decodes(kind: Kind, utterances: list[Samples]) -> None:
    """TDT, RNNT, CTC and hybrid models answer, and in pieces as in one."""
    recogniser, samples = Recogniser(make_model(kind, 4), ONE_ROW), utterances[0]
    [whole] = recogniser.recognise([Window(samples, 0, 0, len(samples))])
    frames = -(-len(samples) // FRAME)

    pieces = recognise_in_order(recogniser, lay_out(samples, frames, 7, frames))

    assert kind == recogniser.describe().kind
    assert text_of(whole) == "".join(token.text for piece in pieces for token in piece.tokens).strip()
    assert FRAME == recogniser.frame_samples


@pytest.mark.parametrize("kind", ["TDT", "RNNT", "CTC", "TDT-CTC"])
@pytest.mark.parametrize("method", ["greedy", "beam"])
def test_every_kind_decodes_alike_in_company(
    kind: Kind, method: Literal["greedy", "beam"], utterances: list[Samples]
) -> None:
    """Whatever the model and the way of decoding, a window has the bits it has alone."""
    recogniser, decoding = Recogniser(make_model(kind, 4), ONE_ROW), DecodingConfig(method, 3, ("abc",))
    windows = [Window(samples, 0, 0, len(samples), decoding=decoding) for samples in utterances[:5]]

    for window, together in zip(windows, recogniser.recognise(windows), strict=True):
        [alone] = recogniser.recognise([window])

        assert alone.tokens == together.tokens
        np.testing.assert_array_equal(alone.state.cell, together.state.cell)


def test_what_is_no_text_is_dropped(utterances: list[Samples]) -> None:
    """Pieces like `<unk>` are decoded but not told, and a space before punctuation is taken away."""
    model = make_model("TDT", 4)
    pieces = ("<unk>", "<|en|>", "▁.", *VOCABULARY[3:])
    recogniser = Recogniser(replace(model, vocabulary=pieces), ONE_ROW)

    [hypothesis] = recogniser.recognise([Window(utterances[0], 0, 0, len(utterances[0]))])

    texts = {token.text for token in hypothesis.tokens}
    assert not {"<unk>", "<|en|>", " ."} & texts


def test_warming_up_leaves_no_trace(recogniser: Recogniser, windows: list[Window]) -> None:
    """After a warm-up the answers are what they were."""
    before = recogniser.recognise(windows[:1])

    recogniser.warm_up()

    assert before[0].tokens == recogniser.recognise(windows[:1])[0].tokens
