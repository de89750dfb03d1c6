"""Bodies held until they are whole: what each and all of them may take."""

import pytest

from meeting_service.errors import Overloaded, TooLarge
from meeting_service.web.held_bodies import MAX_BODY_BYTES, HeldBodies


def test_bodies_share_what_there_is() -> None:
    """Who comes too late is asked to come again; what is done makes room."""
    bodies = HeldBodies(most_bytes=10)
    with bodies.open() as first:
        first.extend(b"123456")
        with bodies.open() as second:
            second.extend(b"1234")
            with pytest.raises(Overloaded):
                second.extend(b"5")
            assert b"1234" == second.content
        first.extend(b"7890")

    assert 0 == bodies.held_bytes


def test_one_body_has_a_limit() -> None:
    """However much room there is."""
    bodies = HeldBodies()
    with bodies.open() as body:
        body.extend(bytes(MAX_BODY_BYTES))
        with pytest.raises(TooLarge, match="in pieces"):
            body.extend(b"1")

    assert 0 == bodies.held_bytes
