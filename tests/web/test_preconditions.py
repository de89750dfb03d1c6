import pytest
from aiohttp.test_utils import make_mocked_request

from meeting_service.errors import InvalidRequest, Unconditional
from meeting_service.web.preconditions import etag, read_expected


@pytest.mark.parametrize(
    ("told", "expected"),
    [('"0"', 0), (' "17" ', 17), ('W/"3"', 3), ("*", None), ('"007"', 7)],
)
def test_a_change_says_of_which_version_it_is(told: str, expected: int | None) -> None:
    """By the tag that was read, also one that a proxy has made weak; or of whatever there is."""
    assert expected == read_expected(make_mocked_request("PATCH", "/", headers={"If-Match": told}))


@pytest.mark.parametrize("told", ["", "1", '"one"', '"-1"', '"1", "2"', '"1234567890123456"', "**", 'w/"1"'])
def test_what_is_no_version_is_refused(told: str) -> None:
    """Nothing is guessed."""
    with pytest.raises(InvalidRequest, match="If-Match"):
        read_expected(make_mocked_request("PATCH", "/", headers={"If-Match": told}))


def test_a_change_of_nothing_in_particular_is_refused() -> None:
    """Nobody overwrites anybody without knowing."""
    with pytest.raises(Unconditional, match="If-Match"):
        read_expected(make_mocked_request("PATCH", "/"))


def test_a_version_is_told_as_it_is_asked_for() -> None:
    """In quotes."""
    assert {"ETag": '"3"'} == etag(3)
