"""Which of the loaded models recognises a meeting."""

from meeting_service.errors import InvalidRequest
from meeting_service.settings import ModelSettings


def choose_model(models: ModelSettings, wanted: str | None, former: str | None = None) -> str:
    """The model that somebody asks for, or else the former one if it is loaded, or else the default.

    Raises:
        InvalidRequest: `wanted` is not loaded; the detail lists those that are.
    """
    if wanted is not None and wanted not in models.names:
        raise InvalidRequest(f"model {wanted!r} is not loaded here; loaded: {', '.join(models.names)}")
    return wanted or find_loaded(models, former)


def find_loaded(models: ModelSettings, former: str | None) -> str:
    """The former model, or the default where that is not loaded any more."""
    return former if former is not None and former in models.names else models.name
