"""What a body looks like, whatever its media type says."""

from meeting_service.audio import Container

ENOUGH_BYTES = 12
"""after so many the look of a body does not change"""

_LOOKS = (
    (b"fLaC", Container.FLAC),
    (b"OggS", Container.OGG),
    (b"\x1a\x45\xdf\xa3", Container.WEBM),
    (b"ID3", Container.MP3),
)
_WORDS = {
    Container.WAV: "WAV",
    Container.FLAC: "FLAC",
    Container.OGG: "Ogg",
    Container.WEBM: "WebM or Matroska",
    Container.MP3: "MP3",
}


def sniff_container(head: bytes) -> Container | None:
    """The container that begins like this, if any is known."""
    for magic, container in _LOOKS:
        if head.startswith(magic):
            return container
    if head[:4] in (b"RIFF", b"RF64", b"BW64") and head[8:12] == b"WAVE":
        return Container.WAV
    # Eleven bits of sync, then version and layer: Layer III is 01, and no version is 01.
    if len(head) >= 2 and head[0] == 0xFF and head[1] & 0xE6 == 0xE2 and head[1] & 0x18 != 0x08:
        return Container.MP3
    return None


def describe(head: bytes) -> str:
    """What a body that begins like this seems to be, for the one who sent it."""
    container = sniff_container(head)
    if container is not None:
        return f"it looks like {_WORDS[container]}"
    if not head:
        return "it is empty"
    if all(byte in b"\t\n\r" or 32 <= byte < 127 for byte in head):
        return "it looks like text"
    if head[4:8] == b"ftyp":
        return "it looks like MP4"
    if head[:4] == b"RIFF":
        return "it looks like RIFF, but not WAVE"
    return f"it begins with {head[:8].hex(' ')}"


def name_of(container: Container) -> str:
    """How people call it."""
    return _WORDS[container]
