"""Which model recognises."""

import pytest

from meeting_service.errors import InvalidRequest
from meeting_service.sessions.models import choose_model, find_loaded
from meeting_service.settings import ModelSettings

MODELS = ModelSettings(name="demo", others=("big", "demo"), weights="auto")


def test_who_is_asked_for_comes_first() -> None:
    """Then the former one, then the default; each is loaded once."""
    assert ("demo", "big") == MODELS.names
    assert "big" == choose_model(MODELS, "big", "demo")
    assert "big" == choose_model(MODELS, None, "big")
    assert "demo" == choose_model(MODELS, None)


def test_what_is_not_loaded_any_more() -> None:
    """The default takes the place of a former one; what is asked for is refused with those there are."""
    assert "demo" == find_loaded(MODELS, "gone")
    assert "demo" == choose_model(MODELS, None, "gone")
    with pytest.raises(InvalidRequest, match="'gone' is not loaded here; loaded: demo, big"):
        choose_model(MODELS, "gone")
