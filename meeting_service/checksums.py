"""Checksums on the wire, spoken by service and client alike: what a network changed is found out.

Three forms, each optional for a client, all of them used by ours:

- audio messages of a stream opened with `"crc32": true` carry the CRC-32 of stream, offset and payload
  (`protocol.AudioMessage`);
- a text message of the audio socket, or what stands between two events of an event stream, is sealed with the
  CRC-32 of its own bytes;
- a request with `Checksum` says the CRC-32 of its method, path and the headers that mean something, and is
  answered with that of status, position and body; `Content-Digest` (RFC 9530) covers a request's body.

They find accidents, not attacks. Nothing here touches a socket.
"""

import base64
import binascii
import hashlib
import re
import zlib
from collections.abc import Mapping

from meeting_service.errors import Corrupted, InvalidRequest

CHECKSUM = "Checksum"
CONTENT_DIGEST = "Content-Digest"
COVERED = ("Content-Type", CONTENT_DIGEST, "Upload-Offset", "Gap", "Captured-At", "Last-Event-ID")
"""request headers that a `Checksum` covers, in this order; one that is absent counts as empty"""
API = "/v1/"
"""paths count from here, so that a proxy may put the service under another one"""

_SEAL = re.compile(r',"crc32":"([0-9a-f]{8})"\}')
_SEAL_CHARACTERS = 20
_SHA256 = re.compile(r"(?:^|,)\s*sha-256=:([A-Za-z0-9+/=]*):")


def seal(text: str) -> str:
    """A JSON object with the CRC-32 of all before it as its last field."""
    body = text.removesuffix("}")
    return f'{body},"crc32":"{zlib.crc32(body.encode()):08x}"}}'


def unseal(text: str) -> str | None:
    """What was sealed; None if there is no seal.

    Raises:
        Corrupted: the seal is of another text.
    """
    body, end = text[:-_SEAL_CHARACTERS], text[-_SEAL_CHARACTERS:]
    found = _SEAL.fullmatch(end)
    if found is None:
        return None
    if int(found[1], 16) != zlib.crc32(body.encode()):
        raise Corrupted("a message does not have the checksum it was sent with")
    return body + "}"


def request_checksum(method: str, path: str, headers: Mapping[str, str]) -> str:
    """What `Checksum` says of a request.

    Args:
        method: such as `POST`.
        path: with the query, as it is sent.
        headers: all of them; names in any case if the mapping does not mind.
    """
    at = path.find(API)
    lines = [method, path[max(at, 0) :], *(headers.get(name, "").strip() for name in COVERED)]
    return _crc32("\n".join(lines).encode(errors="surrogateescape"))


def answer_checksum(status: int, position: str, body: bytes) -> str:
    """What `Checksum` says of an answer; `position` is its `Upload-Offset`, empty without one."""
    return _crc32(f"{status}\n{position}\n".encode() + body)


def content_digest(body: bytes) -> str:
    """The value of `Content-Digest`."""
    return f"sha-256=:{base64.b64encode(hashlib.sha256(body).digest()).decode()}:"


def parse_content_digest(value: str) -> bytes:
    """The SHA-256 that a `Content-Digest` names; other algorithms beside it are passed over.

    Raises:
        InvalidRequest: there is none, or it cannot be read.
    """
    found = _SHA256.search(value)
    try:
        digest = base64.b64decode(found[1], validate=True) if found else b""
    except binascii.Error:
        digest = b""
    if len(digest) != hashlib.sha256().digest_size:
        raise InvalidRequest("Content-Digest: say sha-256=:…:, the digest in base64, as RFC 9530 does")
    return digest


def check_content(body: bytes | bytearray, digest: bytes) -> None:
    """Hold a body to its SHA-256.

    Raises:
        Corrupted: it is another body's.
    """
    if hashlib.sha256(body).digest() != digest:
        raise Corrupted("the body is not the one that Content-Digest was made of; nothing of it was kept")


def _crc32(data: bytes) -> str:
    return f"crc32={zlib.crc32(data):08x}"
