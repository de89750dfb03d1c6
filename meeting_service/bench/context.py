"""What every part is given: how thorough to be, room on the disk, models, and someone to tell."""

from collections.abc import Callable
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from meeting_service.recogniser import ModelPath, Recogniser
    from meeting_service.settings import Settings

Say = Callable[[str], None]
"""Takes a few words on what is going on."""


class Context:
    """One run's belongings, made when first asked for. Models belong to the thread that runs the parts.

    Args:
        scratch: an empty folder, removed after the run.
        quick: whether to be content with less of everything.
        say: told what is going on; each text takes the place of the one before.
    """

    def __init__(self, scratch: Path, *, quick: bool, say: Say = lambda _text: None) -> None:
        self.scratch = scratch
        self.quick = quick
        self.say = say

    def choose(self, quick: float, whole: float) -> int:
        """One of two amounts, by how thorough the run is."""
        return int(quick if self.quick else whole)

    @cached_property
    def settings(self) -> "Settings":
        """The service's settings, with what the environment says over them."""
        from meeting_service.settings import load_settings

        return load_settings()

    @cached_property
    def bundled(self) -> "Recogniser":
        """The bundled model, warm."""
        from meeting_service.recogniser import get_model, load_recogniser

        self.say("loading the bundled model")
        recogniser = load_recogniser(get_model("demo"))
        recogniser.warm_up()
        return recogniser

    @cached_property
    def full_size(self) -> "Recogniser":
        """A model of the full 0.6B configuration, with random weights; 2.4 GB."""
        from meeting_service.bench.full_size import full_size_recogniser

        self.say("making the full-size model")
        return full_size_recogniser()

    @cached_property
    def full_size_path(self) -> "ModelPath":
        """The same as a folder, for processes that load it; 2.4 GB in the scratch folder."""
        import mlx.core as mx

        from meeting_service.bench.full_size import write_full_size_model

        self.say("writing the full-size model")
        path = write_full_size_model(self.scratch / "full-size")
        mx.clear_cache()  # a gigabyte of what it was made in
        return path
