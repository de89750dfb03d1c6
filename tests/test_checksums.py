"""What is found out of what a network may change."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from meeting_service.checksums import (
    COVERED,
    answer_checksum,
    check_content,
    content_digest,
    parse_content_digest,
    request_checksum,
    seal,
    unseal,
)
from meeting_service.errors import Corrupted, InvalidRequest
from meeting_service.protocol import AudioMessage, parse_audio_message

TEXT = '{"type":"ack","stream":1,"through":16000}'
HEADERS = {"Content-Type": "audio/wav", "Upload-Offset": "16000"}


def test_what_is_sealed_comes_back() -> None:
    """And a text without a seal says so."""
    assert TEXT == unseal(seal(TEXT))
    assert unseal(TEXT) is None


@given(at=st.integers(0, len(TEXT) - 2), to=st.characters(codec="ascii", min_codepoint=32))
def test_another_character_breaks_the_seal(at: int, to: str) -> None:
    """Whichever it is."""
    changed = seal(TEXT)[:at] + to + seal(TEXT)[at + 1 :]
    if changed == seal(TEXT):
        return

    with pytest.raises(Corrupted):
        unseal(changed)


@given(at=st.integers(0, 23), by=st.integers(1, 255))
def test_another_byte_of_an_audio_message_is_found(at: int, by: int) -> None:
    """In the stream's number, the offset, the checksum or the samples."""
    data = bytearray(AudioMessage(1, 16_000, b"12345678").with_crc32().encode())
    data[at] ^= by
    data[11] &= 0x7F  # a position that cannot be one is refused before

    if bytes(data) != AudioMessage(1, 16_000, b"12345678").with_crc32().encode():
        with pytest.raises(Corrupted):
            parse_audio_message(bytes(data)).without_crc32()


def test_an_audio_message_comes_back() -> None:
    """Without its checksum."""
    message = AudioMessage(1, 16_000, b"12345678")

    assert message == message.with_crc32().without_crc32()


@pytest.mark.parametrize("name", COVERED)
def test_a_request_is_its_method_path_and_headers(name: str) -> None:
    """A proxy may put another path in front."""
    told = request_checksum("POST", "/v1/meetings/m/audio?a=b", HEADERS)

    assert told == request_checksum("POST", "/prefix/v1/meetings/m/audio?a=b", HEADERS)
    assert told != request_checksum("POST", "/v1/meetings/n/audio?a=b", HEADERS)
    assert told != request_checksum("HEAD", "/v1/meetings/m/audio?a=b", HEADERS)
    assert told != request_checksum("POST", "/v1/meetings/m/audio?a=b", HEADERS | {name: "other"})


def test_bytes_that_are_no_text_have_a_checksum() -> None:
    """As a server reads them in a path that was changed."""
    assert request_checksum("GET", "/v1/\udcb0", {}).startswith("crc32=")


def test_an_answer_is_its_status_position_and_body() -> None:
    """Each counts."""
    answers = [(200, "5", b"x"), (201, "5", b"x"), (200, "6", b"x"), (200, "5", b"y")]

    assert 4 == len({answer_checksum(*answer) for answer in answers})


def test_a_digest_is_of_the_whole_body() -> None:
    """Beside others that are not known here."""
    digest = parse_content_digest(f"md5=:AAAA:, {content_digest(b'body')}")
    check_content(b"body", digest)

    with pytest.raises(Corrupted, match="nothing of it was kept"):
        check_content(b"bodz", digest)


@pytest.mark.parametrize("value", ["", "sha-256=abc", "sha-256=:AAAA:", "sha-512=:AAAA:"])
def test_a_digest_that_cannot_be_read_is_told(value: str) -> None:
    """It is the caller's mistake, not the network's."""
    with pytest.raises(InvalidRequest, match="sha-256"):
        parse_content_digest(value)
