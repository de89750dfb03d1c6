"""Bodies, requests, answers, sockets and events held to their checksums, on a real port."""

import asyncio
import json
import zlib
from collections.abc import AsyncIterator
from io import BytesIO
from typing import Any

import numpy as np
import pytest
from aiohttp import ClientSession, WSMsgType

from meeting_service.audio import Encoding, RawFormat
from meeting_service.checksums import answer_checksum, content_digest, request_checksum, seal, unseal
from meeting_service.protocol import SUBPROTOCOL, AudioMessage, Hello, StreamSpec
from meeting_service.web.held_bodies import MAX_BODY_BYTES
from tests.audio_service import PCM_TYPE, RATE_HZ, AudioService, Bot, noise, to_bytes

PCM = noise(4_000)
ANN = StreamSpec(1, RawFormat(Encoding.S16LE, RATE_HZ), ("ann",), crc32=True)


@pytest.fixture
async def http() -> AsyncIterator[ClientSession]:
    """A client that does what a test says."""
    async with ClientSession() as http:
        yield http


async def test_a_body_with_its_digest_is_kept(audio_service: AudioService, http: ClientSession) -> None:
    """As one without."""
    body = to_bytes(PCM)
    answer = await Bot(http, audio_service.url).post(body, Content_Digest=content_digest(body))

    assert (200, 4_000) == (answer.status, answer.body["through"])
    assert np.array_equal(PCM, (await audio_service.stored("ann"))[0])


async def test_nothing_is_kept_of_a_changed_body(audio_service: AudioService, http: ClientSession) -> None:
    """No sample, no gap, no stream: the same piece can be sent again."""
    digest = content_digest(to_bytes(PCM[::-1]))
    answer = await Bot(http, audio_service.url).post(
        to_bytes(PCM), Content_Digest=digest, Upload_Offset="100", Gap="true"
    )

    assert (422, "corrupted") == (answer.status, answer.body["code"])
    assert "nothing of it was kept" in answer.body["detail"]
    assert [] == await audio_service.stored("ann")


async def test_a_body_with_a_digest_is_bounded(audio_service: AudioService, http: ClientSession) -> None:
    """It is held in memory until all of it is there."""
    body = bytes(MAX_BODY_BYTES + 2)
    answer = await Bot(http, audio_service.url).post(BytesIO(body), Content_Digest=content_digest(body))

    assert (413, "too_large") == (answer.status, answer.body["code"])
    assert [] == await audio_service.stored("ann")


async def test_a_changed_json_body_is_refused(audio_service: AudioService, http: ClientSession) -> None:
    """Nothing is made of it."""
    headers = {"Content-Digest": content_digest(b'{"id":"m2"}')}
    async with http.post(f"{audio_service.url}/v1/meetings", json={"id": "m3"}, headers=headers) as response:
        assert "corrupted" == (await response.json(content_type=None))["code"]


@pytest.mark.parametrize("changed", ["path", "offset", "type"])
async def test_a_changed_head_is_refused(
    audio_service: AudioService, http: ClientSession, changed: str
) -> None:
    """Whatever of it is another: nobody's stream gets the audio, at no place."""
    path, headers = "/v1/meetings/m1/participants/ann/audio", {"Content-Type": PCM_TYPE, "Upload-Offset": "0"}
    headers["Checksum"] = request_checksum("POST", path, headers)
    if changed == "path":
        path = path.replace("ann", "anm")
    elif changed == "offset":
        headers["Upload-Offset"] = "1"
    else:
        headers["Content-Type"] = PCM_TYPE.replace("16000", "16001")
    async with http.post(audio_service.url + path, data=to_bytes(PCM), headers=headers) as response:
        body = await response.read()
        told = response.headers["Checksum"]

    assert "corrupted" == json.loads(body)["code"]
    assert answer_checksum(422, "", body) == told
    assert not [s for name in ("ann", "anm") for s in await audio_service.stored(name)]


