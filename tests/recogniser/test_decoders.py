from meeting_service.recogniser.beam import BeamTransducer
from meeting_service.recogniser.ctc import GreedyCtc
from meeting_service.recogniser.decoders import Decoders
from meeting_service.recogniser.transducer import GreedyTransducer
from meeting_service.recognition import DecodingConfig, SentenceRules
from tests.recogniser.tiny import ONE_ROW, VOCABULARY, Kind, make_model

BEAM = DecodingConfig("beam", 3, ("abc",))


def make_decoders(kind: Kind) -> Decoders:
    """The decoders of a tiny model."""
    return Decoders(make_model(kind).network, VOCABULARY, ONE_ROW)


def test_every_kind_has_its_greedy_decoder() -> None:
    """Transducers, and the transducer of a hybrid, decode as such; CTC as CTC, whatever is asked for."""
    for kind in ("TDT", "RNNT", "TDT-CTC"):
        assert isinstance(make_decoders(kind).get(DecodingConfig()), GreedyTransducer)
    assert isinstance(make_decoders("CTC").get(DecodingConfig()), GreedyCtc)
    assert isinstance(make_decoders("CTC").get(BEAM), GreedyCtc)


def test_a_beam_decoder_is_kept() -> None:
    """The same vocabulary gets the same decoder again, whatever its sentence rules."""
    decoders = make_decoders("TDT")

    first = decoders.get(BEAM)

    assert isinstance(first, BeamTransducer)
    assert first is decoders.get(DecodingConfig("beam", 3, ("abc",), SentenceRules(max_words=5)))
    assert first is not decoders.get(DecodingConfig("beam", 3, ("abd",)))
