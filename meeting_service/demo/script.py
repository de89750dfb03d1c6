"""The bundled meeting as it was read: who speaks in which file, and every sentence with its times."""

from collections.abc import Sequence
from pathlib import Path
from typing import Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from meeting_service.errors import CannotStart


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class Speaker(_Part):
    """A participant of the script."""

    id: str
    name: str
    voice: str = ""


class Recording(_Part):
    """One uninterrupted run of a participant's audio; who drops and comes back has two."""

    participant: str
    file: str
    starts_ms: int = Field(ge=0)
    """meeting offset of the first sample"""
    rate: int = Field(gt=0)


class Line(_Part):
    """A sentence that was read, in ms of the meeting."""

    participant: str
    start_ms: int
    end_ms: int
    text: str


class Script(_Part):
    """A meeting to be played, and what should be heard."""

    title: str
    participants: Sequence[Speaker]
    streams: Sequence[Recording]
    sentences: Sequence[Line]

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Read `script.json`.

        Raises:
            CannotStart: when it is missing or not a script.
        """
        path = folder / "script.json"
        try:
            return cls.model_validate_json(path.read_bytes())
        except (OSError, ValidationError) as error:
            raise CannotStart(f"the meeting's script {path} cannot be read") from error

    @property
    def duration_ms(self) -> int:
        """Offset at which the last sentence ends."""
        return max((line.end_ms for line in self.sentences), default=0)

    def name_of(self, participant: str) -> str:
        """The display name."""
        return next(speaker.name for speaker in self.participants if speaker.id == participant)

    def said_by(self) -> dict[str, str]:
        """All text of each participant, by id, in the order it is spoken."""
        spoken: dict[str, list[str]] = {speaker.id: [] for speaker in self.participants}
        for line in sorted(self.sentences, key=lambda line: line.start_ms):
            spoken[line.participant].append(line.text)
        return {participant: " ".join(texts) for participant, texts in spoken.items()}

    def runs(self) -> dict[str, list[Recording]]:
        """Each participant's recordings in the order they are played."""
        ordered = sorted(self.streams, key=lambda recording: recording.starts_ms)
        return {s.id: [r for r in ordered if r.participant == s.id] for s in self.participants}
