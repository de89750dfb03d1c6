"""Folding, and times as they are stored."""

from datetime import datetime

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st

from meeting_service.storage.columns import UtcDateTime, fold


@given(st.text())
def test_fold_is_stable(text: str) -> None:
    """Folding what is folded changes nothing, so both sides of a search agree."""
    assert fold(text) == fold(fold(text))


@given(st.text(st.characters(categories=["L", "N", "P", "Z"])))
def test_fold_forgets_case(text: str) -> None:
    """Whatever can be written in capitals and back is found either way."""
    assert fold(text.casefold()) == fold(text)


def test_naive_time_is_a_programming_error() -> None:
    """What has no zone cannot be turned into UTC."""
    with pytest.raises(ValueError, match="zone"):
        UtcDateTime().process_bind_param(datetime(2026, 1, 1), sa.create_engine("sqlite://").dialect)
