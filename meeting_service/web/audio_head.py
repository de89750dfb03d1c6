"""What the head of an audio request says, read strictly."""

import re
from dataclasses import dataclass
from datetime import datetime

from multidict import CIMultiDictProxy

from meeting_service.audio import Container, RawFormat
from meeting_service.checksums import CONTENT_DIGEST, parse_content_digest
from meeting_service.errors import InvalidRequest, UnsupportedMedia
from meeting_service.ingest import parse_media_type
from meeting_service.ingest.timestamps import parse_timestamp
from meeting_service.protocol import MAX_POSITION

_WHOLE_NUMBER = re.compile(r"[0-9]{1,19}", re.ASCII)


@dataclass(frozen=True, slots=True)
class AudioHead:
    """Where a piece belongs, and how to read it."""

    format: RawFormat | Container
    offset: int | None
    """sample of the stream at which it begins; None appends"""
    gap: bool
    """whether what is missing before `offset` never existed"""
    captured_at: datetime | None
    sha256: bytes | None = None
    """of the whole body, which then counts as a whole or not at all"""

    @property
    def exact(self) -> bool:
        """Whether the same audio, sent again in other pieces, decodes to the same samples."""
        return isinstance(self.format, RawFormat) or self.format in (Container.WAV, Container.FLAC)


def read_audio_head(headers: CIMultiDictProxy[str]) -> AudioHead:
    """Read the headers.

    Raises:
        InvalidRequest: names the header and what is wrong with it.
        UnsupportedMedia: the format, or a `Content-Encoding`.
    """
    if (_single(headers, "Content-Encoding") or "identity").lower() != "identity":
        raise UnsupportedMedia("compressed bodies are not taken; leave out Content-Encoding")
    audio_format = parse_media_type(_single(headers, "Content-Type"))
    offset, gap = _read_offset(headers), _read_gap(headers)
    if gap and offset is None:
        raise InvalidRequest("Gap: needs an Upload-Offset, which says where the gap ends")
    return AudioHead(audio_format, offset, gap, _read_captured_at(headers), _read_digest(headers))


def _read_offset(headers: CIMultiDictProxy[str]) -> int | None:
    text = _single(headers, "Upload-Offset")
    if text is None:
        return None
    if not _WHOLE_NUMBER.fullmatch(text) or int(text) > MAX_POSITION:
        raise InvalidRequest(f"Upload-Offset: {text[:40]!r} is not a position in samples")
    return int(text)


def _read_gap(headers: CIMultiDictProxy[str]) -> bool:
    text = _single(headers, "Gap")
    if text is None or text.lower() == "false":
        return False
    if text.lower() != "true":
        raise InvalidRequest(f"Gap: {text[:40]!r} is neither true nor false")
    return True


def _read_captured_at(headers: CIMultiDictProxy[str]) -> datetime | None:
    text = _single(headers, "Captured-At")
    if text is None:
        return None
    try:
        return parse_timestamp(text)
    except InvalidRequest as error:
        raise InvalidRequest(f"Captured-At: {error.detail}") from error


def _read_digest(headers: CIMultiDictProxy[str]) -> bytes | None:
    text = _single(headers, CONTENT_DIGEST)
    return None if text is None else parse_content_digest(text)


def _single(headers: CIMultiDictProxy[str], name: str) -> str | None:
    values = headers.getall(name, [])
    if len(values) > 1:
        raise InvalidRequest(f"{name}: is there {len(values)} times")
    return values[0].strip() if values else None
