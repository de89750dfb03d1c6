"""Exports: a transcript as files to take away. Pure functions from `Transcript` to `str`.

`formats` names what there is; each writer has a module of its own. Captions go through `cues` and `breaks`
(short pieces that read well) and, for SRT, `stacking` (no two at once). `check` reads captions back by the
grammar and reports all that is wrong with them; it shares no code with the writers.
"""

from meeting_service.exports.filename import content_disposition, title_to_filename
from meeting_service.exports.formats import Format, formats
from meeting_service.exports.json import transcript_json
from meeting_service.exports.options import ExportOptions

__all__ = [
    "ExportOptions",
    "Format",
    "content_disposition",
    "formats",
    "title_to_filename",
    "transcript_json",
]