@pytest.mark.parametrize("method", ["GET", "HEAD"])
async def test_answers_are_sealed_for_who_asks(
    audio_service: AudioService, http: ClientSession, method: str
) -> None:
    """Status, position and body; others get none."""
    await Bot(http, audio_service.url).post(to_bytes(PCM))
    path = "/v1/meetings/m1/participants/ann/audio" if method == "HEAD" else "/v1/meetings/m1"
    headers = {"Checksum": request_checksum(method, path, {})}
    async with http.request(method, audio_service.url + path, headers=headers) as sealed:
        position, body = sealed.headers.get("Upload-Offset", ""), await sealed.read()
        assert answer_checksum(200, position, body) == sealed.headers["Checksum"]
    async with http.request(method, audio_service.url + path) as plain:
        assert "Checksum" not in plain.headers


async def test_events_begin_with_their_checksum_for_who_asks(
    audio_service: AudioService, http: ClientSession
) -> None:
    """Of all the bytes that follow, up to the empty line and with it."""
    path = "/v1/meetings/m1/events"
    headers = {"Checksum": request_checksum("GET", path, {})}
    async with http.get(audio_service.url + path, headers=headers) as response:
        async with asyncio.timeout(20):
            blocks = [await response.content.readuntil(b"\n\n") for _ in range(2)]

    for block in blocks:
        check, _, rest = block.partition(b"\n")
        assert b"check: %08x" % zlib.crc32(rest) == check
    assert b"id: 1\n" in blocks[1]


async def test_a_changed_audio_message_ends_the_socket(
    audio_service: AudioService, http: ClientSession
) -> None:
    """With a clear reason, told in a sealed message; nothing of it is kept."""
    data = bytearray(AudioMessage(1, 0, to_bytes(PCM)).with_crc32().encode())
    data[-1] ^= 1
    told, code = await talk(audio_service, http, seal(Hello([ANN], meeting="m1").encode()), bytes(data))

    assert ["welcome", "error"] == [fields["type"] for fields in told]
    assert ("corrupted", 4400) == (told[-1]["code"], code)
    assert 0 == sum(len(pcm) for pcm in await audio_service.stored("ann"))


@pytest.mark.parametrize(
    "messages",
    [
        [seal(Hello([ANN]).encode()).replace("ann", "anm")],
        [seal(Hello([ANN], meeting="m2").encode())],
        [seal(Hello([ANN]).encode()), '{"type":"end","stream":1}'],
        [seal(Hello([ANN]).encode()), AudioMessage(2, 0, b"1234").with_crc32().encode()[:-1] + b"5"],
    ],
    ids=["another participant", "another meeting", "no seal", "another stream"],
)
async def test_a_changed_message_ends_the_socket(
    audio_service: AudioService, http: ClientSession, messages: list[str | bytes]
) -> None:
    """Before anything is made of it."""
    told, code = await talk(audio_service, http, *messages)

    assert ("corrupted", 4400) == (told[-1]["code"], code)
    assert not [pcm for name in ("ann", "anm") for pcm in await audio_service.stored(name) if len(pcm)]


async def talk(
    audio_service: AudioService, http: ClientSession, *messages: str | bytes
) -> tuple[list[dict[str, Any]], int | None]:
    """Say these; returns what the service said, unsealed, and its close code."""
    url = f"{audio_service.url}/v1/meetings/m1/audio"
    told: list[dict[str, Any]] = []
    async with http.ws_connect(url, protocols=(SUBPROTOCOL,)) as socket, asyncio.timeout(20):
        for message in messages:
            await (socket.send_str(message) if isinstance(message, str) else socket.send_bytes(message))
        while (heard := await socket.receive()).type is WSMsgType.TEXT:
            text = unseal(heard.data)
            assert text is not None, "an answer is not sealed"
            told.append(json.loads(text))
        return told, socket.close_code
