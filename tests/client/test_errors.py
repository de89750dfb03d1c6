"""What the service says, as errors."""

import pytest
from yarl import URL

from meeting_service.client.errors import Superseded, close_code_to_error, failure_to_error, problem_to_error
from meeting_service.client.patience import Patience
from meeting_service.errors import AudioHole, MeetingEnded, MeetingServiceError, NotFound
from meeting_service.web.errors import ANSWERS


@pytest.mark.parametrize("code", sorted(ANSWERS))
def test_a_problem_becomes_an_error(code: str) -> None:
    """With the service's own words, whatever its code."""
    error = problem_to_error(400, {"code": code, "detail": "words", "through": 5})

    assert ("words", isinstance(error, AudioHole)) == (error.detail, code == "audio_hole")


@pytest.mark.parametrize(
    ("failure", "reason"),
    [
        (ConnectionResetError(104, "Connection reset by peer"), "Connection reset by peer"),
        (ValueError("no length"), "no length"),
        (TimeoutError(), "TimeoutError"),
    ],
)
def test_a_request_that_broke_says_why(failure: Exception, reason: str) -> None:
    """In the system's words, or at least by its name."""
    address = URL("http://127.0.0.1:8080/v1")

    assert f"http://127.0.0.1:8080 does not answer: {reason}" == failure_to_error(address, failure).detail


def test_a_hole_says_where_to_go_on() -> None:
    """From the problem's `through`."""
    error = problem_to_error(409, {"code": "audio_hole", "detail": "words", "through": 5})

    assert isinstance(error, AudioHole)
    assert 5 == error.expected


@pytest.mark.parametrize("problem", [None, [], "x", {}])
def test_an_answer_without_a_problem_is_an_error_too(problem: object) -> None:
    """A proxy's page, for example."""
    assert "502" in problem_to_error(502, problem).detail


def test_final_close_codes_are_errors() -> None:
    """Unknown ones are plain."""
    kinds = [type(close_code_to_error(code, "x")) for code in (4404, 4410, 4430, 4999)]

    assert [NotFound, MeetingEnded, Superseded, MeetingServiceError] == kinds


def test_waits_grow_and_stay() -> None:
    """With jitter on top, and never too short for a service that is busy."""
    patience = Patience(jitter_s=0)

    assert [0.25, 0.5, 1, 2, 5, 5] == [patience.delay_s(attempt) for attempt in range(6)]
    assert 5 == patience.delay_s(0, later=True)
    assert 0.25 <= Patience().delay_s(0) <= 0.75
