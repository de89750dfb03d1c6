"""Audio out of a running service: over HTTP, in parts, while live, after it was removed."""

import asyncio
import io
import sqlite3
from collections.abc import AsyncIterator, Mapping
from contextlib import closing
from pathlib import Path

import av
import numpy as np
import pytest
from aiohttp import ClientPayloadError, ClientResponse, ClientSession
from structlog.testing import capture_logs

from meeting_service.audio import Pcm
from meeting_service.data_folder import LEDGER_FILE
from meeting_service.playback.damage import buzz
from meeting_service.web.playback import LISTENERS
from meeting_service.web.stopping import STOPPING
from tests.audio_service import RATE_HZ, AudioService, Bot, noise, to_bytes

ANN, BEN = noise(3 * RATE_HZ + 1, 1), noise(2 * RATE_HZ, 2)
Query = Mapping[str, str | int]
START = "2026-05-01T09:00:00Z"
LATER = "2026-05-01T09:00:01Z"


@pytest.fixture
async def service(tmp_path: Path) -> AsyncIterator[AudioService]:
    """A running service."""
    async with AudioService.on(tmp_path) as service:
        yield service


@pytest.fixture
async def http(service: AudioService) -> AsyncIterator[ClientSession]:
    """Anybody's."""
    async with ClientSession(service.url) as session:
        yield session


@pytest.fixture
async def bot(service: AudioService, http: ClientSession) -> Bot:
    """In the meeting `m1`, which began at nine."""
    await http.post("/v1/meetings", json={"id": "m1", "title": "Weekly", "started_at": START})
    return Bot(http, service.url)


@pytest.fixture
async def talked(bot: Bot, http: ClientSession) -> Bot:
    """Ann has spoken for three seconds, Ben from the first on for two; the meeting has ended."""
    await bot.post(to_bytes(ANN), "ann", Captured_At=START)
    await bot.post(to_bytes(BEN), "ben", Captured_At=LATER)
    await http.put("/v1/meetings/m1/participants/ann", json={"name": "Ann"})
    await http.post("/v1/meetings/m1/end")
    return bot


def get_both() -> Pcm:
    """What is heard of them together."""
    total = ANN.astype(np.int32)
    total[RATE_HZ : RATE_HZ + len(BEN)] += BEN
    return total.clip(-32_768, 32_767).astype(np.int16)


