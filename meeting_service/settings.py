"""Settings: `config/default.toml`, a file over it, the environment over both; every range checked."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, ValidationInfo, field_validator

from meeting_service.errors import CannotStart
from meeting_service.retention import Retention
from meeting_service.settings_sources import (
    Values,
    advise,
    find_nearest,
    merge,
    read_defaults,
    read_environment,
    read_file,
)

MAX_DAYS = 36_500
MIN_TRANSCRIPT_DAYS = 0.04
"""an hour, in which somebody can take a transcript away"""

IdleHours = Annotated[float, Field(ge=0.01, le=8_760)] | Literal["never"]
Probability = Annotated[float, Field(ge=0.1, le=0.95)]
Word = Annotated[str, Field(min_length=1)]


class _Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    @field_validator("*", mode="before")
    @classmethod
    def _refuse_truth(cls, value: Any, info: ValidationInfo) -> Any:
        """Keep true and false from counting as the numbers 1 and 0."""
        if isinstance(value, bool) and cls.model_fields[info.field_name or ""].annotation is not bool:
            raise ValueError("no true or false belongs here")
        return value


class ServerSettings(_Section):
    """Where the service listens."""

    host: Word
    port: int = Field(ge=0, le=65_535)
    insecure: bool
    host_names: tuple[Word, ...] = Field(max_length=32)
    shutdown_s: float = Field(ge=1, le=120)


class DataSettings(_Section):
    """Where things are kept."""

    directory: Path
    min_free_mb: int = Field(ge=0, le=1_048_576)


class ModelSettings(_Section):
    """Which models recognise, and in which arithmetic."""

    name: Word
    others: tuple[Word, ...] = Field(max_length=7)
    weights: Literal["auto", "float32", "bfloat16", "8bit", "4bit"]

    @property
    def names(self) -> tuple[str, ...]:
        """All that are loaded, the default first, each once."""
        return tuple(dict.fromkeys((self.name, *self.others)))


class RecognitionSettings(_Section):
    """How windows are batched and drafts paced."""

    max_batch: int = Field(ge=1, le=64)
    max_wait_ms: int = Field(ge=0, le=1_000)
    drafts: bool
    draft_interval_ms: int = Field(ge=200, le=10_000)
    vocabulary_beam_size: int = Field(ge=1, le=16)


class SegmenterSettings(_Section):
    """What counts as speech, and when an utterance is over."""

    speech_threshold: Probability
    min_silence_ms: int = Field(ge=200, le=5_000)
    long_silence_ms: int = Field(ge=100, le=5_000)
    max_utterance_s: float = Field(ge=20, le=300)


class LimitSettings(_Section):
    """What is refused, politely, before it hurts anybody."""

    body_bytes: int = Field(ge=1_024, le=16_777_216)
    audio_request_s: int = Field(ge=1, le=86_400)
    audio_request_bytes: int = Field(ge=65_536, le=8_589_934_592)
    message_bytes: int = Field(ge=4_096, le=4_194_304)
    messages_per_s: int = Field(ge=10, le=100_000)
    window_s: float = Field(ge=1, le=120)
    body_idle_s: float = Field(ge=1, le=3_600)
    participants: int = Field(ge=1, le=1_000)
    live_meetings: int = Field(ge=1, le=10_000)
    watchers: int = Field(ge=1, le=10_000)
    listeners: int = Field(ge=1, le=10_000)
    retranscriptions: int = Field(ge=1, le=100)
    revisions: int = Field(ge=2, le=1_000)
    gaps: int = Field(ge=1, le=100_000)
    meeting_h: float = Field(ge=0.1, le=168)


class MeetingSettings(_Section):
    """When a meeting ends that nobody ends."""

    end_idle_h: IdleHours
    end_unused_h: IdleHours

    @property
    def idle_s(self) -> float | None:
        """Seconds without audio or sender after which it ends; None: never."""
        return _hours(self.end_idle_h)

    @property
    def unused_s(self) -> float | None:
        """The same of one that never had any audio."""
        return _hours(self.end_unused_h)


class RetentionSettings(_Section):
    """How long what is kept is kept, in days from when a meeting's text is final."""

    audio_days: Annotated[float, Field(ge=0, le=MAX_DAYS)] | Literal["forever"]
    transcripts_days: Annotated[float, Field(ge=MIN_TRANSCRIPT_DAYS, le=MAX_DAYS)] | Literal["forever"]

    @property
    def rules(self) -> Retention:
        """As rules."""
        return Retention(_days(self.audio_days), _days(self.transcripts_days))


class LoggingSettings(_Section):
    """What the operator sees."""

    level: Literal["debug", "info", "warning", "error"]
    json_lines: bool = Field(alias="json")


class Settings(BaseModel):
    """Every setting, checked."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    server: ServerSettings
    data: DataSettings
    model: ModelSettings
    recognition: RecognitionSettings
    segmenter: SegmenterSettings
    limits: LimitSettings
    meetings: MeetingSettings
    retention: RetentionSettings
    logging: LoggingSettings


def load_settings(config: Path | None = None, overrides: Values | None = None) -> Settings:
    """Read all sources; `overrides` (the command line's options) wins over everything.

    Raises:
        CannotStart: names the setting, the value and the range.
    """
    values = read_defaults()
    environment = read_environment(values)
    for over in (read_file(config) if config else {}, environment, overrides or {}):
        merge(values, over)
    try:
        return Settings.model_validate(values)
    except ValidationError as error:
        raise CannotStart(_explain(error)) from error


def _hours(setting: float | Literal["never"]) -> float | None:
    return None if setting == "never" else setting * 3600


def _days(setting: float | Literal["forever"]) -> float | None:
    return None if setting == "forever" else setting


def _explain(error: ValidationError) -> str:
    first = error.errors()[0]
    # A setting is a name in a section; beyond it pydantic tells which of a number or a word was tried.
    name = ".".join(str(part) for part in first["loc"][:2])
    if first["type"] == "extra_forbidden":
        return f"there is no setting {name}; {advise(find_nearest(name, read_defaults()))}"
    said = first["msg"].removeprefix("Value error, ")
    said = f"{said[0].lower()}{said[1:]}"
    return f"setting {name} = {first['input']!r} does not fit: {_allowed(first['loc']) or said}"


def _allowed(location: Sequence[int | str]) -> str:
    """What a setting may be: the whole range, or the words there are; empty where only the error says it."""
    schema: dict[str, Any] = Settings.model_json_schema()
    for name in location[:2]:
        schema = schema.get("properties", {}).get(name, {})
        schema = Settings.model_json_schema()["$defs"].get(schema.get("$ref", "").rpartition("/")[2], schema)
    if "anyOf" in schema:
        number, word = schema["anyOf"]
        return f'{number["minimum"]:g} to {number["maximum"]:g}, or "{word["const"]}"'
    if "enum" in schema:
        return f"one of {', '.join(schema['enum'])}"
    if "maximum" in schema:
        kind = "a whole number, " if schema["type"] == "integer" else ""
        return f"{kind}{schema['minimum']} to {schema['maximum']}"
    if "maxItems" in schema:
        return f"a list of up to {schema['maxItems']} texts that are not empty"
    if "minLength" in schema:
        return "a text that is not empty"
    return "true or false" if schema.get("type") == "boolean" else ""
