"""A transcript as it is taken away: as much as was asked for, as one file or a ZIP of several."""

from dataclasses import dataclass, replace

from meeting_service.exports.filename import title_to_filename
from meeting_service.exports.formats import Format, formats
from meeting_service.exports.options import DEFAULT_OPTIONS, ExportOptions
from meeting_service.exports.selection import select
from meeting_service.exports.speakers import label_speakers, unique
from meeting_service.exports.zipped import pack
from meeting_service.transcript import Transcript


@dataclass(frozen=True, slots=True)
class Download:
    """A file."""

    content: bytes
    media_type: str
    extension: str
    """without the dot in front"""
    whose: str | None = None
    """the name of the only participant in it, if one was asked for by name"""


def make_download(transcript: Transcript, name: str, options: ExportOptions = DEFAULT_OPTIONS) -> Download:
    """What was asked for of a transcript in the format of that name.

    Raises:
        NotFound: there is no such participant.
    """
    form, chosen = formats[name], select(transcript, options)
    if options.per_participant:
        return Download(_pack(chosen, form, options), "application/zip", "zip")
    return Download(
        _write(chosen, form, options), form.media_type, form.extension, _find_name(chosen, options)
    )


def _find_name(chosen: Transcript, options: ExportOptions) -> str | None:
    if options.participant is None or not options.names:
        return None
    return next((participant.name for participant in chosen.participants), None)


def _pack(transcript: Transcript, form: Format, options: ExportOptions) -> bytes:
    files: dict[str, bytes] = {}
    taken: set[str] = set()
    for participant_id, label in label_speakers(transcript, options).items():
        own = select(transcript, replace(options, participant=participant_id))
        stem = unique(title_to_filename(label, "").removesuffix("."), taken)
        files[f"{stem}.{form.extension}"] = _write(own, form, options)
    return pack(files, transcript.meeting.started_at)


def _write(transcript: Transcript, form: Format, options: ExportOptions) -> bytes:
    written = form.write(transcript, options)
    return written if isinstance(written, bytes) else written.encode()
