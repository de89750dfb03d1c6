"""Exports: a transcript as files to take away. Pure functions from `Transcript` to what is in the file.

`formats` names what there is; each writer has a module of its own. `make_download` chooses how much is
written (`selection`), writes it, and packs a file per participant where that was asked for. Captions go
through `cues` and `breaks` (short pieces that read well, by the `rules` of a preset) and, for SRT, `stacking`
(no two at once). `check` reads captions back by the grammar and reports all that is wrong with them; it
shares no code with the writers.
"""

from meeting_service.exports.download import Download, make_download
from meeting_service.exports.filename import content_disposition, title_to_filename
from meeting_service.exports.formats import Format, Purpose, formats
from meeting_service.exports.json import transcript_json
from meeting_service.exports.options import ExportOptions
from meeting_service.exports.rules import Preset

__all__ = [
    "Download",
    "ExportOptions",
    "Format",
    "Preset",
    "Purpose",
    "content_disposition",
    "formats",
    "make_download",
    "title_to_filename",
    "transcript_json",
]
