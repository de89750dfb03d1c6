"""What bodies look like."""

import pytest

from meeting_service.audio import Container
from meeting_service.ingest import sniff_container
from meeting_service.ingest.magic import describe


@pytest.mark.parametrize(
    ("head", "container"),
    [
        (b"RIFF\x24\x00\x00\x00WAVEfmt ", Container.WAV),
        (b"RF64\xff\xff\xff\xffWAVEds64", Container.WAV),
        (b"fLaC\x00\x00\x00\x22", Container.FLAC),
        (b"OggS\x00\x02", Container.OGG),
        (b"\x1a\x45\xdf\xa3\x9f", Container.WEBM),
        (b"ID3\x04\x00", Container.MP3),
        (b"\xff\xfb\x90\x64", Container.MP3),
        (b"\xff\xf3\x40\xc0", Container.MP3),
        (b"\xff\xe3\x18\xc4", Container.MP3),
        (b"\xff\xf1\x50\x80", None),
        (b"\xff\xeb\x90\x64", None),
        (b"RIFF\x24\x00\x00\x00AVI ", None),
        (b"", None),
    ],
)
def test_beginnings(head: bytes, container: Container | None) -> None:
    """Each container is known by how it begins; AAC is not taken for MP3."""
    assert sniff_container(head) is container


@pytest.mark.parametrize(
    ("head", "words"),
    [
        (b"OggS\x00\x02", "it looks like Ogg"),
        (b"#EXTM3U\nhttp", "it looks like text"),
        (b"\0\0\0\x20ftypisom", "it looks like MP4"),
        (b"", "it is empty"),
        (b"\x00\x01\x02\x03\x04\x05\x06\x07\x08", "it begins with 00 01 02 03 04 05 06 07"),
    ],
)
def test_words(head: bytes, words: str) -> None:
    """What is told to the one who sent it."""
    assert describe(head) == words
