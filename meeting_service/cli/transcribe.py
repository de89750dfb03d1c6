"""`transcribe`: files to a transcript, without a server."""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from meeting_service.cli.choices import (
    CaptionRules,
    Format,
    From,
    KeepOverlaps,
    LineChars,
    NoNames,
    NoTimes,
    PerParticipant,
    To,
    Who,
    make_options,
)
from meeting_service.cli.console import complain, progress, remark
from meeting_service.cli.files import open_all
from meeting_service.cli.model import get_or_fetch
from meeting_service.cli.options import Config, Model, Names, Out, read_settings
from meeting_service.cli.results import check_output, write_transcript
from meeting_service.errors import NotFound

if TYPE_CHECKING:
    from meeting_service.exports import ExportOptions
    from meeting_service.offline import AudioFile, OfflineTranscription
    from meeting_service.recogniser import Recogniser
    from meeting_service.settings import Settings
    from meeting_service.transcript import Transcript

EXAMPLES = (
    "meeting-service transcribe talk.wav --model demo\n\n"
    "meeting-service transcribe ann.flac ben.flac --name Ann --name Ben --format srt --out call.srt\n\n"
    "meeting-service transcribe call.wav --channels --name Agent --name Caller"
)


def command(
    files: Annotated[list[Path], typer.Argument(metavar="FILE", help="WAV, FLAC, Ogg, WebM or MP3.")],
    names: Names = None,
    form: Format = "txt",
    out: Out = None,
    model: Model = None,
    channels: Annotated[
        bool, typer.Option("--channels", help="Each channel is a participant of its own.")
    ] = False,
    no_names: NoNames = False,
    no_times: NoTimes = False,
    preset: CaptionRules = "netflix",
    line_chars: LineChars = None,
    keep_overlaps: KeepOverlaps = False,
    participant: Who = None,
    from_ms: From = None,
    to_ms: To = None,
    per_participant: PerParticipant = False,
    config: Config = None,
) -> None:
    """Transcribe files, one participant each, that begin at the same moment."""
    options = make_options(
        no_names=no_names,
        no_times=no_times,
        preset=preset,
        line_chars=line_chars,
        keep_overlaps=keep_overlaps,
        participant=participant,
        from_ms=from_ms,
        to_ms=to_ms,
        per_participant=per_participant,
    )
    check_output(form, out, options)
    settings = read_settings(config, model={"name": model})

    with ExitStack() as stack:
        opened = open_all(files, stack)
        participants = _number(opened, per_channel=channels)
        called = _name(opened, participants, names or [])
        expected = _expect(files, called, settings.model.name)
        _check_participant(expected, options)
        work = _transcribe(opened, participants, settings)
        write_transcript(_fill(expected, work), form, out, options)
        for failure in work.failures:
            complain(f"{failure.detail}; what came before is transcribed")
        if work.failures:
            raise typer.Exit(1)


def _number(files: "Sequence[AudioFile]", *, per_channel: bool) -> list[list[str]]:
    """The ids of each file's participants."""
    ids: Iterator[str] = map(str, range(1, 1 + sum(file.channels for file in files)))
    return [[next(ids) for _ in range(file.channels if per_channel else 1)] for file in files]


def _name(
    files: "Sequence[AudioFile]", participants: Sequence[Sequence[str]], names: Sequence[str]
) -> dict[str, str]:
    """Display names by id: those given, then the files' own."""
    called = {
        participant: file.path.stem if len(ids) == 1 else f"{file.path.stem} {channel}"
        for file, ids in zip(files, participants, strict=True)
        for channel, participant in enumerate(ids, start=1)
    }
    if len(names) > len(called):
        raise typer.BadParameter(f"{len(names)} names for {len(called)} participants", param_hint="--name")
    return called | dict(zip(called, names, strict=False))


def _transcribe(
    files: "Sequence[AudioFile]", participants: Sequence[Sequence[str]], settings: "Settings"
) -> "OfflineTranscription":
    from meeting_service.offline import OfflineTranscription

    recogniser = load_model(settings)
    work = OfflineTranscription(files, participants, recogniser.recognise, settings.segmenter)
    total_bytes = sum(file.size_bytes for file in files)
    with progress("transcribing") as update:
        for read_bytes in work.run():
            update(read_bytes, total_bytes)
    return work


def load_model(settings: "Settings") -> "Recogniser":
    """The recogniser of the settings, for this thread only; downloads it if need be.

    Raises:
        CannotStart: when it cannot be had.
    """
    from meeting_service.recogniser import load_recogniser

    found = get_or_fetch(settings.model.name)
    remark(f"loading {found.name} …")
    return load_recogniser(found, settings.model.weights)


def _expect(paths: Sequence[Path], called: dict[str, str], model: str) -> "Transcript":
    """What is known before anything was heard: no text, no length; over when its file was last written."""
    from meeting_service.meeting import Meeting, MeetingState, Participant
    from meeting_service.transcript import Transcript

    ended_at = datetime.fromtimestamp(int(paths[0].stat().st_mtime), UTC)
    title = ", ".join(path.stem for path in paths)
    meeting = Meeting(paths[0].stem, title, MeetingState.ENDED, ended_at, ended_at, model=model)
    people = [Participant(meeting.id, participant, name) for participant, name in called.items()]
    return Transcript(meeting, people, [])


def _check_participant(expected: "Transcript", options: "ExportOptions") -> None:
    from meeting_service.exports.selection import select

    try:
        select(expected, options)
    except NotFound as error:
        raise typer.BadParameter(error.detail, param_hint="--participant") from error


def _fill(expected: "Transcript", work: "OfflineTranscription") -> "Transcript":
    meeting = expected.meeting
    started_at = meeting.started_at - timedelta(milliseconds=work.duration_ms)
    return replace(
        expected,
        meeting=replace(meeting, started_at=started_at),
        participants=[work.add_figures(person) for person in expected.participants],
        sentences=work.sentences,
    )
