"""Compressed files over HTTP: FLAC, Ogg, WebM and MP3."""

import asyncio
from collections.abc import AsyncIterator

import numpy as np
import pytest

from meeting_service.audio import Container
from tests.audio_service import AudioService, Bot
from tests.ingest.files import encode, speech_like

RATE_HZ = 48_000
PCM = speech_like(2 * RATE_HZ, rate_hz=RATE_HZ)
TYPES = {
    Container.FLAC: "audio/flac",
    Container.OGG: "audio/ogg",
    Container.WEBM: "audio/webm",
    Container.MP3: "audio/mpeg",
}


@pytest.fixture
def limits() -> dict[str, float]:
    """What is short in these tests."""
    return {"audio_request_s": 60}


async def in_pieces(data: bytes, size: int) -> AsyncIterator[bytes]:
    """A chunked body."""
    for start in range(0, len(data), size):
        yield data[start : start + size]
        await asyncio.sleep(0)


@pytest.mark.parametrize("container", TYPES)
async def test_the_cuts_of_a_body_do_not_matter(
    audio_service: AudioService, bot: Bot, container: Container
) -> None:
    """At once or in many chunks, the samples are the same; and they are all there."""
    data = encode(container, PCM, RATE_HZ)

    whole = await bot.post(data, "whole", TYPES[container])
    chunked = await bot.post(in_pieces(data, 777), "chunked", TYPES[container])

    assert (200, whole.body) == (chunked.status, chunked.body)
    assert 1_900 < whole.body["through_ms"] < 2_200
    [[one], [other]] = await audio_service.stored("whole"), await audio_service.stored("chunked")
    assert np.array_equal(one, other)


async def test_flac_is_exact(audio_service: AudioService, bot: Bot) -> None:
    """Lossless is lossless."""
    await bot.post(encode(Container.FLAC, PCM, RATE_HZ), content_type="audio/flac")

    assert np.array_equal(PCM[:, 0], (await audio_service.stored("ann"))[0])


async def test_a_flac_that_ends_early_keeps_what_it_had(audio_service: AudioService, bot: Bot) -> None:
    """A truncated file is told, with how far it got; what was decoded is held."""
    data = encode(Container.FLAC, PCM, RATE_HZ)

    answer = await bot.post(data[: len(data) // 2], content_type="audio/flac")

    held = answer.body["through"]
    assert (422, "invalid_audio") == (answer.status, answer.body["code"])
    assert 0 < held == await bot.through()
    assert np.array_equal(PCM[:held, 0], (await audio_service.stored("ann"))[0])


async def test_files_follow_each_other(audio_service: AudioService, bot: Bot) -> None:
    """Each request is a whole file; together they are one stream."""
    first, second = (encode(Container.FLAC, part, RATE_HZ) for part in (PCM[:RATE_HZ], PCM[RATE_HZ:]))

    await bot.post(first, content_type="audio/flac")
    answer = await bot.post(second, content_type="audio/flac", Upload_Offset=str(RATE_HZ))

    assert 2 * RATE_HZ == answer.body["through"]
    assert np.array_equal(PCM[:, 0], (await audio_service.stored("ann"))[0])


async def test_a_channel_per_participant_is_counted_in_the_header(
    audio_service: AudioService, bot: Bot
) -> None:
    """A stereo file for two people is taken, for three it is not."""
    data = encode(Container.FLAC, speech_like(RATE_HZ, 2), RATE_HZ)

    assert 422 == (await bot.post_channels(data, "ann,bob,cid", "audio/flac")).status
    assert 200 == (await bot.post_channels(data, "ann,bob", "audio/flac")).status
    assert RATE_HZ == len((await audio_service.stored("bob"))[0])


async def test_a_small_file_of_endless_silence_is_bounded(audio_service: AudioService, bot: Bot) -> None:
    """The limit counts what comes out of the decoder."""
    silence = encode(Container.FLAC, np.zeros((90 * RATE_HZ, 1), np.int16), RATE_HZ)

    answer = await bot.post(silence, content_type="audio/flac")

    assert (413, "too_large") == (answer.status, answer.body["code"])
    assert answer.body["through"] <= 60 * RATE_HZ