async def get(
    http: ClientSession, form: str = "wav", query: Query | None = None, **headers: str
) -> ClientResponse:
    """Ask for audio, and read all of it; header names are given with underscores."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    response = await http.get(f"/v1/meetings/m1/audio.{form}", params=query, headers=named)
    await response.read()
    return response


async def hear(http: ClientSession, **query: str | int) -> Pcm:
    """The samples of a WAV."""
    response = await get(http, query=query)
    assert response.status == 200
    return np.frombuffer((await response.read())[44:], "<i2").astype(np.int16)


async def test_a_wav_that_is_known_is_not_sent_again(talked: Bot, http: ClientSession) -> None:
    """Its tag, or any, is answered with 304; another one with the file."""
    tag = (await get(http)).headers["ETag"]
    answers = [await get(http, If_None_Match=known) for known in (tag, f'"x", W/{tag}', "*", '"x"')]

    assert [304, 304, 304, 200] == [answer.status for answer in answers]
    assert (b"", tag) == (await answers[0].read(), answers[0].headers["ETag"])


async def test_what_was_sent_is_heard(talked: Bot, http: ClientSession) -> None:
    """One alone bit for bit at their time, by id or name; all as a sum; a part as it is in the whole."""
    silence = np.zeros(RATE_HZ, np.int16)

    assert np.array_equal(ANN, await hear(http, participant="Ann"))
    assert np.array_equal(np.concatenate([silence, BEN, [0]]), await hear(http, participant="ben"))
    assert np.array_equal(get_both(), await hear(http))
    assert np.array_equal(get_both()[RATE_HZ // 2 :][:RATE_HZ], await hear(http, from_ms=500, to_ms=1_500))


@pytest.mark.parametrize(
    ("form", "media"), [("wav", "audio/wav"), ("flac", "audio/flac"), ("opus", "audio/ogg; codecs=opus")]
)
async def test_files_say_what_they_are(talked: Bot, http: ClientSession, form: str, media: str) -> None:
    """Type, name, and where in the meeting they begin and end; a HEAD says the same."""
    found = await get(http, form, {"participant": "ann", "from_ms": 500})
    head = await http.head(f"/v1/meetings/m1/audio.{form}?participant=ann&from_ms=500")
    names = ("Content-Type", "Content-Disposition", "Audio-From-Ms", "Audio-To-Ms", "Accept-Ranges")
    told = {name: found.headers[name] for name in names}
    with av.open(io.BytesIO(await found.read())) as file:
        heard = sum(frame.samples / frame.sample_rate for frame in file.decode(audio=0))

    assert media == told["Content-Type"]
    assert f'filename="Weekly - Ann.{form}"' in told["Content-Disposition"]
    assert ("500", "3000") == (told["Audio-From-Ms"], told["Audio-To-Ms"])
    assert told == {name: head.headers[name] for name in names}
    assert (200, b"") == (head.status, await head.read())
    assert abs(len(ANN) / RATE_HZ - 0.5 - heard) < 0.001


async def test_any_bytes_of_a_wav_can_be_had(talked: Bot, http: ClientSession) -> None:
    """As players ask for them: from somewhere on, some, the last ones; with their place and the length."""
    whole = await (await get(http)).read()
    size = len(whole)
    asked = {"bytes=0-": (0, size), "bytes=44-99": (44, 100), "bytes=20001-": (20_001, size)}
    asked |= {"bytes=-1000": (size - 1_000, size), "bytes=50000-9999999": (50_000, size)}
    for told, (first, last) in asked.items():
        part = await get(http, Range=told)

        assert part.status == 206
        assert f"bytes {first}-{last - 1}/{size}" == part.headers["Content-Range"]
        assert whole[first:last] == await part.read()


async def test_a_range_that_is_none_is_told_or_passed_over(talked: Bot, http: ClientSession) -> None:
    """Beyond the end 416 with the length; what cannot be read, several, and FLAC get all."""
    size = len(await (await get(http)).read())
    beyond = await get(http, Range=f"bytes={size}-")
    others = [await get(http, Range=told) for told in ("bytes=9-1", "rows=1-2", "bytes=0-1,5-6")]
    flac = await get(http, "flac", Range="bytes=5-9")

    assert (416, f"bytes */{size}") == (beyond.status, beyond.headers["Content-Range"])
    assert "not_in_file" == (await beyond.json(content_type=None))["code"]
    assert [200, 200, 200, 200] == [response.status for response in (*others, flac)]
    assert "none" == flac.headers["Accept-Ranges"]


async def test_a_part_of_another_file_is_not_sent(bot: Bot, http: ClientSession) -> None:
    """A live meeting grows: with the tag of what it was all is sent; with a fixed end the tag stays."""
    await bot.post(to_bytes(ANN), "ann", Captured_At=START)
    before, fixed = await get(http), await get(http, query={"to_ms": 2_000})
    await bot.post(to_bytes(ANN), "ann")
    now = await get(http)
    old = await get(http, Range="bytes=9-", If_Range=before.headers["ETag"])
    new = await get(http, Range="bytes=9-", If_Range=now.headers["ETag"])

    assert ("3000", "6000") == (before.headers["Audio-To-Ms"], now.headers["Audio-To-Ms"])
    assert [200, 206] == [old.status, new.status]
    assert fixed.headers["ETag"] == (await get(http, query={"to_ms": 2_000})).headers["ETag"]
    assert await fixed.read() == await (await get(http, query={"to_ms": 2_000})).read()


async def test_what_there_is_not_is_told(talked: Bot, http: ClientSession) -> None:
    """As a problem with the right status."""
    await http.post("/v1/meetings", json={"id": "empty"})
    asked = ["m1/audio.mp3", "none/audio.wav", "empty/audio.wav", "m1/audio.wav?participant=carla"]
    asked += ["m1/audio.wav?from_ms=9000", "m1/audio.wav?from_ms=9&to_ms=9", "m1/audio.opus?to_ms=x"]
    asked += ["m1/audio.wav?speed=2"]
    answers = [await http.get(f"/v1/meetings/{path}") for path in asked]

    assert [404, 404, 404, 404, 404, 422, 422, 422] == [answer.status for answer in answers]
    assert {"application/problem+json"} == {answer.content_type for answer in answers}


async def test_whoever_was_deleted_is_not_heard(talked: Bot, http: ClientSession) -> None:
    """Neither alone nor among the others, and the file is as long as what is left."""
    await http.delete("/v1/meetings/m1/participants/ann")

    assert np.array_equal(BEN, (await hear(http))[RATE_HZ:])
    assert 404 == (await get(http, query={"participant": "ann"})).status


async def test_audio_that_is_not_kept_is_gone(service: AudioService, bot: Bot, http: ClientSession) -> None:
    """410 once retention has removed it, for a HEAD too; the text can be read as before."""
    await http.post("/v1/meetings", json={"id": "m2", "retention": {"audio_days": 0}})
    await Bot(http, service.url, "m2").post(to_bytes(ANN))
    await http.post("/v1/meetings/m2/end")
    await service.sessions.keeping.sweep()
    found = await http.get("/v1/meetings/m2/audio.wav")
    head = await http.head("/v1/meetings/m2/audio.wav")

    assert (410, 410) == (found.status, head.status)
    assert "audio_removed" == (await found.json(content_type=None))["code"]
    assert 200 == (await http.get("/v1/meetings/m2/transcript")).status


async def test_a_rate_can_be_chosen(talked: Bot, http: ClientSession) -> None:
    """As long at the other rate, where the same is heard; no rate but these two."""
    at_48 = await hear(http, participant="ann", rate=48_000)

    assert 3 * len(ANN) == len(at_48)
    assert 0.9 < np.corrcoef(ANN, at_48[::3])[0, 1]
    assert 422 == (await get(http, query={"rate": 44_100})).status


async def test_what_is_sent_again_is_heard_once(bot: Bot, http: ClientSession) -> None:
    """A bot that missed the answer to `end` and begins anew adds nothing, unless it says something else."""
    headers = {"Captured_At": START, "Upload_Offset": "0"}
    await bot.post(to_bytes(ANN), "ann", **headers)
    await http.post("/v1/meetings/m1/participants/ann/end?wait=false")
    await bot.post(to_bytes(ANN[:RATE_HZ]), "ann", **headers)

    assert np.array_equal(ANN, await hear(http))


async def test_damaged_audio_is_no_silence(service: AudioService, talked: Bot, http: ClientSession) -> None:
    """A buzz in its place, which is logged; the rest is as it was sent."""
    with closing(sqlite3.connect(service.settings.data.directory / LEDGER_FILE)) as ledger, ledger:
        ledger.execute("UPDATE piece SET crc = crc + 1 WHERE stream = 1 AND start = 0")
        [held] = ledger.execute("SELECT length FROM piece WHERE stream = 1 AND start = 0").fetchone()
    with capture_logs() as logged:
        heard = await hear(http, participant="ann")

    assert held < len(ANN)
    assert np.array_equal(buzz(0, held, RATE_HZ), heard[:held])
    assert np.array_equal(ANN[held:], heard[held:])
    assert "damaged_audio_played" in {entry["event"] for entry in logged}


async def test_audio_that_was_lost_is_no_silence(
    service: AudioService, talked: Bot, http: ClientSession
) -> None:
    """A stream of which nothing is held is a buzz; where nothing is held of anybody there is no file."""
    ann, ben = await service.sessions.store.list_streams("m1")
    await service.sessions.ledger.delete([ann.id])

    assert np.array_equal(buzz(0, len(ANN), RATE_HZ), await hear(http, participant="ann"))
    await service.sessions.ledger.delete([ben.id])
    assert 410 == (await get(http)).status


async def speak_for_an_hour(bot: Bot) -> None:
    """Ann is heard at the beginning and after an hour, with a gap in between."""
    await bot.post(to_bytes(ANN), "ann", Captured_At=START)
    await bot.post(to_bytes(ANN), "ann", Upload_Offset=str(3_600 * RATE_HZ), Gap="true")


async def count_listeners(service: AudioService) -> int:
    """How many there are, once everything else had its turn."""
    await asyncio.sleep(0.01)
    return service.app[LISTENERS].count


@pytest.mark.parametrize("leaves", [True, False])
async def test_nothing_is_made_for_whoever_takes_nothing(tmp_path: Path, leaves: bool) -> None:
    """Whether a listener goes, or stays and reads no more: soon their place is free, and others take it."""
    async with (
        AudioService.on(tmp_path, listeners=1, body_idle_s=1) as service,
        ClientSession(service.url) as http,
    ):
        await http.post("/v1/meetings", json={"id": "m1", "started_at": START})
        await speak_for_an_hour(Bot(http, service.url))
        listening = await http.get("/v1/meetings/m1/audio.wav")
        refused = await get(http, "opus")
        assert (429, "10") == (refused.status, refused.headers["Retry-After"])
        if leaves:
            listening.close()
        async with asyncio.timeout(20):
            while await count_listeners(service):
                pass
        listening.close()
        assert 200 == (await get(http, "opus", {"to_ms": 900})).status


async def test_what_is_deleted_is_sent_no_further(
    service: AudioService, bot: Bot, http: ClientSession
) -> None:
    """The connection is cut, so that nobody takes what came for the whole."""
    await speak_for_an_hour(bot)
    listening = await http.get("/v1/meetings/m1/audio.wav")
    await http.delete("/v1/meetings/m1")

    with pytest.raises(ClientPayloadError):
        await listening.read()


async def test_a_file_of_one_goes_on_when_another_is_deleted(bot: Bot, http: ClientSession) -> None:
    """Nothing of whoever is deleted is in it."""
    await speak_for_an_hour(bot)
    await bot.post(to_bytes(BEN), "ben", Captured_At=START)
    listening = await http.get("/v1/meetings/m1/audio.wav?participant=ann")
    mixed = await http.get("/v1/meetings/m1/audio.wav")
    await http.delete("/v1/meetings/m1/participants/ben")

    assert 3_600 * RATE_HZ < len(await listening.read()) // 2
    with pytest.raises(ClientPayloadError):
        await mixed.read()


async def test_people_who_are_one_are_heard_as_one(talked: Bot, http: ClientSession) -> None:
    """By the id they are shown with and by the one that was merged, as in the transcript."""
    await http.put("/v1/meetings/m1/participants/ben/merge", json={"into": "ann"}, headers={"If-Match": "*"})

    for called in ("ann", "ben", "Ann"):
        assert np.array_equal(get_both(), await hear(http, participant=called))


async def test_nobody_waits_for_a_listener(service: AudioService, bot: Bot, http: ClientSession) -> None:
    """While one is in the middle of a file, audio is stored, and what is deleted leaves the log too."""
    await speak_for_an_hour(bot)
    listening = await http.get("/v1/meetings/m1/audio.wav")
    await http.post("/v1/meetings", json={"id": "other"})
    other = Bot(http, service.url, "other")

    assert 200 == (await other.post(to_bytes(ANN))).status
    assert 204 == (await http.delete("/v1/meetings/other")).status
    log = service.settings.data.directory / f"{LEDGER_FILE}-wal"
    async with asyncio.timeout(20):  # the recogniser reads too
        while log.stat().st_size:
            assert 1 == await count_listeners(service)
    listening.close()


async def test_a_stop_waits_for_no_listener(service: AudioService, bot: Bot, http: ClientSession) -> None:
    """Whoever takes nothing at the moment is cut off at once, in whatever format."""
    await speak_for_an_hour(bot)
    listening = [await http.get(f"/v1/meetings/m1/audio.{form}") for form in ("wav", "flac")]
    service.app[STOPPING].set()
    async with asyncio.timeout(20):
        while await count_listeners(service):
            pass

    for response in listening:
        with pytest.raises(ClientPayloadError):
            await response.read()


async def test_a_file_is_named_for_any_title(service: AudioService, http: ClientSession) -> None:
    """As transcripts are: safe in a header and on a disk, whatever people write."""
    title = 'Über "uns" / 会议\r\n\N{RIGHT-TO-LEFT OVERRIDE}'
    await http.post("/v1/meetings", json={"id": "m1", "title": title})
    await Bot(http, service.url).post(to_bytes(ANN))
    told = (await get(http, "opus")).headers["Content-Disposition"]

    assert 'attachment; filename="Uber -uns- -.opus"; ' in told
    assert told.endswith("filename*=UTF-8''%C3%9Cber%20-uns-%20-%20%E4%BC%9A%E8%AE%AE.opus")
