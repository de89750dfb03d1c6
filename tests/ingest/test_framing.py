"""Whether a body lacks its end."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from meeting_service.audio import Container
from meeting_service.ingest.framing import find_segment_end, make_framing
from tests.ingest.cuts import Sizes, pieces
from tests.ingest.files import encode, speech_like

OGG = encode(Container.OGG, speech_like(96_000))
WEBM = encode(Container.WEBM, speech_like(48_000))


@pytest.mark.parametrize(("container", "body"), [(Container.OGG, OGG), (Container.WEBM, WEBM)])
@settings(deadline=None)
@given(sizes=Sizes, missing=st.integers(0, 2_000))
def test_a_missing_end_is_noticed(container: Container, body: bytes, sizes: list[int], missing: int) -> None:
    """However the body is cut into pieces, it is whole or it is not."""
    framing = make_framing(container)
    for part in pieces(body[: len(body) - missing], sizes):
        framing.feed(part)

    assert framing.cut_short == (missing > 0)


def test_bodies_that_do_not_say_are_never_short() -> None:
    """A live WebM, an MP3 and garbage: there is nothing to hold against them."""
    for container, body in [
        (Container.WEBM, encode(Container.WEBM, speech_like(48_000), live=True)[:-100]),
        (Container.MP3, b"\xff\xfb\x90\x64"),
        (Container.OGG, np.random.default_rng(1).bytes(500)),
        (Container.OGG, b""),
    ]:
        framing = make_framing(container)
        framing.feed(body)
        assert not framing.cut_short


def test_segment_sizes() -> None:
    """The end is known once both headers are there, and not for a size of all ones."""
    ebml = bytes.fromhex("1a45dfa3 82 0000")

    assert find_segment_end(ebml + bytes.fromhex("18538067 85")) == 7 + 5 + 5
    assert find_segment_end(ebml + bytes.fromhex("18538067 01ffffffffffffff")) is None
    assert find_segment_end(ebml + bytes.fromhex("18538067 ff")) is None
    assert find_segment_end(ebml + bytes.fromhex("18538067 4001")) == 7 + 6 + 1
    assert find_segment_end(ebml + bytes.fromhex("18538067 40")) is None
    assert find_segment_end(ebml + bytes.fromhex("18538067 00")) is None
    assert find_segment_end(ebml) is None
    assert find_segment_end(b"") is None
