"""The formats there are. A new one is a writer and a line here."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

from meeting_service.exports.chapters import write_chapters
from meeting_service.exports.csv import write_csv
from meeting_service.exports.docx import write_docx
from meeting_service.exports.interchange import write_podcast, write_whisper
from meeting_service.exports.json import write_json
from meeting_service.exports.markdown import write_markdown
from meeting_service.exports.options import ExportOptions
from meeting_service.exports.scoring import write_ctm, write_rttm, write_seglst, write_stm
from meeting_service.exports.srt import write_srt
from meeting_service.exports.txt import write_txt
from meeting_service.exports.vtt import write_vtt
from meeting_service.transcript import Transcript


class Purpose(StrEnum):
    """What people take a transcript away for; the words of menus."""

    READING = "To read"
    CAPTIONS = "Captions"
    DATA = "Data"
    SCORING = "For scoring"


@dataclass(frozen=True, slots=True)
class Format:
    """A form in which a transcript can be taken away."""

    title: str
    """what menus call it"""
    purpose: Purpose
    media_type: str
    """as it is sent; what is text is UTF-8"""
    extension: str
    """without the dot in front"""
    write: Callable[[Transcript, ExportOptions], str | bytes]
    """pure"""


_TEXT = "text/plain; charset=utf-8"
_JSON = "application/json"
_CHAPTERS = "application/json+chapters"
_WORD = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
_MARKDOWN = "text/markdown; charset=utf-8"
_CSV = "text/csv; charset=utf-8; header=present"
_SRT = "application/x-subrip; charset=utf-8"
_VTT = "text/vtt; charset=utf-8"

formats: Mapping[str, Format] = MappingProxyType(
    {
        "txt": Format("Text", Purpose.READING, _TEXT, "txt", write_txt),
        "md": Format("Markdown", Purpose.READING, _MARKDOWN, "md", write_markdown),
        "docx": Format("Word document", Purpose.READING, _WORD, "docx", write_docx),
        "srt": Format("Subtitles", Purpose.CAPTIONS, _SRT, "srt", write_srt),
        "vtt": Format("Web captions", Purpose.CAPTIONS, _VTT, "vtt", write_vtt),
        "json": Format("All data", Purpose.DATA, _JSON, "json", write_json),
        "csv": Format("Table", Purpose.DATA, _CSV, "csv", write_csv),
        "whisper": Format("Whisper JSON", Purpose.DATA, _JSON, "whisper.json", write_whisper),
        "podcast": Format("Podcasting 2.0", Purpose.DATA, _JSON, "podcast.json", write_podcast),
        "chapters": Format("Chapters", Purpose.DATA, _CHAPTERS, "chapters.json", write_chapters),
        "seglst": Format("SegLST", Purpose.SCORING, _JSON, "seglst.json", write_seglst),
        "stm": Format("STM", Purpose.SCORING, _TEXT, "stm", write_stm),
        "ctm": Format("CTM", Purpose.SCORING, _TEXT, "ctm", write_ctm),
        "rttm": Format("RTTM", Purpose.SCORING, _TEXT, "rttm", write_rttm),
    }
)
