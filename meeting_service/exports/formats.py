"""The formats there are. A new one is a writer and a line here."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from meeting_service.exports.json import write_json
from meeting_service.exports.options import ExportOptions
from meeting_service.exports.srt import write_srt
from meeting_service.exports.txt import write_txt
from meeting_service.exports.vtt import write_vtt
from meeting_service.transcript import Transcript


@dataclass(frozen=True, slots=True)
class Format:
    """A form in which a transcript can be taken away."""

    media_type: str
    """as it is sent; all are UTF-8"""
    extension: str
    """without the dot"""
    write: Callable[[Transcript, ExportOptions], str]
    """pure"""


formats: Mapping[str, Format] = MappingProxyType(
    {
        "srt": Format("application/x-subrip; charset=utf-8", "srt", write_srt),
        "vtt": Format("text/vtt; charset=utf-8", "vtt", write_vtt),
        "txt": Format("text/plain; charset=utf-8", "txt", write_txt),
        "json": Format("application/json", "json", write_json),
    }
)
